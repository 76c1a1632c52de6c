// What a hook told us: parsed, checked, from this agent and no other.
import type * as z from 'zod';

/** One event of a CLI's hook, as the reporter sent it. */
export interface HookReport {
  /** Unique per report; a second one with the same id is a replay. */
  readonly id: string;
  /** The CLI's name of the event: `Stop`, `PermissionRequest`. */
  readonly event: string;
  /** Unix time in ms at which it reached us. */
  readonly at: number;
  /** The payload, parsed as JSON; undefined where it was cut or broken, which makes the event no less true. */
  readonly payload: z.core.util.JSONType | undefined;
  /** Set while the reporter waits for a decision: `answerHook` takes it. */
  readonly answerTo?: string;
}
