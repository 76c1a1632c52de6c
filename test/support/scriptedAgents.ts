// Agents that print what a test tells them to, byte for byte, and a status engine that follows them: real tmux, no CLI.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor, waitForEvent } from '../../src/base/wait.ts';
import type { AgentStatus } from '../../src/protocol/agentStatus.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { createProviderRegistry } from '../../src/providers/providerRegistry.ts';
import type { ProviderSignals } from '../../src/providers/status/observation.ts';
import { RuleBook } from '../../src/providers/status/ruleBook.ts';
import type { StatusService } from '../../src/providers/status/statusService.ts';
import { createStatusEngine } from '../../src/runner/statusEngine.ts';
import { LocalRuntime } from '../../src/runtimes/local/localRuntime.ts';
import { RuntimeManager } from '../../src/runtimes/runtimeManager.ts';
import type { AgentConfig, AgentInfo } from '../../src/runtimes/types.ts';
import { makeTmuxHome, type TmuxHome } from './tmuxHome.ts';

/** Prints what it reads from its pipe, escapes and all, then waits for more; ends with the code after `exit`. */
const SCRIPT = 'exec 3<>"$1"; while IFS= read -r line <&3; do case $line in exit*) exit "${line#exit }" ;; esac; printf "%b" "$line"; done';

/** Clears the screen first. */
export const CLEAR = '\u001b[2J\u001b[H';

/** One rule file for all scripted agents: what stands on the last lines decides. */
export const scriptedRules = {
  provider: 'scripted',
  rules: [
    { id: 'ask', state: 'waiting', kind: 'permission', region: { last: 3 }, all: ['^Allow (.+)\\?$', '^\\[y/n\\]$'], text: '^Allow (.+)\\?$', request: { command: '^Allow (.+)\\?$' } },
    { id: 'busy', state: 'working', region: { last: 2 }, all: ['^\\* working'] },
    { id: 'oops', state: 'error', region: { last: 2 }, all: ['^! failed'] },
    { id: 'prompt', state: 'idle', region: { last: 1 }, all: ['^>$'] },
  ],
  titles: [
    { id: 'busy', state: 'working', match: '^busy' },
    { id: 'ready', state: 'idle', match: '^ready' },
  ],
};

export interface ScriptedAgent {
  readonly info: AgentInfo;
  /** Prints this text: raw bytes, escapes included. */
  print(text: string): void;
  exit(code: number): void;
}

export class ScriptedAgents {
  readonly home: TmuxHome = makeTmuxHome();
  readonly rulesFolder = join(this.home.directory, 'rules');
  readonly manager = new RuntimeManager();
  readonly status: StatusService;
  readonly #pipes: number[] = [];
  #count = 0;

  /** `signals`: what the provider of these agents is known to have. */
  constructor(signals?: ProviderSignals, rules: object | undefined = scriptedRules) {
    mkdirSync(this.rulesFolder);
    if (rules !== undefined) writeFileSync(join(this.rulesFolder, 'scripted.json'), JSON.stringify(rules));
    this.manager.register('local', new LocalRuntime());
    this.status = this.engine(signals);
  }

  /** Another engine on the same agents, as another face has it. */
  engine(signals?: ProviderSignals, manager: RuntimeManager = this.manager): StatusService {
    const builtIn = createProviderRegistry({ scripted: { argv: ['sh'] } });
    const scripted: Provider = { ...builtIn.get('scripted'), ...(signals === undefined ? {} : { signals }) };
    const find = (id: string): Provider | undefined => (id === 'scripted' ? scripted : builtIn.find(id));
    return createStatusEngine({ manager, providers: { ...builtIn, find }, rules: new RuleBook({ folder: this.rulesFolder }) });
  }

  async spawn(first = '', more: Pick<Partial<AgentConfig>, 'agentId' | 'aiProvider' | 'argv' | 'hookKey' | 'files'> = {}): Promise<ScriptedAgent> {
    const agentId = more.agentId ?? `scripted-${++this.#count}`;
    const path = join(this.home.directory, `${agentId}.pipe`);
    execFileSync('mkfifo', [path]);
    // Read and write, so that neither end waits for the other.
    const pipe = openSync(path, 'r+');
    this.#pipes.push(pipe);
    const line = (text: string): void => void writeSync(pipe, `${text}\n`);
    const print = (text: string): void => line([...Buffer.from(text)].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join(''));
    if (first !== '') print(first);
    const config: AgentConfig = { aiProvider: 'scripted', workingDirectory: this.home.directory, argv: ['sh', '-c', SCRIPT, 'sh', path], ...more, agentId };
    const handle = await this.manager.spawnAgent('local', config);
    const info = this.manager.find(handle.agentId);
    if (info === undefined) throw new Error(`${agentId} is not known`);
    const agent = { info, print, exit: (code: number) => line(`exit ${code}`) };
    // What it prints from now on is heard.
    if (this.status.statusOf(handle) !== undefined) await this.status.explain(info);
    return agent;
  }

  /** Types a line for a program that reads its terminal. */
  async type(agent: ScriptedAgent, text: string): Promise<void> {
    const pane = await this.manager.getPane(agent.info.handle);
    if (text !== '') await this.manager.getTmux(agent.info.handle).sendLiteral(pane, text);
    await this.manager.getTmux(agent.info.handle).sendKeyNames(pane, ['Enter']);
  }

  /** Its status once `accept` takes it; the engine must follow. */
  async when(agent: ScriptedAgent, accept: (status: AgentStatus) => boolean, what = 'the status to change', status = this.status): Promise<AgentStatus> {
    const { agentId } = agent.info;
    const change = waitForEvent(status.onDidChangeStatus, (one) => one.agent.agentId === agentId && accept(one.status), { timeoutMs: 10_000, what });
    const now = status.statusOf(agent.info.handle);
    if (now === undefined || !accept(now)) {
      return (await change.catch((error: unknown) => {
        throw new Error(`${String(error)}; it is ${JSON.stringify(status.statusOf(agent.info.handle))}`, { cause: error });
      })).status;
    }
    change.catch(() => undefined);
    return now;
  }

  whenState(agent: ScriptedAgent, state: AgentStatus['state'], source?: AgentStatus['source']): Promise<AgentStatus> {
    return this.when(agent, (status) => status.state === state && (source === undefined || status.source === source), `${state} by ${source ?? 'any source'}`);
  }

  /** Resolves when the decision was written down where the agent runs; asks as often as its answer allows. */
  async remembered(agent: ScriptedAgent): Promise<void> {
    const pane = await this.manager.getPane(agent.info.handle);
    const tmux = this.manager.getTmux(agent.info.handle);
    if (typeof pane !== 'string') throw new Error('this agent has no pane id');
    const written = (async () => {
      while ((await tmux.command(['display-message', '-p', '-t', pane, '#{@tmux-agents-status-seen}'])).join('') === '');
    })();
    await waitFor(written, { timeoutMs: 10_000, what: 'the decision to be written down' });
  }

  dispose(): void {
    this.status.dispose();
    this.manager.dispose();
    for (const pipe of this.#pipes) closeSync(pipe);
    this.home.end();
  }
}
