// Brings one prompt to one agent: into its input line, submitted, and the turn seen to begin. Nothing is typed over a draft or into a dialog, and nothing is sent twice.
import { DisposableStore } from '../../base/disposable.ts';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { waitFor, waitForEvent } from '../../base/wait.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { PromptState, QueuedPrompt } from '../../protocol/promptQueue.ts';
import { encodePrompt, type EncodedPrompt } from '../../providers/prompts/encodePrompt.ts';
import { EditorListener, type EditorOutcome } from '../../providers/prompts/promptEditor.ts';
import type { PromptInput } from '../../providers/prompts/promptInput.ts';
import { actAndSettle } from '../../tmux/promptDelivery.ts';
import type { PromptTarget, Seen } from './promptTarget.ts';

/** Why a prompt stays where it is for now. */
export type HoldReason =
  /** The agent is at work. */
  | 'busy'
  /** Nothing has told yet that it takes a prompt. */
  | 'starting'
  /** It waits for an answer: what is typed now would be one. */
  | 'waiting'
  /** Somebody's half-written text is in its input line. */
  | 'draft'
  /** Its screen shows no input line. */
  | 'no-input'
  /** Somebody paused it. */
  | 'paused'
  /** Its place cannot be reached, or its state is not known yet. */
  | 'unreachable';

export type Delivered =
  /** `evidence` is empty where nothing can show that the turn began: a program that no rules and no signals tell of. */
  { readonly result: 'delivered'; readonly evidence: string } | { readonly result: 'held'; readonly reason: HoldReason };

export interface DeliveryOptions {
  readonly input: PromptInput;
  /** Written down before the step that it names. Awaited: after a crash it tells how far this got. */
  readonly journal: (state: PromptState) => Promise<unknown>;
  /** A draft stood in the input line at the last attempt: as long as the screen shows one, the editor is not opened for another look. */
  readonly draftSeen?: boolean;
}

/** Milliseconds that a CLI has to start its editor. */
const EDITOR_MS = 20_000;
/** Milliseconds after which the editor's key is taken for lost. */
const LOST_MS = 3_000;
/** Milliseconds that a CLI has to show a prompt, or to begin its turn, and more for each kilobyte: some draw all of it first. */
const BEGIN_MS = 4_000;
/** The same after the second Enter, when nothing else can be done. */
const LAST_MS = 10_000;
/** Milliseconds that a wait which the screen does not show has to end. */
const ASKED_MS = 3_500;
/** Between two looks at the terminal after the editor, which tells nobody when it is back. */
const LISTENS_MS = 100;
/** For a program of which nothing can tell whether a turn begins: to print something. */
const ANSWER_MS = 1_500;
const BEGIN_MS_PER_KB = 250;

/**
 * Takes seconds, and is not cancelled on its way: a prompt is not left half-typed. Throws `timeout` when the prompt is in the input line, but no turn begins; `stale` when
 * it cannot be told whether it was sent before, or a dialog came in between.
 */
export async function deliver(target: PromptTarget, prompt: QueuedPrompt, options: DeliveryOptions): Promise<Delivered> {
  const encoded = encodePrompt(options.input, prompt.text, prompt.kind);
  const seen = await target.look();
  if (prompt.state === 'submitting') {
    const known = recover(target, prompt, seen);
    if (known !== undefined) return known;
  }
  const hold = holdReason(seen, prompt.urgent === true, encoded.by === 'editor' && saysItTakesPrompts(target.status()));
  if (hold !== undefined) return { result: 'held', reason: hold };
  if (options.draftSeen === true && prompt.state === 'waiting' && seen.input?.empty === false) return { result: 'held', reason: 'draft' };
  const entered = (await viaEditor(target, prompt, encoded, seen, options)) ?? (await viaPaste(target, prompt, encoded, options));
  return entered === 'draft' || entered === 'no-input' ? { result: 'held', reason: entered } : submit(target, prompt, encoded, options);
}

/** True where the CLI itself says so. Its screen may then look as no rule knows it, after an update of the CLI: its editor minds drafts without rules. */
function saysItTakesPrompts(status: AgentStatus | undefined): boolean {
  return (status?.state === 'idle' || status?.state === 'error') && (status.source === 'channel' || status.source === 'osc7501' || status.source === 'hooks');
}

/** What the screen alone says against typing now. */
function holdReason({ match, input }: Seen, urgent: boolean, told: boolean): HoldReason | undefined {
  if (match?.claim.state === 'waiting') return 'waiting';
  if (match?.claim.state === 'working' && !urgent) return 'busy';
  return match === undefined && input?.found === false && !told ? 'no-input' : undefined;
}

/** A face ended between Enter and its proof. Undefined: it was certainly not sent. */
function recover(target: PromptTarget, prompt: QueuedPrompt, seen: Seen): Delivered | undefined {
  const status = target.status();
  if (status !== undefined && status.since >= prompt.since && (status.state === 'working' || status.state === 'waiting')) return { result: 'delivered', evidence: status.evidence };
  if (seen.match?.claim.state === 'working') return { result: 'delivered', evidence: seen.match.evidence };
  // It was seen in the input line before Enter: a line that is empty has been submitted.
  if (seen.input?.empty === true) return { result: 'delivered', evidence: 'The input line is empty again.' };
  if (seen.input?.found === true) return undefined;
  throw new AgentsError('stale', `It cannot be told whether this prompt reached ${target.name}: the program that sent it ended meanwhile.`, { hint: 'Look at the terminal before it is sent again.' });
}

type Entered = 'entered' | 'draft' | 'no-input';

/** Undefined where the agent has no editor of ours. */
async function viaEditor(target: PromptTarget, prompt: QueuedPrompt, encoded: EncodedPrompt, seen: Seen, { input, journal }: DeliveryOptions): Promise<Entered | undefined> {
  if (input.editor === undefined || encoded.by !== 'editor') return undefined;
  // What an earlier attempt left in the input line, its face killed, would be a draft to the editor.
  if ((input.editor.length > 1 || prompt.state !== 'waiting') && seen.input?.empty === false) return draftOrOurs(prompt, encoded, seen.input.draft);
  if (!(await target.offer(prompt.id, encoded.text))) return undefined;
  await journal('entering');
  const said = new Emitter<EditorOutcome | 'failed'>();
  const listener = new EditorListener(prompt.id);
  const outcome = waitForEvent(said.event, () => true, { timeoutMs: EDITOR_MS, what: `${target.name} to open its editor` });
  outcome.catch(() => undefined);
  const subscription = target.onOutput((bytes) => {
    const word = listener.feed(bytes);
    if (word !== undefined) said.fire(word);
  });
  try {
    await actAndSettle(target, async () => {
      await target.press(input.editor ?? []);
      // A CLI that has just drawn its input line may not listen yet: a key that nothing answers is lost.
      const answered = await waitFor(outcome, { timeoutMs: LOST_MS, what: 'the editor' }).then(
        () => true,
        () => false,
      );
      if (!answered) {
        await target.spare(prompt.id);
        await target.press(input.editor ?? []);
      }
      await outcome;
    });
  } catch (error) {
    // Taken back before its editor saw it: nothing has happened, and it may be pasted.
    if (!(await target.withdraw(prompt.id))) throw new AgentsError('timeout', `${target.name} took the prompt into its editor and did not come back.`, { hint: 'Look at its terminal.', cause: error });
    if (isAgentsError(error, 'timeout')) return undefined;
    throw error;
  } finally {
    subscription.dispose();
  }
  const word = await outcome;
  if (word === 'failed') throw new AgentsError('tmux-failed', `The prompt could not be put into the input line of ${target.name}: its editor's file cannot be written.`);
  if (word === 'draft') await journal('waiting');
  else {
    if (seen.input !== undefined) await shown(target, encoded.text);
    await until(target, () => target.listens(), { timeoutMs: BEGIN_MS, everyMs: LISTENS_MS });
  }
  return word === 'draft' ? 'draft' : 'entered';
}

async function viaPaste(target: PromptTarget, prompt: QueuedPrompt, encoded: EncodedPrompt, { journal }: DeliveryOptions): Promise<Entered> {
  const before = await target.look();
  if (before.input?.found === false) return 'no-input';
  if (before.input?.empty === false) return draftOrOurs(prompt, encoded, before.input.draft);
  const { text } = encoded;
  await journal('entering');
  await actAndSettle(target, () => target.paste(text));
  if (before.input === undefined || (await shown(target, text))) return 'entered';
  throw new AgentsError('timeout', `The prompt was pasted, but ${target.name} does not show it: nothing was submitted.`, { hint: 'Look at its terminal.' });
}

/** True once something stands in the input line, or a dialog came. A CLI that comes back from its editor listens again when it has drawn that: before, an Enter is a line break. */
function shown(target: PromptTarget, text: string): Promise<boolean> {
  const shows = ({ input, match }: Seen): boolean => input?.empty === false || match?.claim.state === 'waiting';
  return until(target, async () => shows(await target.look()), { timeoutMs: BEGIN_MS + longer(text) });
}

/** What an earlier attempt left in the input line is the text, a part of it, or what the CLI shows for a paste; all else is somebody's. */
function draftOrOurs({ state }: QueuedPrompt, { text }: EncodedPrompt, draft: string): Entered {
  const shown = draft.replace(/\s+/g, '');
  const ours = /^\[Past/.test(shown) || (shown.length >= Math.min(8, text.trim().length) && text.replace(/\s+/g, '').includes(shown));
  return state !== 'waiting' && ours ? 'entered' : 'draft';
}

/** Enter, at most twice, each time only while the prompt stands in the input line. */
async function submit(target: PromptTarget, prompt: QueuedPrompt, encoded: EncodedPrompt, { journal }: DeliveryOptions): Promise<Delivered> {
  const asks = (): boolean => target.status()?.state === 'waiting';
  // Hooks do not tell of every answer: a wait that the screen does not show is over soon, or its dialog is about to be drawn.
  if (asks() && (await target.look()).match?.claim.state !== 'waiting') await until(target, () => Promise.resolve(!asks()), { timeoutMs: ASKED_MS, everyMs: LISTENS_MS });
  const before = await target.look();
  if (before.match?.claim.state === 'waiting' || asks()) {
    throw new AgentsError('stale', `${target.name} asked something while the prompt was put into its input line: it was not submitted.`, { hint: 'Answer it, then look at the input line.' });
  }
  await journal('submitting');
  if (encoded.keys.length > 0) await actAndSettle(target, () => target.press(encoded.keys));
  const silent = before.input === undefined && target.status()?.state === 'unknown';
  for (let attempt = 1; attempt <= 2; attempt++) {
    const watch = new BeginWatch(target, before, prompt.kind);
    try {
      await target.press(['Enter']);
      const evidence = await watch.begun(silent ? ANSWER_MS : (attempt === 1 ? BEGIN_MS : LAST_MS) + longer(prompt.text));
      if (evidence !== undefined) return { result: 'delivered', evidence };
    } finally {
      watch.dispose();
    }
    const now = await target.look();
    if (silent) return { result: 'delivered', evidence: '' };
    if (now.input?.empty !== false || now.match?.claim.state === 'waiting') break;
  }
  throw new AgentsError('timeout', `The prompt was put into the input line of ${target.name} and submitted, but nothing shows that its turn began.`, { hint: 'Look at its terminal before it is sent again.' });
}

/** Watches for what shows that a turn began, from just before Enter on. */
class BeginWatch {
  readonly #target: PromptTarget;
  readonly #before: Seen;
  readonly #kind: QueuedPrompt['kind'];
  readonly #owned = new DisposableStore();
  readonly #evidence = new Emitter<string>();
  readonly #status: AgentStatus | undefined;
  readonly #at = Date.now();
  #printed = false;
  #found: string | undefined;

  constructor(target: PromptTarget, before: Seen, kind: QueuedPrompt['kind']) {
    this.#target = target;
    this.#before = before;
    this.#kind = kind;
    this.#status = target.status();
    this.#owned.add(target.onDidChangeStatus((status) => this.#weigh(status)));
    this.#owned.add(target.onOutput(() => (this.#printed = true)));
    this.#owned.add(this.#evidence);
  }

  /** Resolves with the evidence, or undefined when there was none in time. */
  async begun(timeoutMs: number): Promise<string | undefined> {
    await until(this.#target, async () => this.#found !== undefined || this.#look(await this.#target.look()), { timeoutMs, also: this.#evidence });
    return this.#found;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Any state that is newer than Enter came from the turn; an idle one only where it was idle before, or it is the end of starting up. */
  #weigh(status: AgentStatus): void {
    if (status.since < this.#at || status.state === 'starting' || status.state === 'unknown') return;
    if (status.state === 'idle' && this.#status?.state !== 'idle' && this.#status?.state !== 'error') return;
    this.#found ??= status.evidence;
    this.#evidence.fire(status.evidence);
  }

  #look({ match, input }: Seen): boolean {
    const before = this.#before;
    if (match?.claim.state === 'working' && before.match?.claim.state !== 'working') this.#found ??= match.evidence;
    else if (match?.claim.state === 'waiting') this.#found ??= match.evidence;
    else if (input?.empty === true && before.input?.empty === false && this.#printed) this.#found ??= 'The input line is empty again.';
    // A command may begin no turn, and open a view of its own instead of the input line.
    else if (this.#kind === 'command' && input?.found === false && this.#printed) this.#found ??= 'The input line is gone.';
    // Nothing tells of this program: that it answers Enter at all is all there is.
    else if (input === undefined && match === undefined && this.#printed && this.#target.status()?.state === 'unknown') this.#found ??= 'It printed.';
    return this.#found !== undefined;
  }
}

/** Milliseconds more for a long prompt. */
function longer(text: string): number {
  return Math.ceil(text.length / 1_000) * BEGIN_MS_PER_KB;
}

/** True once `check` says so; it is asked now, and after output (or every so many ms), at most ten times a second. False when the time is over. */
async function until(
  target: PromptTarget,
  check: () => Promise<boolean>,
  { timeoutMs, also, everyMs }: { readonly timeoutMs: number; readonly also?: Emitter<string>; readonly everyMs?: number },
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  const stirred = new Emitter<void>();
  let timer: NodeJS.Timeout | undefined;
  const stir = (): void => void (timer ??= setTimeout(() => ((timer = undefined), stirred.fire()), 100));
  const owned = new DisposableStore();
  const clock = everyMs === undefined ? undefined : setInterval(stir, everyMs);
  owned.add(target.onOutput(stir));
  if (also !== undefined) owned.add(also.event(() => stirred.fire()));
  try {
    for (;;) {
      const next = waitForEvent(stirred.event, () => true, { timeoutMs: Math.max(1, deadline - Date.now()), what: `${target.name} to show the prompt` });
      next.catch(() => undefined);
      if (await check()) return true;
      try {
        await next;
      } catch (error) {
        if (isAgentsError(error, 'timeout')) return check();
        throw error;
      }
    }
  } finally {
    clearTimeout(timer);
    clearInterval(clock);
    owned.dispose();
  }
}
