// Sessions' rows cut to what a hub takes: the longest texts, and in a hello as many rows as one frame holds.
import type { SharedAsk, SharedSession } from '../../protocol/hubWire/sharedSession.ts';
import { MAX_FRAME_BYTES } from '../../protocol/hubWire/sibylFrames.ts';

const MOST_ASKS = 50;
/** Bytes of a hello's rows; the rest of the frame is small. */
const HELLO_BYTES = MAX_FRAME_BYTES - 64 * 1024;
const MOST_ROWS = 10_000;
/** A row of more is told without what its asks say at length. */
const ROW_BYTES = 256 * 1024;

/** As the schema has it: what is too long ends with an ellipsis. */
export function fittingRow(session: SharedSession): SharedSession {
  const { name, title, workspace, branch, asks } = session;
  const row: SharedSession = {
    ...session,
    name: short(name, 200),
    title: short(title, 300),
    ...(workspace === undefined ? {} : { workspace: short(workspace, 4096) }),
    ...(branch === undefined ? {} : { branch: short(branch, 1000) }),
    asks: asks.slice(0, MOST_ASKS).map((ask) => fittingAsk(ask, 8000)),
  };
  return bytesOf(row) <= ROW_BYTES ? row : { ...row, asks: row.asks.map((ask) => fittingAsk(ask, 500)) };
}

/** Those that live come first, then the newest. `rest` are told one by one, once the hello is answered. */
export function helloRows(sessions: readonly SharedSession[]): { readonly rows: readonly SharedSession[]; readonly rest: readonly SharedSession[] } {
  const ordered = sessions.toSorted((a, b) => Number(a.ended_at !== undefined) - Number(b.ended_at !== undefined) || b.created_at - a.created_at).map(fittingRow);
  let bytes = 0;
  const fit = ordered.findIndex((row, at) => at >= MOST_ROWS || (bytes += bytesOf(row) + 1) > HELLO_BYTES);
  return fit === -1 ? { rows: ordered, rest: [] } : { rows: ordered.slice(0, fit), rest: ordered.slice(fit) };
}

function fittingAsk(ask: SharedAsk, most: number): SharedAsk {
  const { text, command, path } = ask;
  return { ...ask, text: short(text, Math.min(4000, most)), ...(command === undefined ? {} : { command: short(command, most) }), ...(path === undefined ? {} : { path: short(path, 4096) }) };
}

function short(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function bytesOf(row: SharedSession): number {
  return Buffer.byteLength(JSON.stringify(row));
}
