// What crosses between the hub's processes: batches of messages in a NOTIFY's payload, or the number of the row that holds one, sealed, with its key.
import * as z from 'zod';
import { RemoteFault } from '../../protocol/hubWire/extension.ts';

export const BusMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('topic'), topic: z.string(), message: z.unknown() }),
  z.object({ kind: z.literal('call'), id: z.string(), method: z.string(), params: z.unknown() }),
  z.object({ kind: z.literal('answer'), id: z.string(), result: z.unknown().optional(), fault: RemoteFault.optional() }),
  z.object({ kind: z.literal('here') }),
  /** Some of what was said before could not be kept. */
  z.object({ kind: z.literal('gap') }),
  z.object({ kind: z.literal('bye') }),
]);
export type BusMessage = z.infer<typeof BusMessage>;

/** `n` makes each payload unlike the others: PostgreSQL drops equal ones of a transaction. */
export const Envelope = z.object({ from: z.string(), n: z.int(), messages: z.array(BusMessage).optional(), row: z.int().optional(), key: z.string().optional() });
export type Envelope = z.infer<typeof Envelope>;

/** A payload is shorter than 8,000 bytes: https://www.postgresql.org/docs/current/sql-notify.html */
export const PAYLOAD_BYTES = 7900;

/** Everybody's channel; each process has one of its own besides. */
export const EVERYBODY = 'tmux_agents_hub';

export function channelOf(processId: string): string {
  return `${EVERYBODY}_${processId.replaceAll('-', '')}`;
}

/** Texts of messages, put together to payloads that are short enough; one that never is comes alone. In order. */
export function gather(texts: readonly string[], room: number): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let left = 0;
  for (const text of texts) {
    const bytes = Buffer.byteLength(text) + 1;
    const last = groups.at(-1);
    if (last !== undefined && bytes <= left) last.push(text);
    else groups.push([text]);
    left = last !== undefined && bytes <= left ? left - bytes : room - bytes;
  }
  return groups;
}
