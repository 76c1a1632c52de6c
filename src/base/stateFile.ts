// Files of the state folder: replaced whole or not at all, and a sentence for people where they cannot be.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AgentsError, isAgentsError, messageOf } from './errors.ts';

/** For one user alone. */
export const PRIVATE_FOLDER = { recursive: true, mode: 0o700 } as const;

const reasons: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'Make room on that disk'],
  EDQUOT: ['your quota of that disk is used up', 'Make room on that disk'],
  EROFS: ['it is on a disk that can only be read', 'Make that disk writable'],
  // Also what Node makes of a disk that can only be read, where a folder is missing on it.
  ENOENT: ['the folder cannot be made', 'See that its disk can be written'],
  EACCES: ['you may not write there', 'Give yourself the permission'],
  EPERM: ['you may not write there', 'Give yourself the permission'],
  ENOTDIR: ['a file stands where a folder should be', 'Move that file away'],
  EEXIST: ['a file stands where a folder should be', 'Move that file away'],
};

/** `folder-unwritable`, for what a write below the state folder threw. `what` begins the sentence: "The prompts that wait". */
export function stateFault(what: string, folder: string, error: unknown): AgentsError {
  if (isAgentsError(error)) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [why, hint] = reasons[code] ?? [messageOf(error), 'See that the folder can be written'];
  return new AgentsError('folder-unwritable', `${what} cannot be written to ${folder}: ${why}.`, {
    hint: `${hint}, then try again; or let XDG_STATE_HOME name another folder.`,
    cause: error,
  });
}

/** Replaces a file by a rename, its folder made where it is missing. Throws `folder-unwritable`; then the file is as it was, and nothing else is left. */
export function writeStateFile(path: string, content: string, what: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), PRIVATE_FOLDER);
    writeFileSync(draft, content, { mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    try {
      rmSync(draft, { force: true });
    } catch {
      // Nothing could be made there, so nothing is left.
    }
    throw stateFault(what, dirname(path), error);
  }
}

/** As JSON for people to read. */
export function writeStateJson(path: string, value: unknown, what: string): void {
  writeStateFile(path, `${JSON.stringify(value, undefined, 2)}\n`, what);
}
