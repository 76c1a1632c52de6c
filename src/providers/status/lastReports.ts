// What the hooks of an agent reported before anybody listened: the reporter keeps the last report, the last notification, and the one that began the conversation.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentHandle } from '../../runtimes/types.ts';
import { placeOf } from './agentFolderFile.ts';

export interface LastReport {
  /** Unix time in ms at which it was made. */
  readonly at: number;
  /** As the reporter wrote it to the terminal. */
  readonly bytes: Buffer;
}

/** In the order in which they were made, as a rule. */
const NAMES = ['session', 'last', 'notice'] as const;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 256 * 1024;

/** For each file its time in seconds and its length in bytes on a line, then its content; nothing for one that is not there. */
const SCRIPT = 'cd -- "$1" || exit 0; shift; for name; do [ -f "$name" ] && stat -c "%Y %s" -- "$name" && cat -- "$name"; done; :';

/** One program is run in a container, none on this machine. Empty where there is nothing to read. Fails as running does. */
export async function lastReports(manager: RuntimeManager, handle: AgentHandle): Promise<LastReport[]> {
  const { runtime, executor } = placeOf(manager, handle);
  const folder = runtime.agentFolder?.(handle.agentId);
  if (folder === undefined) return [];
  const found = runtime.type === 'local' ? (await Promise.all(NAMES.map((name) => readHere(join(folder, name))))).flat() : [];
  if (runtime.type !== 'local' && executor !== undefined) {
    const { stdout } = await executor.run(['/bin/sh', '-c', SCRIPT, 'sh', folder, ...NAMES], { timeoutMs: TIMEOUT_MS, maxBytes: 2 * MAX_BYTES });
    found.push(...parseReports(stdout));
  }
  return found.sort((one, other) => one.at - other.at);
}

async function readHere(path: string): Promise<LastReport[]> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return [];
  try {
    const { mtimeMs, size } = await file.stat();
    return size > MAX_BYTES ? [] : [{ at: mtimeMs, bytes: await file.readFile() }];
  } finally {
    await file.close();
  }
}

/** What `SCRIPT` printed. */
export function parseReports(output: Buffer): LastReport[] {
  const reports: LastReport[] = [];
  for (let from = 0; from < output.length; ) {
    const end = output.indexOf('\n', from);
    const head = /^(\d+) (\d+)$/.exec(output.toString('latin1', from, end === -1 ? from : end));
    if (head === null) break;
    const length = Number(head[2]);
    reports.push({ at: Number(head[1]) * 1_000, bytes: output.subarray(end + 1, end + 1 + length) });
    from = end + 1 + length;
  }
  return reports;
}
