// What /api/agents takes and gives. `{id}` is the hub's own id of a session (`HubAgent.id`).
import * as z from 'zod';
import { RunnerEvent } from '../runnerEvent.ts';
import { QueuedPrompt } from './extension.ts';
import { HubAgent } from './hubRest.ts';

/** GET /api/agents */
export const AgentList = z.object({ agents: z.array(HubAgent), total: z.int() });
export type AgentList = z.infer<typeof AgentList>;

/** GET /api/agents/{id}/events */
export const EventsQuery = z.object({ after: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(1000).default(1000) });
/** `next` is the `after` of the following page; null where there is none yet. */
export const EventPage = z.object({ events: z.array(RunnerEvent), next: z.int().nullable() });
export type EventPage = z.infer<typeof EventPage>;

/** POST /api/agents/{id}/prompt */
export const PromptAct = z.strictObject({ text: z.string().min(1).max(100_000) });
/** POST /api/agents/{id}/answer: a decision for what asks for one, words for a question. */
export const AnswerAct = z.strictObject({ ask_id: z.string().min(1).max(200), decision: z.enum(['allow', 'deny']).optional(), words: z.string().max(4000).optional(), note: z.string().max(2000).optional() });
/** What an act is answered with once the runner has done it; `result` is what the runner says of it. */
export const ActDone = z.object({ ok: z.literal(true), result: z.unknown().optional() });
export type ActDone = z.infer<typeof ActDone>;

/** GET /api/agents/{id}/queue */
export const PromptQueue = z.object({ prompts: z.array(QueuedPrompt) });
export type PromptQueue = z.infer<typeof PromptQueue>;
