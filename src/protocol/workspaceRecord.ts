// What is kept of a workspace: where an agent works, and what its work is compared with. One JSON file each, in the state folder.
import * as z from 'zod';

export const WorkspaceKind = z.enum(['worktree', 'copy', 'folder']);
export type WorkspaceKind = z.infer<typeof WorkspaceKind>;

export const WorkspaceRecord = z.object({
  v: z.literal(1),
  /** Also the name of its file; letters, digits, `_`, `.` and `-`. */
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/),
  kind: WorkspaceKind,
  /** Absolute real path of the folder that the agent works in. */
  path: z.string(),
  /** Absolute path of the repository that a worktree belongs to: the user's own clone, or a bare cache. Absent where there is no repository. */
  repository: z.string().optional(),
  /** The user's folder that it was made from, where there is one. */
  source: z.string().optional(),
  /** The branch that is its own: `tmux-agents/<id>`. */
  branch: z.string().optional(),
  /** What it began from: the commit that changes are shown against, and the ref that a merge goes to by default (a branch name). */
  base: z.object({ commit: z.string(), ref: z.string().optional() }).optional(),
  /** First and last port, inclusive, that its environment names. */
  ports: z.object({ first: z.int(), last: z.int() }).optional(),
  /** The agent or session that works in it. */
  owner: z.string().optional(),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  archived: z.boolean().optional(),
  /** What of its work was taken over elsewhere, the oldest first: the work's commit, into which branch, and the commit that this made there. */
  merged: z
    .array(z.object({ how: z.enum(['merge', 'squash', 'rebase']), source: z.string(), into: z.string(), result: z.string(), at: z.string() }))
    .optional(),
});
export type WorkspaceRecord = z.infer<typeof WorkspaceRecord>;
