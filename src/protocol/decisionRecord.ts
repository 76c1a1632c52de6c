// One line of a session's log: what was decided about a request, by whom, when and by which rule.
import * as z from 'zod';
import { ApprovalRequest, WaitingKind } from './agentStatus.ts';
import { EventApprovalCategory } from './runnerEvent.ts';

export const DecisionRecord = z.object({
  v: z.literal(1),
  /** ISO 8601, UTC. */
  at: z.string(),
  agentId: z.string(),
  /** The approval's id. */
  id: z.string(),
  by: z.enum(['person', 'policy']),
  /** `user@host`. */
  who: z.string(),
  /** `vscode`, `command`, `library`. */
  face: z.string(),
  kind: WaitingKind,
  decision: z.enum(['approve', 'always', 'deny', 'option', 'text', 'ask']),
  /** The option chosen, the text or the note; secrets removed. */
  words: z.string().optional(),
  /** For the policy: what decided. */
  rule: z.string().optional(),
  /** What it was about. */
  category: EventApprovalCategory.optional(),
  /** What it asked, secrets removed. */
  text: z.string(),
  request: ApprovalRequest.optional(),
  risk: z.enum(['low', 'medium', 'high']),
  way: z.enum(['hook', 'channel', 'keys']).optional(),
  /** `done`, or why the answer did not arrive. */
  outcome: z.string(),
});
export type DecisionRecord = z.infer<typeof DecisionRecord>;
