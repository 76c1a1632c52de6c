// The `hooks` part of each CLI's own settings: which events it reports, in the shape that it reads. Data and pure functions.
import { shellJoin } from '../../base/shellQuote.ts';
import type { Words } from '../provider.ts';
import { ANSWER_SECONDS } from './reporter.ts';

/** Seconds that a CLI waits for one report before it goes on without. */
const REPORT_SECONDS = 10;
/** The reporter ends by itself before this, in seconds. */
const DECISION_SECONDS = ANSWER_SECONDS + 60;

interface CommandHook {
  readonly type: 'command';
  /** Every one of these CLIs gives this line to a shell; it holds our words alone, quoted. */
  readonly command: string;
  readonly timeout: number;
}

interface HookGroup {
  /** All tools; absent where the event is about none. */
  readonly matcher?: string;
  readonly hooks: readonly CommandHook[];
}

/** Event to what runs on it: the schema that Claude Code began and Codex, Gemini and Qwen took over. */
export type HookTable = Readonly<Record<string, readonly HookGroup[]>>;

/** The event before a tool is used, on which the gate runs. */
const GATED: ReadonlySet<string> = new Set(['PreToolUse', 'BeforeTool', 'preToolUse']);

interface HookEvent {
  readonly name: string;
  readonly ofTools?: boolean;
  /** The CLI shows its dialog and takes a decision from this hook meanwhile: the reporter may wait for one. */
  readonly asks?: boolean;
}

const toolEvents: readonly HookEvent[] = [
  { name: 'PreToolUse', ofTools: true },
  // Codex and Qwen show their dialog only when this hook has ended (seen in 0.169.0, 0.24.4): who waits there would take it from the person.
  { name: 'PermissionRequest', ofTools: true },
  { name: 'PostToolUse', ofTools: true },
];

const claudeEvents: readonly HookEvent[] = [
  { name: 'SessionStart' },
  { name: 'UserPromptSubmit' },
  { name: 'PreToolUse', ofTools: true },
  { name: 'PermissionRequest', ofTools: true, asks: true },
  { name: 'PostToolUse', ofTools: true },
  { name: 'PostToolUseFailure', ofTools: true },
  { name: 'Notification' },
  { name: 'Elicitation' },
  { name: 'ElicitationResult' },
  { name: 'Stop' },
  { name: 'StopFailure' },
  { name: 'SessionEnd' },
];
const codexEvents: readonly HookEvent[] = [
  { name: 'SessionStart' },
  { name: 'UserPromptSubmit' },
  ...toolEvents,
  { name: 'Stop' },
  { name: 'Interrupt' },
];
const qwenEvents: readonly HookEvent[] = [
  { name: 'SessionStart' },
  { name: 'UserPromptSubmit' },
  ...toolEvents,
  { name: 'PostToolUseFailure', ofTools: true },
  { name: 'Notification' },
  { name: 'Stop' },
  { name: 'StopFailure' },
  { name: 'SessionEnd' },
];
const geminiEvents: readonly HookEvent[] = [
  { name: 'SessionStart' },
  { name: 'BeforeAgent' },
  { name: 'BeforeTool', ofTools: true },
  { name: 'Notification' },
  { name: 'AfterTool', ofTools: true },
  { name: 'AfterAgent' },
  { name: 'SessionEnd' },
];
const copilotEvents = ['sessionStart', 'userPromptSubmitted', 'preToolUse', 'permissionRequest', 'postToolUse', 'notification', 'agentStop', 'errorOccurred', 'sessionEnd'] as const;

/** `hooks` of Claude Code's settings (seen in 2.1.329); timeouts in seconds. */
export function claudeHooks(report: Words, gate?: Words): HookTable {
  return hookTable(claudeEvents, { report, gate }, (seconds) => seconds);
}

/** `hooks` of Codex's hooks.json, or of its configuration (seen in 0.169.0); timeouts in seconds. */
export function codexHooks(report: Words, gate?: Words): HookTable {
  return hookTable(codexEvents, { report, gate }, (seconds) => seconds);
}

/** `hooks` of Gemini CLI's settings.json (0.61.0); timeouts in ms. */
export function geminiHooks(report: Words, gate?: Words): HookTable {
  return hookTable(geminiEvents, { report, gate }, (seconds) => seconds * 1_000);
}

/** `hooks` of Qwen Code's settings.json (0.24.4): seconds, but a number of 1,000 and more is read as ms. */
export function qwenHooks(report: Words, gate?: Words): HookTable {
  return hookTable(qwenEvents, { report, gate }, (seconds) => (seconds < 1_000 ? seconds : seconds * 1_000));
}

/** The whole of a file in Copilot's hooks folder (seen in 1.0.102). */
export function copilotHooks(report: Words, gate?: Words): Readonly<Record<string, unknown>> {
  const hook = (event: string): unknown => ({ type: 'command', bash: shellJoin([...report, event]), timeoutSec: REPORT_SECONDS });
  return { version: 1, hooks: Object.fromEntries(copilotEvents.map((event) => [event, [hook(event), ...(gate !== undefined && GATED.has(event) ? [{ type: 'command', bash: shellJoin(gate), timeoutSec: DECISION_SECONDS }] : [])]])) };
}

function hookTable(events: readonly HookEvent[], { report, gate }: { readonly report: Words; readonly gate: Words | undefined }, unit: (seconds: number) => number): HookTable {
  return Object.fromEntries(
    events.map(({ name, ofTools, asks }) => {
      const words = [...report, name, ...(asks === true ? ['ask'] : [])];
      const hook: CommandHook = { type: 'command', command: shellJoin(words), timeout: unit(asks === true ? DECISION_SECONDS : REPORT_SECONDS) };
      const gates: CommandHook[] = gate !== undefined && GATED.has(name) ? [{ type: 'command', command: shellJoin(gate), timeout: unit(DECISION_SECONDS) }] : [];
      return [name, [{ ...(ofTools === true ? { matcher: '*' } : {}), hooks: [hook, ...gates] }]];
    }),
  );
}
