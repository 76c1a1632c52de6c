// What may be approved without asking a person: chosen in the settings or for one agent, and off unless chosen.
import * as z from 'zod';
import { patternFault } from './commandPatternForm.ts';

/** Each allows only what stays in the workspace and is not dangerous in itself; `network` is for what reaches the network and nothing worse. */
export const approvalCategories = ['read', 'edit', 'test', 'build', 'run', 'network'] as const;
export const ApprovalCategory = z.enum(approvalCategories, { error: (issue) => `${JSON.stringify(issue.input)} is no category: use ${approvalCategories.join(', ')}` });
export type ApprovalCategory = z.infer<typeof ApprovalCategory>;

/**
 * One simple command, by its words: `npm run lint`. A `*` within a word stands for any letters of it, a last word `*` for any further words.
 * Only one without `*` also allows what is dangerous in itself.
 */
export const CommandPattern = z.string().superRefine((pattern, context) => {
  const message = patternFault(pattern);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

export const ApprovalPolicy = z.strictObject({
  categories: z.array(ApprovalCategory).default([]),
  commands: z.array(CommandPattern).default([]),
  /** Absolute paths of folders that count as the workspace does. */
  paths: z.array(z.string().regex(/^\//, 'must be an absolute path')).default([]),
});
export type ApprovalPolicy = z.infer<typeof ApprovalPolicy>;

export const NO_POLICY: ApprovalPolicy = { categories: [], commands: [], paths: [] };

/** The file of one agent's own policy. */
export const AgentPolicyFile = z.object({
  v: z.literal(1),
  agentId: z.string(),
  /** When the agent was made: a later one of the same id has no part in it. ISO 8601. */
  createdAt: z.string(),
  policy: ApprovalPolicy,
});
export type AgentPolicyFile = z.infer<typeof AgentPolicyFile>;
