// What panels (webviews) and the extension say to each other, checked on both ways in.
import * as z from 'zod';
import { TimelineEntry } from './timelineEntry.ts';

/** Whose timeline it is. */
export const TimelineHead = z.object({
  agentId: z.string(),
  name: z.string(),
  provider: z.string(),
  task: z.string(),
  /** What it does now, in words; empty where nobody knows it any more. */
  state: z.string(),
  tone: z.enum(['good', 'bad', 'wait', 'busy', 'none']),
  /** A terminal recording can be played. */
  replay: z.boolean(),
  /** A terminal can be attached. */
  live: z.boolean(),
});
export type TimelineHead = z.infer<typeof TimelineHead>;

export const ToTimeline = z.discriminatedUnion('type', [
  z.object({ type: z.literal('head'), head: TimelineHead }),
  /** New ones and changed ones, by their ids. `complete`: these are all there are. */
  z.object({ type: z.literal('entries'), entries: z.array(TimelineEntry), complete: z.boolean() }),
]);
export type ToTimeline = z.infer<typeof ToTimeline>;

export const FromTimeline = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('open'), id: z.string() }),
  z.object({ type: z.literal('replay') }),
  z.object({ type: z.literal('attach') }),
]);
export type FromTimeline = z.infer<typeof FromTimeline>;

/** A moment on the replay's time line: seconds since the recording began. */
export const ReplayMark = z.object({ at: z.number(), title: z.string(), kind: z.string() });
export type ReplayMark = z.infer<typeof ReplayMark>;

export const ToReplay = z.discriminatedUnion('type', [
  z.object({ type: z.literal('head'), name: z.string(), marks: z.array(ReplayMark), cut: z.boolean() }),
  /** A piece of the recording's file; the last one has `last`. */
  z.object({ type: z.literal('piece'), text: z.string(), last: z.boolean() }),
  /** Goes to so many seconds of the recording. */
  z.object({ type: z.literal('seek'), at: z.number() }),
]);
export type ToReplay = z.infer<typeof ToReplay>;

export const FromReplay = z.discriminatedUnion('type', [z.object({ type: z.literal('ready') })]);
export type FromReplay = z.infer<typeof FromReplay>;

/** One attempt beside the others. Undefined is not known (yet). */
export const AttemptView = z.object({
  agentId: z.string(),
  label: z.string(),
  state: z.string(),
  tone: z.enum(['good', 'bad', 'wait', 'busy', 'none']),
  seconds: z.number().optional(),
  costUsd: z.number().optional(),
  tokens: z.number().optional(),
  files: z.number().optional(),
  added: z.number().optional(),
  removed: z.number().optional(),
  /** `undefined`: never run. */
  tests: z.union([z.object({ running: z.literal(true) }), z.object({ running: z.literal(false), exitCode: z.number().nullable(), seconds: z.number(), tail: z.string() })]).optional(),
  branch: z.string().optional(),
  outcome: z.enum(['picked', 'archived']).optional(),
  /** What became of its work, where it was archived. */
  note: z.string().optional(),
  live: z.boolean(),
});
export type AttemptView = z.infer<typeof AttemptView>;

export const ToComparison = z.discriminatedUnion('type', [
  z.object({ type: z.literal('group'), groupId: z.string(), task: z.string(), attempts: z.array(AttemptView), testCommand: z.string().optional(), picked: z.boolean(), busy: z.string().optional() }),
]);
export type ToComparison = z.infer<typeof ToComparison>;

export const FromComparison = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('refresh') }),
  /** Without an id: of all. */
  z.object({ type: z.literal('test'), agentId: z.string().optional() }),
  z.object({ type: z.enum(['changes', 'attach', 'timeline', 'pick']), agentId: z.string() }),
]);
export type FromComparison = z.infer<typeof FromComparison>;
