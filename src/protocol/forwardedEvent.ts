// What a recorder forwards of an agent's life beside the runner's own events: the `providerEvent` of a PROVIDER_EVENT_FORWARDED, by its kind.
import * as z from 'zod';
import { StatusClaim, StatusSource, WaitingKind } from './agentStatus.ts';

const kinds = [
  /** Who it is: always a journal's second event. */
  z.object({ kind: z.literal('agent'), name: z.string(), runtimeId: z.string(), task: z.string(), /** ISO 8601; tells the lives of one id apart. */ createdAt: z.string(), /** HEAD of its folder when the recording began. */ head: z.string().optional(), /** Whether its terminal is recorded. */ recording: z.boolean(), /** Which place the runtime's id stood for: `AgentRuntime.place`. */ place: z.string().optional() }),
  /** It was given a prompt. `task` is what it was spawned with: first its title, then the whole where somebody knows it. A `queue`d one has the queue's id; without text it is the task, delivered. */
  z.object({ kind: z.literal('prompt'), text: z.string(), from: z.enum(['task', 'queue']), id: z.string().optional() }),
  /** It has run a command, as its CLI's hooks tell; cut where it is long. */
  z.object({ kind: z.literal('command'), command: z.string() }),
  z.object({ kind: z.literal('commit'), sha: z.string(), subject: z.string(), /** As in the reflog: `commit`, `commit (amend)`, `merge`. */ action: z.string() }),
  z.object({ kind: z.literal('status'), status: StatusClaim, source: StatusSource }),
  /** A question, a login, or anything else that is no permission. */
  z.object({ kind: z.literal('asked'), id: z.string(), about: WaitingKind, text: z.string() }),
  /** What was asked is over: answered from a face (`by`), or in the terminal, where nobody can tell how. Also of an approval that was answered in the terminal. */
  z.object({ kind: z.literal('answered'), id: z.string(), by: z.string().optional(), words: z.string().optional() }),
] as const;

export const ForwardedEvent = z.discriminatedUnion('kind', kinds);
export type ForwardedEvent = z.infer<typeof ForwardedEvent>;

/** What was forwarded, where it is one of ours. */
export function forwardedOf(providerEvent: unknown): ForwardedEvent | undefined {
  const parsed = ForwardedEvent.safeParse(providerEvent);
  return parsed.success ? parsed.data : undefined;
}
