// The recorded control-mode streams, and what the parser makes of bytes, as values that can be compared.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlParser, type ControlBlock } from '../../../src/tmux/controlParser.ts';
import type { TmuxNotification } from '../../../src/tmux/notifications.ts';
import type { PaneId } from '../../../src/tmux/types.ts';

const directory = join(import.meta.dirname, '../../fixtures/tmux');

export const recordings: readonly { readonly name: string; readonly bytes: Buffer }[] = readdirSync(directory)
  .filter((file) => file.endsWith('.stream'))
  .map((file) => ({ name: file.replace('.stream', ''), bytes: readFileSync(join(directory, file)) }));

export type ControlEvent =
  | { readonly block: Omit<ControlBlock, 'body'> & { readonly body: string } }
  | { readonly pane: PaneId; readonly output: Buffer }
  | { readonly notification: TmuxNotification };

/** Feeds the chunks to a parser and collects what comes out, in order. */
export function parseChunks(chunks: Iterable<Buffer>, wantsOutput: (pane: PaneId) => boolean = () => true): ControlEvent[] {
  const events: ControlEvent[] = [];
  const parser = new ControlParser({
    block: (block) => events.push({ block: { ...block, body: block.body.toString('utf8') } }),
    output: (pane, bytes) => events.push({ pane, output: Buffer.from(bytes) }),
    wantsOutput,
    notification: (notification) => events.push({ notification }),
  });
  // The parser takes over what it is given.
  for (const chunk of chunks) parser.push(Buffer.from(chunk));
  return events;
}

/** Cuts bytes at the given places. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...[...places].sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, index) => Buffer.from(bytes.subarray(edges[index], end)));
}

export function outputOf(events: readonly ControlEvent[], pane: PaneId): Buffer {
  return Buffer.concat(events.flatMap((event) => ('output' in event && event.pane === pane ? [event.output] : [])));
}

export function notificationsOf(events: readonly ControlEvent[]): TmuxNotification[] {
  return events.flatMap((event) => ('notification' in event ? [event.notification] : []));
}

export function blocksOf(events: readonly ControlEvent[]): { readonly failed: boolean; readonly body: string; readonly flags: number }[] {
  return events.flatMap((event) => ('block' in event ? [event.block] : []));
}
