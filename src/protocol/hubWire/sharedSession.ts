// What a runner tells a hub of one of its agents: enough for a list, a page and the inbox; everything else is in its events.
import * as z from 'zod';
import { StatusClaim } from '../agentStatus.ts';
import { EventApproval, SessionState } from '../runnerEvent.ts';

/** Something that waits for a person: an approval, a question, a login. */
export const SharedAsk = z.object({
  id: z.string().max(200),
  kind: z.enum(['permission', 'question', 'trust', 'login', 'other']),
  text: z.string().max(4000),
  risk: EventApproval.shape.risk.optional(),
  category: EventApproval.shape.category.optional(),
  command: z.string().max(8000).optional(),
  path: z.string().max(4096).optional(),
  /** Unix time in ms. */
  since: z.number(),
  /** Whether `answer` can allow and deny it from afar. */
  answerable: z.boolean(),
});
export type SharedAsk = z.infer<typeof SharedAsk>;

export const SharedSession = z.object({
  /** Unique among its runner's. */
  session_id: z.string().min(1).max(200),
  name: z.string().max(200),
  provider_id: z.string().max(100),
  /** The task's first line. */
  title: z.string().max(300).default(''),
  state: SessionState,
  status: StatusClaim,
  /** Unix time in ms at which `status` began. */
  status_since: z.number(),
  /** `local`, `docker`, ...: where it runs. */
  runtime_id: z.string().max(100).optional(),
  workspace: z.string().max(4096).optional(),
  branch: z.string().max(1000).optional(),
  /** The Sibyl task that it works for. */
  task_id: z.string().max(255).optional(),
  asks: z.array(SharedAsk).max(50).default([]),
  /** Prompts that wait for it. */
  queued_prompts: z.int().min(0).default(0),
  /** Unix time in ms. */
  created_at: z.number(),
  ended_at: z.number().optional(),
  exit_code: z.int().nullish(),
  /** The number of its last event on the runner's disk. */
  last_seq: z.int().min(0),
  /** Whether its terminal can be opened through the hub. */
  terminal: z.boolean().default(false),
});
export type SharedSession = z.infer<typeof SharedSession>;
