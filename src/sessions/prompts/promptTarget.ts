// One agent's terminal as the delivery of a prompt sees it: its screen read by the rules, its keys, its editor, its status.
import type { Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import { listensArgv, offerArgv, spareArgv, withdrawArgv } from '../../providers/prompts/promptEditor.ts';
import { readScreen } from '../../providers/status/readScreen.ts';
import { inputLine } from '../../providers/status/screenInput.ts';
import { matchScreen } from '../../providers/status/screenMatch.ts';
import type { RuleSet } from '../../providers/status/screenRules.ts';
import type { InputLine, ScreenMatch } from '../../providers/status/screenTypes.ts';
import type { StatusPort } from '../../providers/status/statusPort.ts';
import { agentPaneId } from '../../runtimes/agentPane.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';

/** The screen at one moment. */
export interface Seen {
  readonly lines: readonly string[];
  readonly match: ScreenMatch | undefined;
  /** Undefined where no rules tell of an input line. */
  readonly input: InputLine | undefined;
}

export interface PromptTarget {
  readonly name: string;
  /** Nothing may be typed then. */
  isPaused(): Promise<boolean>;
  look(): Promise<Seen>;
  onOutput(listener: (bytes: Buffer) => void): Disposable;
  paste(text: string): Promise<void>;
  /** By tmux's names. */
  press(keys: readonly string[]): Promise<void>;
  /** Puts a prompt where the agent's editor finds it; false where the agent has no such editor. */
  offer(id: string, text: string): Promise<boolean>;
  /** Takes it back; false where the editor has it already. */
  withdraw(id: string): Promise<boolean>;
  /** Before the editor's key is pressed again: should it open twice, the second time ends at once. */
  spare(id: string): Promise<void>;
  /** False while its terminal is not yet as the CLI wants it after the editor: an Enter would be a line break. */
  listens(): Promise<boolean>;
  status(): AgentStatus | undefined;
  readonly onDidChangeStatus: Event<AgentStatus>;
}

export interface TargetParts {
  readonly manager: RuntimeManager;
  readonly status: StatusPort;
  readonly rules: RuleSet | undefined;
  /** The version of the agent's CLI, as far as it is known by then. */
  readonly version?: () => string | undefined;
}

const EXEC_MS = 15_000;

/** The target for one delivery. Fails with `not-found` when the agent's pane is gone. */
export async function promptTarget(agent: AgentInfo, { manager, status, rules, version }: TargetParts): Promise<PromptTarget> {
  const { handle } = agent;
  const { tmux, pane } = await agentPaneId(manager, handle);
  const runtime = manager.get(handle.runtimeId ?? agent.runtimeId);
  const folder = agent.adopted === true ? undefined : runtime?.agentFolder?.(agent.agentId);
  const executor = folder === undefined ? undefined : runtime?.getExecutor?.(handle);
  return {
    name: agent.name,
    isPaused: () => manager.isPaused(handle),
    async look() {
      const screen = readScreen((await tmux.command(['capture-pane', '-p', '-e', '-t', pane])).join('\n'), { version: version?.() });
      const hasInput = rules !== undefined && rules.input.length > 0;
      return { lines: screen.lines, match: rules === undefined ? undefined : matchScreen(rules, screen), input: hasInput ? inputLine(rules, screen) : undefined };
    },
    onOutput: (listener) => tmux.onPaneOutput(pane, listener),
    paste: (text) => tmux.pasteText(pane, text),
    press: (keys) => tmux.sendKeyNames(pane, keys),
    async offer(id, text) {
      if (folder === undefined || executor === undefined) return false;
      return (await executor.run(offerArgv(folder, id), { input: text, timeoutMs: EXEC_MS })).code === 0;
    },
    async withdraw(id) {
      if (folder === undefined || executor === undefined) return true;
      return (await executor.run(withdrawArgv(folder, id), { timeoutMs: EXEC_MS })).code === 0;
    },
    async spare(id) {
      if (folder !== undefined) await executor?.run(spareArgv(folder, id), { timeoutMs: EXEC_MS });
    },
    async listens() {
      if (folder === undefined || executor === undefined) return true;
      return (await executor.run(listensArgv(folder), { timeoutMs: EXEC_MS })).code !== 5;
    },
    status: () => status.statusOf(handle),
    onDidChangeStatus: (listener) => status.onDidChangeStatus((change) => change.agent.agentId === agent.agentId && change.agent.handle.runtimeId === handle.runtimeId && listener(change.status)),
  };
}
