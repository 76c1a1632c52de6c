// One agent's queue of prompts as values and pure functions: added, moved, removed, and taken from state to state.
import { randomBytes } from 'node:crypto';
import { AgentsError } from '../../base/errors.ts';
import type { PromptOutcome, PromptQueueFile, PromptState, QueuedPrompt } from '../../protocol/promptQueue.ts';

export type PromptQueue = PromptQueueFile;

/** Outcomes that are kept, and prompts that may wait. */
const KEPT_OUTCOMES = 50;
/** Characters of a delivered prompt that stay with its outcome. */
const KEPT_TEXT = 4_100;
const LONGEST_QUEUE = 1_000;

export function newPrompt(text: string, { kind, urgent, now }: { readonly kind: QueuedPrompt['kind']; readonly urgent?: boolean; readonly now: number }): QueuedPrompt {
  return { id: randomBytes(5).toString('hex'), text, kind, addedAt: now, since: now, state: 'waiting', ...(urgent === true ? { urgent } : {}) };
}

/** Puts it last. Throws `bad-input` when the queue is full. */
export function addPrompt(queue: PromptQueue, prompt: QueuedPrompt): PromptQueue {
  if (queue.prompts.length >= LONGEST_QUEUE) throw new AgentsError('bad-input', `${LONGEST_QUEUE} prompts wait for "${queue.agentId}" already.`, { hint: 'Remove some first.' });
  return { ...queue, prompts: [...queue.prompts, prompt] };
}

/** True for one that may be in the input line already: it is not moved, removed or overtaken. */
export function isUnderWay({ state }: QueuedPrompt): boolean {
  return state === 'entering' || state === 'submitting';
}

export function findPrompt(queue: PromptQueue, id: string): QueuedPrompt | undefined {
  return queue.prompts.find((prompt) => prompt.id === id);
}

/** Throws `not-found`, or `stale` for one that is being given to the agent. */
export function removePrompt(queue: PromptQueue, id: string, now: number): PromptQueue {
  idle(queue, id);
  return settle(queue, { id, at: now, result: 'removed' });
}

/** Takes it out of the queue for good; of a delivered one the text is kept with the outcome, for the session's journal. */
export function settle(queue: PromptQueue, outcome: PromptOutcome): PromptQueue {
  const text = outcome.result === 'delivered' ? findPrompt(queue, outcome.id)?.text.slice(0, KEPT_TEXT) : undefined;
  return { ...queue, prompts: queue.prompts.filter(({ id }) => id !== outcome.id), outcomes: [...queue.outcomes, text === undefined ? outcome : { ...outcome, text }].slice(-KEPT_OUTCOMES) };
}

/** Moves it to a position, 1 being the next one. Nothing overtakes a prompt that is under way. Throws as `removePrompt`. */
export function movePrompt(queue: PromptQueue, id: string, position: number): PromptQueue {
  const moved = idle(queue, id);
  const rest = queue.prompts.filter((prompt) => prompt !== moved);
  const first = rest.filter(isUnderWay).length;
  const at = Math.min(Math.max(first, Math.trunc(position) - 1), rest.length);
  return { ...queue, prompts: [...rest.slice(0, at), moved, ...rest.slice(at)] };
}

/** Lets a failed one wait again; `urgent` does not wait for the agent to be done. Throws as `removePrompt`. */
export function retryPrompt(queue: PromptQueue, id: string, { now, urgent = false }: { readonly now: number; readonly urgent?: boolean }): PromptQueue {
  const { error: _, ...prompt } = idle(queue, id);
  return replace(queue, { ...prompt, state: 'waiting', since: now, ...(urgent ? { urgent } : {}) });
}

/** Writes down where it is; a prompt that is gone stays gone. */
export function markPrompt(queue: PromptQueue, id: string, state: PromptState, now: number, error?: string): PromptQueue {
  const prompt = findPrompt(queue, id);
  if (prompt === undefined) return queue;
  const { error: _, ...rest } = prompt;
  return replace(queue, { ...rest, state, since: now, ...(error === undefined ? {} : { error }) });
}

/** The one whose turn it is; failed ones are passed over. */
export function nextPrompt(queue: PromptQueue): QueuedPrompt | undefined {
  return queue.prompts.find(isUnderWay) ?? queue.prompts.find(({ state }) => state === 'waiting');
}

function idle(queue: PromptQueue, id: string): QueuedPrompt {
  const prompt = findPrompt(queue, id);
  if (prompt === undefined) throw new AgentsError('not-found', `No prompt "${id}" waits for "${queue.agentId}".`);
  if (isUnderWay(prompt)) throw new AgentsError('stale', 'This prompt is just being given to the agent.');
  return prompt;
}

function replace(queue: PromptQueue, prompt: QueuedPrompt): PromptQueue {
  return { ...queue, prompts: queue.prompts.map((other) => (other.id === prompt.id ? prompt : other)) };
}
