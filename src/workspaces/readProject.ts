// The project's file, read from the folder that the user trusts, or from the workspace where there is no other.
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { AgentsError, messageOf } from '../base/errors.ts';
import { PROJECT_FILE, ProjectFile } from '../protocol/projectFile.ts';

const MAX_BYTES = 256 * 1024;

/** Its defaults where there is no file. Throws `bad-input` for one that is wrong, naming the place; a link is not followed. */
export function readProject(folder: string): ProjectFile {
  const path = join(folder, PROJECT_FILE);
  const about = lstatSync(path, { throwIfNoEntry: false });
  if (about === undefined) return ProjectFile.parse({});
  if (!about.isFile() || about.size > MAX_BYTES) throw new AgentsError('bad-input', `${path} is no file of at most ${MAX_BYTES} bytes.`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new AgentsError('bad-input', `${path} is not JSON: ${messageOf(error)}`, { cause: error });
  }
  const result = ProjectFile.safeParse(parsed);
  if (!result.success) throw new AgentsError('bad-input', `${path} is wrong: ${z.prettifyError(result.error).replace(/\s+/g, ' ')}`);
  return result.data;
}
