// One event as one line of a journal. The number stands first, so that a reader can skip lines without parsing them; `after` tells the
// session's state once the event has happened, so that the last line alone says where a session stands.
import * as z from 'zod';
import { jsonOf } from '../../base/json.ts';
import { RunnerEvent, SessionState } from '../../protocol/runnerEvent.ts';

/** What every line has, also one of a later version whose event is not known here. */
export const LineHead = z.object({ seq: z.int().min(1), after: SessionState.default('CREATED'), ts: z.number(), sessionId: z.string(), type: z.string() });
export type LineHead = z.infer<typeof LineHead>;

/** With its newline. */
export function encodeLine(event: RunnerEvent, after: SessionState): string {
  const { seq, ...rest } = event;
  return `${JSON.stringify({ seq, after, ...rest })}\n`;
}

/** Undefined for what is no whole line of a journal. */
export function headOf(line: string): LineHead | undefined {
  const parsed = LineHead.safeParse(jsonOf(line));
  return parsed.success ? parsed.data : undefined;
}

/** Undefined for a damaged line, and for an event that this version does not know. */
export function eventOf(line: string): RunnerEvent | undefined {
  const parsed = RunnerEvent.safeParse(jsonOf(line));
  return parsed.success ? parsed.data : undefined;
}

/** The number at the line's beginning, without parsing the rest; undefined for a line that does not begin with one. */
export function seqOf(line: string): number | undefined {
  const match = /^\{"seq":(\d+),/.exec(line);
  return match === null ? undefined : Number(match[1]);
}
