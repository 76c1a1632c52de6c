// One real CLI, one agent of the product, one stand-in model: on this machine or in a container, with everything taken away at the end.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disposable } from '../../src/base/disposable.ts';
import { waitForEvent } from '../../src/base/wait.ts';
import type { AgentStatus, StatusState } from '../../src/protocol/agentStatus.ts';
import { Config } from '../../src/protocol/config.ts';
import { createRuntimeManager, type Managed } from '../../src/runner/createRuntimeManager.ts';
import { DockerRuntime } from '../../src/runtimes/docker/dockerRuntime.ts';
import type { AgentConfig, AgentHandle, AgentInfo } from '../../src/runtimes/types.ts';
import { resumeAgent } from '../../src/sessions/conversations/resumeAgent.ts';
import { bridgeAddress } from './bridgeAddress.ts';
import { cliHome, type AgentClis, type CliHome, type CliName } from './agentClis.ts';
import { startModelStub, type ModelRequest, type ModelStub } from './modelStub.ts';
import { makeTmuxHome, type TmuxHome } from './tmuxHome.ts';

export type CliPlace = 'local' | 'docker';

/** Milliseconds that something may take where nothing else is said. */
const STEP_MS = 45_000;

const RUNTIME = 'here';

/** What only says where a home is: a container has its own. */
const PLACES = /^(HOME|XDG_.*|CODEX_HOME)$/;

let count = 0;

export class CliWorld {
  readonly provider: CliName;
  readonly place: CliPlace;
  readonly stub: ModelStub;
  readonly managed: Managed;
  /** Where the agent works, on this machine. */
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #folders: readonly string[];
  readonly #home: CliHome;
  readonly #tmux: TmuxHome;
  readonly #homeBefore: string | undefined;
  readonly #following: readonly Disposable[];
  readonly #network: string | undefined;
  /** Its id is known before it is there. */
  #handle: AgentHandle;
  /** What showed that the last prompt's turn began. */
  #evidence: string | undefined;

  private constructor(parts: { provider: CliName; place: CliPlace; stub: ModelStub; managed: Managed; workspace: string; env: Readonly<Record<string, string>>; home: CliHome; tmux: TmuxHome; homeBefore: string | undefined; network: string | undefined }) {
    this.provider = parts.provider;
    this.place = parts.place;
    this.stub = parts.stub;
    this.managed = parts.managed;
    this.workspace = parts.workspace;
    this.env = parts.env;
    this.#home = parts.home;
    this.#tmux = parts.tmux;
    this.#homeBefore = parts.homeBefore;
    this.#network = parts.network;
    this.#folders = [parts.workspace];
    this.#handle = { runtimeId: RUNTIME, runtimeType: parts.place, agentId: `${parts.provider}-${parts.place}-${process.pid}-${++count}`, data: {} };
    this.#following = [parts.managed.manager.watch(), parts.managed.status.follow(), parts.managed.approvals.follow()];
  }

  /** `owner` of containers: one of its own, which no policy answers for, unless another is named. `restricted`: in a network with the stand-in model as the only host. */
  static async open(provider: CliName, place: CliPlace, clis: AgentClis, { owner = `clis-${process.pid}`, restricted = false }: { readonly owner?: string; readonly restricted?: boolean } = {}): Promise<CliWorld> {
    const tmux = makeTmuxHome();
    const workspace = mkdtempSync(join(tmpdir(), `ta-work-${provider}-`));
    execFileSync('git', ['init', '-q', workspace]);
    const inside = place === 'docker';
    const stub = await startModelStub({ host: inside ? bridgeAddress() : '127.0.0.1' });
    const home = cliHome(provider, { stubUrl: stub.url, workspace: inside ? '/workspace' : workspace, ...(inside ? { seenAs: '/home/agent' } : {}) });
    const homeBefore = process.env['HOME'];
    const network = inside ? `tmux-agents-clis-${process.pid}-${++count}` : undefined;
    // No other runtime: not the one of the machine's own agents.
    const managed = createRuntimeManager({ ...Config.parse({}), runtimes: inside ? {} : { [RUNTIME]: { type: 'local' } } });
    if (network !== undefined) {
      // As another user than ours, and what is mounted of the home is read-only: the hardest case.
      openForAll(home.home, workspace);
      process.env['HOME'] = home.home;
      managed.manager.register(RUNTIME, new DockerRuntime({ network, ...(restricted ? { egress: { mode: 'restricted', allow: [new URL(stub.url).host] } } : {}), owner, user: '1234:1234', extraBinds: [clis.inContainer.bind, ...ownBinds(provider, home.home)] }));
    }
    const env = inside ? { ...Object.fromEntries(Object.entries(home.env).filter(([name]) => !PLACES.test(name))), PATH: clis.inContainer.path } : { ...home.env, PATH: clis.path };
    return new CliWorld({ provider, place, stub, managed, workspace, env, home, tmux, homeBefore, network });
  }

  get handle(): AgentHandle {
    return this.#handle;
  }

  get agent(): AgentInfo {
    const agent = this.managed.manager.find(this.handle.agentId);
    assert.ok(agent, 'the agent is gone');
    return agent;
  }

  async spawn(task?: string, more: Pick<AgentConfig, 'policy' | 'autoPilot' | 'env'> = {}): Promise<void> {
    const { agentId } = this.#handle;
    this.#handle = await this.managed.manager.spawnAgent(RUNTIME, {
      agentId,
      aiProvider: this.provider,
      workingDirectory: this.workspace,
      autoPilot: false,
      ...more,
      env: { ...this.env, ...more.env },
      ...(task === undefined ? {} : { task }),
    });
  }

  async resume(): Promise<void> {
    this.#handle = await resumeAgent(this.managed, this.handle.agentId, { env: this.env });
  }

  /** Presses a key, as a person in its terminal. */
  async press(key: string): Promise<void> {
    await this.managed.manager.getTmux(this.handle).sendKeyNames(await this.managed.manager.getPane(this.handle), [key]);
  }

  /** Gives it a prompt as every face does; resolves when its turn has begun. */
  async prompt(text: string): Promise<void> {
    this.#evidence = await this.managed.prompts.send(this.agent, text, { signal: AbortSignal.timeout(STEP_MS) });
  }

  /** The status once it is `state`, and `accept` takes it. What it was instead is in the error, with the reasons and the screen. */
  async until(state: StatusState, accept: (status: AgentStatus) => boolean = () => true, timeoutMs = STEP_MS): Promise<AgentStatus> {
    const fits = (status: AgentStatus | undefined): status is AgentStatus => status !== undefined && status.state === state && accept(status);
    const seen: string[] = [];
    const log = this.managed.status.onDidChangeStatus(({ agent, status }) => void (agent.agentId === this.handle.agentId && seen.push(`${status.state} by ${status.source}`)));
    const change = waitForEvent(this.managed.status.onDidChangeStatus, ({ agent, status }) => agent.agentId === this.handle.agentId && fits(status), { timeoutMs, what: `${this.provider} to be ${state}` });
    // Whoever began to wait may have failed meanwhile.
    change.catch(() => undefined);
    const now = this.managed.status.statusOf(this.handle);
    if (fits(now)) {
      log.dispose();
      return now;
    }
    try {
      return (await change).status;
    } catch (error) {
      throw new Error(`${(error as Error).message} It was: ${seen.join(', ') || 'silent'}.`, { cause: error });
    } finally {
      log.dispose();
    }
  }

  /** The first request to the model with tools that `accept` takes, from now on or among those that came after `since` requests. */
  async asked(accept: (request: ModelRequest) => boolean, since = 0, timeoutMs = STEP_MS): Promise<ModelRequest> {
    const fits = (request: ModelRequest): boolean => request.tools.length > 0 && accept(request);
    const waiting = waitForEvent(this.stub.onRequest, fits, { timeoutMs, what: 'the model to be asked' });
    const before = this.stub.requests.slice(since).find(fits);
    if (before === undefined) return waiting;
    waiting.catch(() => undefined);
    return before;
  }

  /** From now on nobody answers what the agents ask, though their status is followed. */
  stopAnswering(): void {
    this.#following[2]?.dispose();
  }

  /** From now on nobody follows the agents, as when every face is closed. */
  stopListening(): void {
    for (const one of this.#following) one.dispose();
  }

  /** Whether a file is in the agent's folder. */
  has(name: string): boolean {
    return existsSync(join(this.workspace, name));
  }

  /** Kills the CLI as a crash would: its process and all below it, at once. */
  async killHard(): Promise<void> {
    const { manager } = this.managed;
    const pane = await manager.getPane(this.handle);
    assert.ok(typeof pane === 'string');
    const [pid = ''] = await manager.getTmux(this.handle).command(['display-message', '-p', '-t', pane, '#{pane_pid}']);
    const executor = manager.get(RUNTIME)?.getExecutor?.(this.handle);
    assert.ok(executor);
    const { code, stderr } = await executor.run(['/bin/sh', '-c', 'kill -9 -- "-$1" 2>/dev/null || kill -9 "$1"', 'sh', pid], { timeoutMs: 5_000 });
    assert.equal(code, 0, stderr.toString());
  }

  async dispose(): Promise<void> {
    const { manager, status, conversations } = this.managed;
    await manager.killAgent(this.#handle, { graceMs: 500 }).catch(() => undefined);
    await conversations.forget(this.#handle.agentId).catch(() => undefined);
    this.stopListening();
    this.managed.prompts.dispose();
    this.managed.approvals.dispose();
    status.dispose();
    manager.dispose();
    await this.stub.dispose();
    if (this.#network !== undefined) removeNetwork(this.#network);
    if (this.#homeBefore === undefined) delete process.env['HOME'];
    else process.env['HOME'] = this.#homeBefore;
    this.#home.dispose();
    this.#tmux.end();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Why the status is what it is, and the screen: for a test that failed. */
  async report(): Promise<string> {
    const { manager, status } = this.managed;
    const agent = manager.find(this.handle.agentId);
    if (agent === undefined) return 'The agent is gone.';
    const screen = await status.screen(agent).catch((error: unknown) => String(error));
    const { reasons, observations } = await status.explain(agent).catch((error: unknown) => ({ reasons: [String(error)], observations: [] }));
    const told = observations.map((one) => `  ${one.source}: ${one.claim === null ? 'nothing' : one.claim.state} (${one.evidence})`);
    return [`The last prompt: ${this.#evidence ?? 'none was delivered'}`, ...reasons, ...told, screen.replace(/\n{3,}/g, '\n\n')].join('\n');
  }
}

/** The settings of CLIs that no mount of the product brings, as a person would add them. */
function ownBinds(provider: CliName, home: string): string[] {
  const folder = { copilot: '.copilot', qwen: '.qwen', pi: '.pi' }[provider as string];
  return folder === undefined ? [] : [`${join(home, folder)}:/home/agent/${folder}:ro`];
}

function openForAll(home: string, workspace: string): void {
  mkdirSync(join(home, '.claude'), { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', home]);
  chmodSync(workspace, 0o777);
  execFileSync('chmod', ['-R', 'a+rwX', workspace]);
}

function removeNetwork(name: string): void {
  try {
    execFileSync('docker', ['network', 'rm', name], { stdio: 'ignore' });
  } catch {
    // It was never made, or somebody is still in it.
  }
}
