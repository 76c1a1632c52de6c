// What pages and editors say to a hub on /api/live, and hear. JSON text frames. `session_id` is the hub's own id of a session (`HubAgent.id`).
import * as z from 'zod';
import { RunnerEvent } from '../runnerEvent.ts';
import { HubAgent, HubTask } from './hubRest.ts';
import { Runner } from './sibylRest.ts';

const SessionId = z.string().min(1).max(300);

export const LiveRequest = z.discriminatedUnion('type', [
  /** The organization's agents, runners and tasks: a snapshot, then changes. */
  z.object({ type: z.literal('watch_fleet') }),
  /** Events after that number, then `caught_up`, then live ones. */
  z.object({ type: z.literal('join'), session_id: SessionId, after: z.int().min(0).default(0) }),
  z.object({ type: z.literal('leave'), session_id: SessionId }),
  /** A snapshot, or, where the ring still has it, what follows `after`; then live. */
  z.object({ type: z.literal('terminal_join'), session_id: SessionId, after: z.int().min(0).optional() }),
  z.object({ type: z.literal('terminal_leave'), session_id: SessionId }),
  /** Makes this socket the one writer; who wrote before is told. */
  z.object({ type: z.literal('terminal_take'), session_id: SessionId }),
  z.object({ type: z.literal('terminal_write'), session_id: SessionId, data: z.string().max(100_000) }),
  z.object({ type: z.literal('terminal_resize'), session_id: SessionId, columns: z.int().min(2).max(1000), rows: z.int().min(2).max(1000) }),
  z.object({ type: z.literal('ping') }),
]);
export type LiveRequest = z.infer<typeof LiveRequest>;

export const LiveFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('fleet'), agents: z.array(HubAgent), runners: z.array(Runner), tasks: z.array(HubTask) }),
  z.object({ type: z.literal('agent'), agent: HubAgent }),
  z.object({ type: z.literal('agent_gone'), session_id: SessionId }),
  z.object({ type: z.literal('runner'), runner: Runner }),
  z.object({ type: z.literal('runner_gone'), runner_id: z.string() }),
  z.object({ type: z.literal('task'), task: HubTask }),
  z.object({ type: z.literal('events'), session_id: SessionId, events: z.array(RunnerEvent) }),
  z.object({ type: z.literal('caught_up'), session_id: SessionId, seq: z.int() }),
  /** `seq` is the number of the last byte chunk that `data` holds; `snapshot` is drawn on a fresh terminal of that size. */
  z.object({ type: z.literal('terminal'), session_id: SessionId, seq: z.int(), data: z.string(), snapshot: z.boolean().optional(), columns: z.int().optional(), rows: z.int().optional() }),
  z.object({ type: z.literal('terminal_writer'), session_id: SessionId, name: z.string().nullable(), you: z.boolean() }),
  z.object({ type: z.literal('terminal_ended'), session_id: SessionId, reason: z.string() }),
  z.object({ type: z.literal('error'), message: z.string(), session_id: SessionId.optional() }),
  z.object({ type: z.literal('pong') }),
]);
export type LiveFrame = z.infer<typeof LiveFrame>;
