// What a watched terminal says to those who watch it, at whichever process of the hub they are.
import * as z from 'zod';

const Size = { columns: z.int().min(1), rows: z.int().min(1) };

/** `seq` numbers what it printed; a fresh screen has a number, too. */
export const TerminalScreenshot = z.object({ seq: z.int(), data: z.string(), ...Size });
export type TerminalScreenshot = z.infer<typeof TerminalScreenshot>;

/** `key` is the watcher's. */
export const TerminalWriter = z.object({ key: z.string().nullable(), name: z.string().nullable() });
export type TerminalWriter = z.infer<typeof TerminalWriter>;

export const TerminalMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('data'), seq: z.int(), data: z.string() }),
  /** The whole screen, on a fresh terminal of that size. */
  z.object({ kind: z.literal('reset'), ...TerminalScreenshot.shape }),
  z.object({ kind: z.literal('writer'), ...TerminalWriter.shape }),
  z.object({ kind: z.literal('ended'), reason: z.string() }),
  /** Its runner is not connected to that process any more. */
  z.object({ kind: z.literal('lost') }),
]);
export type TerminalMessage = z.infer<typeof TerminalMessage>;

/** What a watcher begins with: the whole screen, or what follows the number that it has. */
export const TerminalJoined = z.object({ writer: TerminalWriter, screen: TerminalScreenshot.optional(), chunks: z.array(z.object({ seq: z.int(), data: z.string() })).optional() });
export type TerminalJoined = z.infer<typeof TerminalJoined>;

/** Another process of the hub asks the one that has the runner's socket. */
export const TerminalCall = z.discriminatedUnion('what', [
  z.object({ what: z.literal('join'), id: z.string(), key: z.string(), after: z.int().optional() }),
  z.object({ what: z.literal('leave'), id: z.string(), key: z.string() }),
  z.object({ what: z.literal('take'), id: z.string(), key: z.string(), name: z.string() }),
  z.object({ what: z.literal('write'), id: z.string(), key: z.string(), data: z.string() }),
  z.object({ what: z.literal('resize'), id: z.string(), key: z.string(), ...Size }),
]);
export type TerminalCall = z.infer<typeof TerminalCall>;

export const CALL = 'terminals.call';
/** Prefix of the topic on which a terminal's messages go to the other processes. */
export const TOPIC = 'terminals.';

/** `processId` is in front: what it watched ends with it. */
export function keyOf(processId: string, socket: number): string {
  return `${processId}/${socket}`;
}
