// The prompts that an agent was given, as events of its journal: the task it was spawned with, and what its queue says was delivered.
import type { ForwardedEvent } from '../../protocol/forwardedEvent.ts';
import type { PromptQueueFile } from '../../protocol/promptQueue.ts';
import type { SessionFacts } from './sessionFacts.ts';

type PromptEvent = Extract<ForwardedEvent, { readonly kind: 'prompt' }>;

/** Characters of a text that a journal keeps. */
const LONGEST = 4_000;

/** A text as the journal keeps it: cut, and said so. */
export function shortText(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length - LONGEST} characters more)` : text;
}

/** The task, whole where this face spawned the agent, else its title; undefined where there was none. */
export function taskPrompt(task: string | undefined, title: string): PromptEvent | undefined {
  const text = task ?? title;
  return text.trim() === '' ? undefined : { kind: 'prompt', text: shortText(text), from: 'task' };
}

/** Those that were delivered since the journal last heard of the queue, the oldest first. A task that came by way of the queue is one prompt, not two. */
export function newPrompts({ outcomes }: PromptQueueFile, facts: Pick<SessionFacts, 'prompts' | 'task'>): readonly PromptEvent[] {
  return outcomes.flatMap(({ id, result, text }) => {
    if (result !== 'delivered' || facts.prompts.has(id)) return [];
    const short = shortText(text ?? '');
    const isTask = facts.prompts.size === 0 && facts.task !== undefined && short.startsWith(facts.task.replace(/…$/, ''));
    // The journal must know its id all the same.
    return [{ kind: 'prompt', text: isTask ? '' : short, from: 'queue', id } satisfies PromptEvent];
  });
}
