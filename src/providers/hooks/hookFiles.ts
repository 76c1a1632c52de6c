// What an agent's folder holds so that its CLI's hooks can report: the reporter, and the key that proves whose report it is.
import { createHash, randomBytes } from 'node:crypto';
import type { AgentFile } from '../../runtimes/types.ts';
import type { Words } from '../provider.ts';
import { REPORTER_SCRIPT, RUN_REPORTER } from './reporter.ts';

export interface HookFiles {
  /** For `AgentConfig.files`. */
  readonly files: readonly AgentFile[];
  /** SHA-256, in hex, of the key: for `AgentConfig.hookKey`. */
  readonly hookKey: string;
  /** For `PreparePlace.report`: the command, as words, that takes an event's name as its last. */
  readonly report: (agentFolder: string) => Words;
}

/** A fresh key for one agent, and the reporter. */
export function hookFiles(): HookFiles {
  const key = randomBytes(24).toString('hex');
  return {
    files: [
      { name: 'report', content: REPORTER_SCRIPT },
      { name: 'key', content: `${key}\n` },
    ],
    hookKey: hookKeyHash(key),
    report: (agentFolder) => ['/bin/sh', '-c', RUN_REPORTER, `${agentFolder}/report`],
  };
}

/** What is kept of a key where others may read it. */
export function hookKeyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
