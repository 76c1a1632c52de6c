// The terminals that show agents: one per agent, revealed again, recognised again after a reload.
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { agentKey, type AgentKey } from '../agentKey.ts';
import { findExecutable } from '../../runner/findExecutable.ts';
import type { Fleet } from '../fleet.ts';
import { clientsOf, runsAttach } from './attachMatch.ts';
import { processWords } from './processWords.ts';

export type TerminalPlace = 'panel' | 'editor';

/** Milliseconds that a terminal may take to tell its process id. */
const PID_TIMEOUT_MS = 1_500;

export class AttachedTerminals implements Disposable {
  readonly #fleet: Fleet;
  readonly #iconOf: (aiProvider: string) => string;
  readonly #owned = new DisposableStore();
  readonly #terminals = new Map<AgentKey, vscode.Terminal>();
  readonly #opening = new Map<AgentKey, Promise<vscode.Terminal>>();

  constructor(fleet: Fleet, iconOf: (aiProvider: string) => string) {
    this.#fleet = fleet;
    this.#iconOf = iconOf;
    this.#owned.add(
      vscode.window.onDidCloseTerminal((closed) => {
        for (const [key, terminal] of this.#terminals) if (terminal === closed) this.#terminals.delete(key);
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

  async #open(agent: AgentInfo, place: TerminalPlace): Promise<vscode.Terminal> {
    const key = agentKey(agent);
    const known = this.#terminals.get(key);
    if (known !== undefined && known.exitStatus === undefined) return known;
    const terminal = await this.#fleet.use(async (manager) => {
      const command = manager.getAttachCommand(agent.handle);
      return (await this.#recognise(agent, command, manager)) ?? (await this.#create(agent, command, place));
    });
    this.#terminals.set(key, terminal);
    return terminal;
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
      iconPath: new vscode.ThemeIcon(this.#iconOf(agent.aiProvider)),
      color: new vscode.ThemeColor('terminal.ansiGreen'),
      location: place === 'editor' ? vscode.TerminalLocation.Editor : vscode.TerminalLocation.Panel,
      isTransient: false,
    });
  }

  /** Finds a terminal of an earlier life of the window that shows this agent. */
  async #recognise(agent: AgentInfo, command: readonly string[], manager: RuntimeManager): Promise<vscode.Terminal | undefined> {
    const taken = new Set(this.#terminals.values());
    const free = vscode.window.terminals.filter((terminal) => !taken.has(terminal) && terminal.exitStatus === undefined);
    if (free.length === 0) return undefined;
    const processes = await Promise.all(free.map(async (terminal) => ({ terminal, pid: await processIdOf(terminal) })));
    for (const { terminal, pid } of processes) {
      const words = pid === undefined ? undefined : await processWords(pid);
      if (words !== undefined && runsAttach(words, command)) return terminal;
    }
    if (agent.runtimeType !== 'local') return undefined;
    // A session that was renamed since, or was switched to inside tmux: tmux knows which client shows it.
    const lines = await manager.getTmux(agent.handle).command(['list-clients', '-F', '#{client_pid} #{session_name}']).catch((): string[] => []);
    const clients = clientsOf(lines, agent.sessionName);
    return processes.find(({ pid }) => pid !== undefined && clients.includes(pid))?.terminal;
  }
}

async function processIdOf(terminal: vscode.Terminal): Promise<number | undefined> {
  return waitFor(terminal.processId, { timeoutMs: PID_TIMEOUT_MS, what: `the process id of the terminal "${terminal.name}"` }).catch(() => undefined);
}

function missingProgram(program: string): AgentsError {
  if (/docker/.test(program)) {
    return new AgentsError('docker-cli-missing', `Attaching needs the docker command, and "${program}" is not on the PATH.`, { hint: 'Install the Docker CLI, or name it in the setting tmuxAgents.docker.dockerPath.' });
  }
  return new AgentsError('command-not-found', `Attaching needs the program "${program}", which is not on the PATH.`);
}
