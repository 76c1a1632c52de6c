// What the gate's judge needs to know of its agent: a file beside it. Holds no secrets.
import * as z from 'zod';
import { PolicySpec } from '../../../protocol/sessionConfig.ts';

export const GATE_FILE = 'policy.json';

export const GateFile = z.object({
  v: z.literal(1),
  agentId: z.string(),
  dialect: z.enum(['claude', 'gemini', 'copilot', 'opencode']),
  /** Absolute. */
  workspace: z.string(),
  policy: PolicySpec,
  controlsEgress: z.boolean(),
  /** Of the sessions' logs. */
  logFolder: z.string(),
  /** `user@host` of whoever spawned it. */
  who: z.string(),
});
export type GateFile = z.infer<typeof GateFile>;
