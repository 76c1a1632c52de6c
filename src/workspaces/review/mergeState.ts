// A merge under way, written down before each step, so that it can be gone on with or abandoned by whoever comes after a crash.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import { stateFolder } from '../../base/stateFolder.ts';

/** `onto` moves the agent's own branch onto another; the others take its work into another. */
export const MergeWay = z.enum(['merge', 'squash', 'rebase', 'onto']);
export type MergeWay = z.infer<typeof MergeWay>;

export const MergeState = z.object({
  v: z.literal(1),
  way: MergeWay,
  /** The agent's working tree. */
  folder: z.string(),
  /** Where git is run: the agent's working tree, or the user's folder that it was copied from. */
  home: z.string(),
  /** What of the agent's is merged, and what people call it. */
  source: z.string(),
  sourceName: z.string(),
  /** The agent's own branch; absent where its HEAD is detached. */
  branch: z.string().optional(),
  /** The branch that the person chose. */
  target: z.string(),
  /** Its commit as the merge began. */
  targetCommit: z.string(),
  message: z.string(),
  /** The working tree of the merge, where conflicts are resolved. */
  worktree: z.string(),
  /** `running`: nothing of a person's is in it; `conflicts`: a person resolves them; `publishing`: `result` is being given to the branch. */
  phase: z.enum(['running', 'conflicts', 'publishing']),
  result: z.string().optional(),
  /** Who works on it. */
  pid: z.int(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
});
export type MergeState = z.infer<typeof MergeState>;

function place(folder: string): string {
  return stateFolder(process.env, 'merges', createHash('sha256').update(folder).digest('hex').slice(0, 16));
}

/** Also what its lock is named after. */
export function statePath(folder: string): string {
  return `${place(folder)}.json`;
}

/** A fresh path for the working tree of a merge. */
export function newMergeFolder(folder: string): string {
  const parent = place(folder);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  return join(parent, `${Date.now().toString(36)}-${process.pid}`);
}

export function readMergeState(folder: string): MergeState | undefined {
  let text: string;
  try {
    text = readFileSync(statePath(folder), 'utf8');
  } catch {
    return undefined;
  }
  const parsed = MergeState.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new AgentsError('internal', `What is known of an unfinished merge cannot be read: ${statePath(folder)}.`, { hint: 'Look at it, and remove the file: branches are untouched until a merge ends.', cause: parsed.error });
}

export function writeMergeState(state: MergeState): MergeState {
  const path = statePath(state.folder);
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.${process.pid}.tmp`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.${process.pid}.tmp`, path);
  return state;
}

/** Forgets it, and removes what is left of its working trees. */
export function removeMergeState(folder: string): void {
  rmSync(place(folder), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  rmSync(statePath(folder), { force: true });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
