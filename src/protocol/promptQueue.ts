// The prompts that wait for one agent, as they lie on disk: one file per agent, shared by all faces of this machine.
import * as z from 'zod';

/** Where a prompt is on its way. Past `waiting` it is a journal: a face that finds it so after a crash looks before it does anything again. */
export const PromptState = z.enum([
  'waiting',
  /** It is being put into the input line. */
  'entering',
  /** It is in the input line, and Enter is being pressed. */
  'submitting',
  /** It could not be brought; it stays until somebody removes it or tries again. */
  'failed',
]);
export type PromptState = z.infer<typeof PromptState>;

export const QueuedPrompt = z.object({
  id: z.string().regex(/^[a-z0-9]{8,32}$/),
  text: z.string().min(1),
  kind: z.enum(['text', 'command']),
  /** Unix time in ms. */
  addedAt: z.number(),
  state: PromptState,
  /** Unix time in ms at which this state began. */
  since: z.number(),
  /** Why it failed: a full sentence. */
  error: z.string().optional(),
  /** Given even while the agent works. */
  urgent: z.boolean().optional(),
});
export type QueuedPrompt = z.infer<typeof QueuedPrompt>;

/** What became of a prompt that is not in the queue any more. */
export const PromptOutcome = z.object({
  id: z.string(),
  /** Unix time in ms; of a delivered one, that of Enter. */
  at: z.number(),
  result: z.enum(['delivered', 'removed']),
  /** Delivered: what showed that its turn began; empty where nothing can show it. */
  evidence: z.string().optional(),
  /** Delivered: what was given, at most 4,100 characters of it: for the session's journal. */
  text: z.string().optional(),
});
export type PromptOutcome = z.infer<typeof PromptOutcome>;

export const PromptQueueFile = z.object({
  v: z.literal(1),
  agentId: z.string(),
  runtimeId: z.string(),
  /** As in the agent's record: another agent that takes over an id does not get these prompts. */
  createdAt: z.string(),
  prompts: z.array(QueuedPrompt),
  /** The latest ones, so that every face learns what became of its own. */
  outcomes: z.array(PromptOutcome),
});
export type PromptQueueFile = z.infer<typeof PromptQueueFile>;
