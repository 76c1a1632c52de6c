// The version in package.json, which lies one folder up from the bundle and two up from the source.
import { readFileSync } from 'node:fs';
import * as z from 'zod';

const Package = z.object({ name: z.literal('tmux-agents'), version: z.string() });

export function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return Package.parse(JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))).version;
    } catch {
      // Not here: it is in the other place, or nowhere.
    }
  }
  return 'unknown';
}
