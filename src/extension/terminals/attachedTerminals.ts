// The terminals that show agents: one per agent, revealed again, recognised again after a reload.
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { agentKey, type AgentKey } from '../agentKey.ts';
import { findExecutable } from '../../exec/findExecutable.ts';
import type { Fleet } from '../fleet.ts';
import { clientsOf, runsAttach } from './attachMatch.ts';
import { processWords } from './processWords.ts';

export type TerminalPlace = 'panel' | 'editor';

/** Milliseconds that a terminal may take to tell its process id. */
const PID_TIMEOUT_MS = 1_500;

/** Milliseconds that a terminal may take to close. */
const CLOSE_MS = 2_000;

/** Milliseconds after the start of the extension in which VS Code brings terminals of before a reload back. */
const REVIVAL_MS = 12_000;

export interface AttachedTerminalsOptions {
  readonly fleet: Fleet;
  /** Keeps which agents had a terminal, over a reload of the window. */
  readonly memory: vscode.Memento;
}

const MEMORY_KEY = 'tmuxAgents.attached';

export class AttachedTerminals implements Disposable {
  readonly #fleet: Fleet;
  readonly #memory: vscode.Memento;
  readonly #began = performance.now();
  /** Agents that had a terminal before the window was reloaded, and have not been seen again. */
  readonly #awaited: Set<AgentKey>;
  readonly #owned = new DisposableStore();
  readonly #terminals = new Map<AgentKey, vscode.Terminal>();
  readonly #opening = new Map<AgentKey, Promise<vscode.Terminal>>();

  constructor({ fleet, memory }: AttachedTerminalsOptions) {
    this.#fleet = fleet;
    this.#memory = memory;
    this.#awaited = new Set(persistsTerminals() ? memory.get<readonly AgentKey[]>(MEMORY_KEY, []) : []);
    this.#owned.add(
      vscode.window.onDidCloseTerminal((closed) => {
        // A terminal without exit status goes with the window, and comes back with it.
        if (closed.exitStatus === undefined) return;
        for (const [key, terminal] of this.#terminals) if (terminal === closed) this.#forget(key);
      }),
    );
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Shows the agent's terminal: the one that is open, or a new one at `place`. */
  async attach(agent: AgentInfo, place: TerminalPlace): Promise<vscode.Terminal> {
    const key = agentKey(agent);
    const opening = this.#opening.get(key) ?? this.#open(agent, place).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    const terminal = await opening;
    terminal.show();
    return terminal;
  }

  /** Closes the agent's terminal, if there is one, and resolves when it is gone. */
  async close(agent: AgentInfo): Promise<void> {
    const key = agentKey(agent);
    const terminal = await this.#fleet.use((manager) => this.#find(agent, manager.getAttachCommand(agent.handle), manager));
    this.#forget(key);
    if (terminal === undefined) return;
    // Until it is gone it would be taken for the terminal of an agent that comes back.
    const gone = nextTerminal(CLOSE_MS, vscode.window.onDidCloseTerminal, (closed) => closed === terminal);
    terminal.dispose();
    await gone;
  }

  async #open(agent: AgentInfo, place: TerminalPlace): Promise<vscode.Terminal> {
    const terminal = await this.#fleet.use(async (manager) => {
      const command = manager.getAttachCommand(agent.handle);
      return (await this.#find(agent, command, manager)) ?? (await this.#create(agent, command, place));
    });
    this.#terminals.set(agentKey(agent), terminal);
    void this.#memory.update(MEMORY_KEY, [...this.#terminals.keys(), ...this.#awaited]);
    return terminal;
  }

  /** The open terminal that shows the agent: known, recognised, or on its way back after a reload. */
  async #find(agent: AgentInfo, command: readonly string[], manager: RuntimeManager): Promise<vscode.Terminal | undefined> {
    const key = agentKey(agent);
    const known = this.#terminals.get(key);
    if (known !== undefined && known.exitStatus === undefined) return known;
    while (this.#awaited.has(key)) {
      const patienceMs = Math.max(0, this.#began + REVIVAL_MS - performance.now());
      const opened = nextTerminal(patienceMs, vscode.window.onDidOpenTerminal);
      const revived = await this.#recognise(agent, command, manager, Math.max(PID_TIMEOUT_MS, patienceMs));
      if (revived !== undefined || !(await opened)) this.#awaited.delete(key);
      if (revived !== undefined) return revived;
    }
    return this.#recognise(agent, command, manager, PID_TIMEOUT_MS);
  }

  #forget(key: AgentKey): void {
    this.#awaited.delete(key);
    this.#terminals.delete(key);
    void this.#memory.update(MEMORY_KEY, [...this.#terminals.keys(), ...this.#awaited]);
  }

  async #create(agent: AgentInfo, command: readonly string[], place: TerminalPlace): Promise<vscode.Terminal> {
    const [program = '', ...args] = command;
    if ((await findExecutable(program)) === undefined) throw missingProgram(program);
    return vscode.window.createTerminal({
      name: agent.name,
      shellPath: program,
      shellArgs: args,
      // A window that was started inside tmux must not look like a nested session.
      env: { TMUX: null, TMUX_PANE: null },
      iconPath: new vscode.ThemeIcon(this.#fleet.iconOf(agent.aiProvider) ?? 'terminal-tmux'),
      color: new vscode.ThemeColor('terminal.ansiGreen'),
      location: place === 'editor' ? vscode.TerminalLocation.Editor : vscode.TerminalLocation.Panel,
      isTransient: false,
    });
  }

  /** Finds a terminal of an earlier life of the window that shows this agent. The first to match ends the search: another may be slow to tell its process. */
  async #recognise(agent: AgentInfo, command: readonly string[], manager: RuntimeManager, patienceMs: number): Promise<vscode.Terminal | undefined> {
    const taken = new Set(this.#terminals.values());
    const free = vscode.window.terminals.filter((terminal) => !taken.has(terminal) && terminal.exitStatus === undefined);
    if (free.length === 0) return undefined;
    const clients = agent.runtimeType === 'local' ? clientsIn(agent, manager) : Promise.resolve([]);
    const searches = free.map(async (terminal) => {
      const pid = await waitFor(terminal.processId, { timeoutMs: patienceMs, what: `the process id of the terminal "${terminal.name}"` });
      const words = pid === undefined ? undefined : await processWords(pid);
      const shows = pid !== undefined && ((words !== undefined && runsAttach(words, command)) || (await clients).includes(pid));
      if (!shows) throw new Error(`the terminal "${terminal.name}" shows something else`);
      return terminal;
    });
    return Promise.any(searches).catch(() => undefined);
  }
}

/** The processes that show the agent's session, as tmux itself knows: true for a session that was renamed since, too. */
async function clientsIn(agent: AgentInfo, manager: RuntimeManager): Promise<number[]> {
  const lines = await manager.getTmux(agent.handle).command(['list-clients', '-F', '#{client_pid} #{session_name}']).catch((): string[] => []);
  return clientsOf(lines, agent.sessionName);
}

/** True when a terminal opened, or closed, within the time. */
function nextTerminal(timeoutMs: number, event: vscode.Event<vscode.Terminal>, accept: (terminal: vscode.Terminal) => boolean = () => true): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (seen: boolean): void => {
      clearTimeout(timer);
      subscription.dispose();
      resolve(seen);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    const subscription = event((terminal) => accept(terminal) && end(true));
  });
}

/** False when the person wants no terminal to outlive a reload. */
function persistsTerminals(): boolean {
  return vscode.workspace.getConfiguration('terminal.integrated').get('enablePersistentSessions') !== false;
}

function missingProgram(program: string): AgentsError {
  if (/docker/.test(program)) {
    return new AgentsError('docker-cli-missing', `Attaching needs the docker command, and "${program}" is not on the PATH.`, { hint: 'Install the Docker CLI, or name it in the setting tmuxAgents.docker.dockerPath.' });
  }
  return new AgentsError('command-not-found', `Attaching needs the program "${program}", which is not on the PATH.`);
}
