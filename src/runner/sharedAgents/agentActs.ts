// What people do to an agent from afar, where it is the same for every face that shares it: its queue, answers to what it asks, interrupting it.
import { AgentsError } from '../../base/errors.ts';
import type { QueuedPrompt, SessionRequest } from '../../protocol/hubWire/extension.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { Answer, PendingApproval } from '../../sessions/approvals/pendingApproval.ts';
import type { Managed } from '../createRuntimeManager.ts';

type Acting = Pick<Managed, 'manager' | 'approvals' | 'prompts'>;
export type AnswerRequest = Extract<SessionRequest, { readonly method: 'answer' }>;

/** The prompts that wait, without secrets. */
export function waitingPrompts({ prompts }: Acting, agent: AgentInfo, redact: (text: string) => string): QueuedPrompt[] {
  return prompts.queueOf(agent).prompts.map(({ id, text, addedAt }) => ({ id, text: redact(text), at: addedAt }));
}

/** Answers what an agent asks. Throws `answered-already` when it is not asked any more, `bad-input` for an answer that it does not take, and as the inbox does. */
export async function answerAsk({ approvals }: Acting, agent: AgentInfo, request: AnswerRequest): Promise<void> {
  const asked = approvals.of(agent.handle);
  if (asked?.id !== request.ask_id) throw new AgentsError('answered-already', `${agent.name} does not ask this any more: nothing was answered.`);
  await approvals.answer(asked, answerOf(asked, request));
}

function answerOf({ kind, answers }: PendingApproval, { decision, words, note }: AnswerRequest): Answer {
  if (kind === 'login' || kind === 'other') throw new AgentsError('unsupported', 'This can only be answered in the terminal.', { hint: 'Open its terminal.' });
  if (kind !== 'question') {
    if (decision === undefined) throw new AgentsError('bad-input', 'A permission is allowed or denied.');
    return decision === 'allow' ? { type: 'approve' } : { type: 'deny', ...(note === undefined ? {} : { note }) };
  }
  const said = words?.trim() ?? '';
  const option = answers.options.find(({ number, label }) => String(number) === said || label.toLowerCase() === said.toLowerCase());
  if (option !== undefined) return { type: 'option', option: option.number };
  if (said !== '' && answers.text) return { type: 'text', text: said };
  if (decision === 'deny' && answers.deny) return { type: 'deny', ...(note === undefined ? {} : { note }) };
  throw new AgentsError('bad-input', said === '' ? 'A question is answered in words.' : 'The question does not take this answer.', { hint: answers.options.length === 0 ? 'Open its terminal.' : `It takes: ${answers.options.map(({ number, label }) => `${number} (${label})`).join(', ')}.` });
}
