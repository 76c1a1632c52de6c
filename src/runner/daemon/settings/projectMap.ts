// Sibyl's map of projects: `~/.sibyl/config.toml`, whose table `[paths]` says which folder of this machine is which project.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod';
import { AgentsError, messageOf } from '../../../base/errors.ts';
import { faultLines } from '../../../protocol/config.ts';
import { pathIn } from './configPath.ts';

const ProjectFile = z.object({ paths: z.record(z.string(), z.string()).optional() });

/** Folder by project id; of several folders of one project the first counts. */
export type ProjectMap = ReadonlyMap<string, string>;

/** Empty where there is no file. Throws `bad-input` for one that is no such map. */
export function readProjectMap(path: string, home: string): ProjectMap {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return new Map();
    throw new AgentsError('folder-unreadable', `The map of projects ${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new AgentsError('bad-input', `The map of projects ${path} is no TOML: ${messageOf(error).split('\n', 1)[0] ?? ''}`, { cause: error });
  }
  const parsed = ProjectFile.safeParse(value);
  if (!parsed.success) throw new AgentsError('bad-input', `The map of projects ${path} is not valid: ${faultLines(parsed.error).join('; ')}.`, { hint: 'It has a table [paths] of lines such as "/home/me/code" = "project-id".' });
  const map = new Map<string, string>();
  for (const [folder, project] of Object.entries(parsed.data.paths ?? {})) if (!map.has(project)) map.set(project, pathIn(dirname(path), folder, home));
  return map;
}
