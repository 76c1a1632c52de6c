// Answers by keys: the dialog is looked at just before, the keys are those of the options it shows, and afterwards it must be gone.
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { waitForEvent } from '../../base/wait.ts';
import type { ApprovalRequest } from '../../protocol/agentStatus.ts';
import type { Dialog, ScreenMatch } from '../../providers/status/screenTypes.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { Answer, PendingApproval } from './pendingApproval.ts';
import type { AgentScreen } from './ports.ts';
import { isWholeDialog, sameDialog } from './sameRequest.ts';

/** How long things may take, in milliseconds. */
export interface AnswerWaits {
  /** Without output before the first key: a dialog that was just drawn may not listen yet (Claude Code's does not for its first 0.1 s). */
  readonly quietMs: number;
  /** After which a screen that never falls silent counts as quiet. */
  readonly settleMs: number;
  /** After which a dialog that stands there unchanged has lost the keys: they are pressed once more. */
  readonly lostMs: number;
  /** In which the dialog must be gone. */
  readonly goneMs: number;
  /** In which the line for a text must have opened, and must show the text. */
  readonly openMs: number;
}
const WAITS: AnswerWaits = { quietMs: 300, settleMs: 1_500, lostMs: 2_500, goneMs: 5_000, openMs: 2_000 };

export interface AnswerKeysOptions {
  /** No person looks at the dialog: it must be certain that it is all of what was told, and nothing more. */
  readonly unseen?: boolean;
}

/** Options of a question behind which a text can be typed. */
export const TAKES_TEXT = /^(?:type (?:something|your)|other\b|something else|enter (?:your|a)|write |custom)/i;

/**
 * Presses what answers this very request. Fails with `answered-already` or `stale` when its dialog is gone or another one is shown, with `unsupported` when it
 * offers no such answer (nothing is typed in these cases), and with `timeout` when it is still there afterwards. Keys that a dialog which was just drawn has lost
 * are pressed once more, for a person who looks at it, while the very same dialog still stands there.
 */
export async function answerByKeys(screen: AgentScreen, approval: PendingApproval, answer: Answer, waits: AnswerWaits = WAITS, { unseen = false }: AnswerKeysOptions = {}): Promise<void> {
  await quiet(screen, approval.agent, waits);
  const match = await screen.look(approval.agent);
  const dialog = verified(approval, match);
  if (unseen && (approval.told === undefined || !isToldDialog(approval.told, match))) throw anotherOne(approval);
  if (answer.type === 'text') return answerWithText(screen, approval, dialog, answer.text, waits);
  const press = (shown: Dialog) => () => screen.press(approval.agent, keysFor(approval, shown, answer));
  const gone = (shown: ScreenMatch | undefined): boolean => isGone(dialog, shown);
  if (unseen) return until(screen, approval, waits.goneMs, gone, press(dialog));
  try {
    await until(screen, approval, waits.lostMs, gone, press(dialog));
  } catch (error) {
    if (!isAgentsError(error, 'timeout')) throw error;
    const now = await screen.look(approval.agent);
    if (now?.dialog === undefined || gone(now)) return;
    await until(screen, approval, waits.goneMs, gone, press(now.dialog));
  }
}

/** Goes to the option that takes a text, sees that it is there, types, sees the text, and only then ends it. */
async function answerWithText(screen: AgentScreen, approval: PendingApproval, dialog: Dialog, text: string, { openMs, goneMs }: AnswerWaits): Promise<void> {
  const { agent } = approval;
  const line = text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
  if (line === '') throw new AgentsError('bad-input', 'The answer is empty.');
  const at = dialog.options.findIndex(({ label }) => TAKES_TEXT.test(label));
  const keys = dialog.answers.choose?.[at]?.filter((key) => key !== 'Enter');
  if (keys === undefined) throw openTerminal(approval, 'what it asks takes no text');
  const open = (shown: ScreenMatch | undefined): boolean => shown?.dialog?.options[at]?.selected === true;
  await until(screen, approval, openMs, open, () => screen.press(agent, keys));
  const start = line.replace(/\s+/g, '').slice(0, 16);
  let typed = dialog;
  const taken = (shown: ScreenMatch | undefined): boolean => {
    typed = shown?.dialog ?? typed;
    return shown?.dialog?.options[at]?.label.replace(/\s+/g, '').startsWith(start) ?? false;
  };
  await until(screen, approval, openMs, taken, () => screen.type(agent, line));
  await until(screen, approval, goneMs, (shown) => isGone(typed, shown), () => screen.press(agent, ['Enter']));
}

async function quiet(screen: AgentScreen, agent: AgentInfo, { quietMs, settleMs }: AnswerWaits): Promise<void> {
  const silent = new Emitter<void>();
  const done = waitForEvent(silent.event, () => true, { timeoutMs: settleMs, what: 'the screen to settle' });
  const begin = (): NodeJS.Timeout => setTimeout(() => silent.fire(), quietMs);
  let timer = begin();
  const output = await screen.onOutput(agent, () => {
    clearTimeout(timer);
    timer = begin();
  });
  try {
    await done;
  } catch (error) {
    if (!isAgentsError(error, 'timeout')) throw error;
  } finally {
    clearTimeout(timer);
    output.dispose();
  }
}

/** The dialog, when it is the one that was asked about. */
function verified(approval: PendingApproval, match: ScreenMatch | undefined): Dialog {
  if (match === undefined || match.claim.state !== 'waiting') {
    throw new AgentsError('answered-already', `${approval.agent.agentId} does not ask for this any more: nothing was answered.`, { hint: 'It was answered elsewhere, or it went on by itself.' });
  }
  const { dialog } = match;
  if (dialog === undefined) throw openTerminal(approval, 'what it asks has no choices that can be read');
  if (isOther(approval, match, dialog)) throw anotherOne(approval);
  return dialog;
}

function isToldDialog(told: ApprovalRequest, match: ScreenMatch | undefined): boolean {
  return match?.claim.state === 'waiting' && isWholeDialog(told, { kind: match.claim.kind, request: match.request });
}

function anotherOne({ agent }: PendingApproval): AgentsError {
  return new AgentsError('stale', `${agent.agentId} asks something else by now: nothing was answered.`, { hint: 'Look at what it asks, and answer that.' });
}

function isOther(approval: PendingApproval, match: ScreenMatch, dialog: Dialog): boolean {
  if (match.claim.state !== 'waiting') return true;
  const kind = match.claim.kind;
  if (approval.fingerprint === dialog.fingerprint) return false;
  const same = sameDialog(approval, { kind, request: match.request });
  // One path can be asked about twice, with another content: then only the same dialog is the same.
  if (approval.fingerprint !== undefined) return !(same === true && approval.request.command !== undefined);
  return same !== true;
}

function keysFor(approval: PendingApproval, dialog: Dialog, answer: Exclude<Answer, { readonly type: 'text' }>): readonly string[] {
  const { answers } = dialog;
  const choices = { approve: () => answers.approve, always: () => answers.always ?? answers.approve, deny: () => answers.deny, option: () => (answer.type === 'option' ? answers.choose?.[optionIndex(approval, dialog, answer.option)] : undefined) };
  const keys = choices[answer.type]();
  if (keys === undefined) throw openTerminal(approval, 'its dialog offers no such answer that could be given safely');
  return keys;
}

/** An option's own words; some CLIs put a description beside them. */
export function optionLabel(label: string): string {
  return label.split(/\s{2,}/, 1)[0] ?? label;
}

function optionIndex(approval: PendingApproval, { options }: Dialog, wanted: number | string): number {
  const number = typeof wanted === 'number' ? wanted : /^\d+$/.test(wanted) ? Number(wanted) : undefined;
  const byLabel = typeof wanted === 'number' ? -1 : options.findIndex(({ label }) => optionLabel(label).toLowerCase() === wanted.trim().toLowerCase());
  const index = byLabel !== -1 ? byLabel : number === undefined ? -1 : number - 1;
  if (options[index] !== undefined) return index;
  throw new AgentsError('bad-input', `"${String(wanted)}" is none of the options of ${approval.agent.agentId}.`, { hint: `They are: ${options.map(({ label }, at) => `${at + 1} ${optionLabel(label)}`).join(', ')}.` });
}

function isGone(before: Dialog, shown: ScreenMatch | undefined): boolean {
  return shown?.claim.state !== 'waiting' || shown.dialog?.fingerprint !== before.fingerprint;
}

/** Acts, and looks after each piece of output until `accept` takes what is shown. */
async function until(screen: AgentScreen, { agent }: PendingApproval, timeoutMs: number, accept: (shown: ScreenMatch | undefined) => boolean, act: () => Promise<void>): Promise<void> {
  const accepted = new Emitter<void>();
  let looking: Promise<void> | undefined;
  let again = false;
  const look = (): void => {
    if (looking !== undefined) {
      again = true;
      return;
    }
    looking = screen
      .look(agent)
      .then((shown) => {
        if (accept(shown)) accepted.fire();
      })
      // A screen that cannot be seen is not accepted: the wait has an end.
      .catch(() => undefined)
      .finally(() => {
        looking = undefined;
        if (!again) return;
        again = false;
        look();
      });
  };
  const output: Disposable = await screen.onOutput(agent, look);
  const done = waitForEvent(accepted.event, () => true, { timeoutMs, what: `the dialog of ${agent.agentId} to go` });
  try {
    await act();
    look();
    await done;
  } catch (error) {
    done.catch(() => undefined);
    if (!isAgentsError(error, 'timeout')) throw error;
    throw new AgentsError('timeout', `The answer was given to ${agent.agentId}, but its dialog is still there.`, { hint: `Open its terminal and see: tmux-agents attach ${agent.agentId}`, cause: error });
  } finally {
    output.dispose();
  }
}

function openTerminal(approval: PendingApproval, why: string): AgentsError {
  return new AgentsError('unsupported', `${approval.agent.agentId} cannot be answered from here: ${why}.`, { hint: `Open its terminal: tmux-agents attach ${approval.agent.agentId}` });
}
