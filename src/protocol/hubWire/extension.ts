// Our extension of Sibyl's socket: events that arrive once and in order, requests with answers, terminals. Negotiated: a runner that knows it sends
// the header below with its upgrade; a hub that knows it says `hello` first of all. Without the one or the other, only base frames cross.
import * as z from 'zod';
import { AnyRunnerEvent } from '../runnerEvent.ts';
import { SessionCommand } from '../sessionConfig.ts';
import { SharedSession } from './sharedSession.ts';

export const EXTENSION_HEADER = 'x-tmux-agents-extension';
export const EXTENSION_VERSION = 1;

const SessionId = z.string().min(1).max(200);
const Seq = z.int().min(0);

/** What a person does to a session, as the hub passes it on. */
export const SessionRequest = z.discriminatedUnion('method', [
  /** START creates one; the others act on a session that is there. */
  z.object({ method: z.literal('command'), command: SessionCommand }),
  z.object({ method: z.literal('prompt'), text: z.string().min(1).max(100_000) }),
  /** Answer: the prompts that wait, `QueuedPrompt[]`. */
  z.object({ method: z.literal('queue') }),
  z.object({ method: z.literal('unqueue'), id: z.string() }),
  /** To what waits: a decision for a permission, words for a question. */
  z.object({ method: z.literal('answer'), ask_id: z.string(), decision: z.enum(['allow', 'deny']).optional(), words: z.string().max(4000).optional(), note: z.string().max(2000).optional() }),
  /** Ctrl-C, or the CLI's own key: its turn ends, it stays. */
  z.object({ method: z.literal('interrupt') }),
  /** Ends it and what it started. */
  z.object({ method: z.literal('kill') }),
  /** Answer: a `SessionDiff`. */
  z.object({ method: z.literal('diff') }),
]);
export type SessionRequest = z.infer<typeof SessionRequest>;

export const QueuedPrompt = z.object({ id: z.string(), text: z.string(), /** Unix time in ms. */ at: z.number() });
export type QueuedPrompt = z.infer<typeof QueuedPrompt>;

/** A unified diff against where the session began, cut where it is long. */
export const SessionDiff = z.object({ diff: z.string(), cut: z.boolean() });
export type SessionDiff = z.infer<typeof SessionDiff>;

/** `reason` is an ErrorReason where the runner is ours. */
export const RemoteFault = z.object({ reason: z.string(), message: z.string(), hint: z.string().optional() });
export type RemoteFault = z.infer<typeof RemoteFault>;

/** Hub to runner, beside the base's. */
export const HubExtensionFrame = z.discriminatedUnion('type', [
  /** First of all, once per socket. */
  z.object({ type: z.literal('hello'), protocol: z.int(), hub_version: z.string().optional(), server_time: z.number().optional() }),
  /** Answers the runner's hello: up to which number the hub has each session's events. The runner sends what follows. Also after a gap. */
  z.object({ type: z.literal('resume'), sessions: z.array(z.object({ session_id: SessionId, after_seq: Seq })) }),
  /** On disk at the hub. */
  z.object({ type: z.literal('events_ack'), session_id: SessionId, seq: Seq }),
  z.object({ type: z.literal('result_ack'), task_id: z.string() }),
  z.object({ type: z.literal('request'), id: z.string(), session_id: SessionId, request: SessionRequest, by: z.string() }),
  z.object({ type: z.literal('terminal_open'), session_id: SessionId }),
  z.object({ type: z.literal('terminal_close'), session_id: SessionId }),
  z.object({ type: z.literal('terminal_input'), session_id: SessionId, data: z.string().max(100_000), by: z.string() }),
  z.object({ type: z.literal('terminal_resize'), session_id: SessionId, columns: z.int().min(2).max(1000), rows: z.int().min(2).max(1000) }),
]);
export type HubExtensionFrame = z.infer<typeof HubExtensionFrame>;

/** Runner to hub, beside the base's. */
export const RunnerExtensionFrame = z.discriminatedUnion('type', [
  /** Answers the hub's. `sessions` are all that it shares; what the hub had of this runner and is not among them is gone. */
  z.object({
    type: z.literal('hello'),
    protocol: z.int(),
    client: z.string().max(100),
    /** One per process: tells a runner that reconnects from a second one with the same id. */
    instance: z.string().max(100),
    sessions: z.array(SharedSession).max(10_000),
    /** Tasks that it has and has not told the end of. */
    tasks: z.array(z.string()).max(10_000).default([]),
  }),
  z.object({ type: z.literal('session'), session: SharedSession }),
  z.object({ type: z.literal('session_gone'), session_id: SessionId }),
  /** In order, without a gap. Events that are not known here come as forwarded ones. */
  z.object({ type: z.literal('events'), session_id: SessionId, events: z.array(AnyRunnerEvent).min(1).max(1000) }),
  z.object({ type: z.literal('response'), id: z.string(), ok: z.literal(true), result: z.unknown().optional() }),
  z.object({ type: z.literal('response_error'), id: z.string(), error: RemoteFault }),
  /** After `terminal_open`: first what the screen shows (`reset`), then what is printed. */
  z.object({ type: z.literal('terminal'), session_id: SessionId, data: z.string(), reset: z.boolean().optional(), columns: z.int().optional(), rows: z.int().optional() }),
  z.object({ type: z.literal('terminal_ended'), session_id: SessionId, reason: z.string().optional() }),
]);
export type RunnerExtensionFrame = z.infer<typeof RunnerExtensionFrame>;
