// One line of a session's timeline, as views and the command show it: what happened, when, and what it is about.
import * as z from 'zod';

export const timelineKinds = ['prompt', 'approval', 'command', 'commit', 'status', 'file', 'other'] as const;
export const TimelineKind = z.enum(timelineKinds);
export type TimelineKind = z.infer<typeof TimelineKind>;

/** What a click leads to. */
export const TimelineTarget = z.discriminatedUnion('type', [
  /** A request that still waits: where it is answered. */
  z.object({ type: z.literal('waiting') }),
  /** The terminal at that moment. */
  z.object({ type: z.literal('moment') }),
  z.object({ type: z.literal('commit'), sha: z.string() }),
  z.object({ type: z.literal('file'), path: z.string() }),
  /** All that changed. */
  z.object({ type: z.literal('changes') }),
]);
export type TimelineTarget = z.infer<typeof TimelineTarget>;

export const TimelineEntry = z.object({
  /** Unique among the entries of an agent; one that is told again replaces the one before. */
  id: z.string(),
  sessionId: z.string(),
  /** Unix time in ms. */
  ts: z.number(),
  kind: TimelineKind,
  /** One line for people. */
  title: z.string(),
  /** More of it, maybe of several lines. */
  detail: z.string().optional(),
  tone: z.enum(['good', 'bad', 'wait']).optional(),
  target: TimelineTarget.optional(),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;
