// The files of the place where an agent runs: this machine's own, or a container's through its executor.
import { lstat, readFile, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { posix } from 'node:path';
import type { Executor } from '../../exec/executor.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { PlaceFiles } from './decide.ts';
import type { JudgedPlace } from './spec/judgeTool.ts';

const LOOKUP_MS = 5_000;

/** Where the agent works, as the agent sees it. */
export function workspaceOf(manager: RuntimeManager, agent: AgentInfo): string {
  return manager.get(agent.handle.runtimeId ?? agent.runtimeId)?.workspacePath?.(agent) ?? agent.workingDirectory;
}

export function placeFilesOf(manager: RuntimeManager, agent: AgentInfo): PlaceFiles {
  const runtime = manager.get(agent.handle.runtimeId ?? agent.runtimeId);
  const workspace = workspaceOf(manager, agent);
  if (runtime === undefined || runtime.type === 'local') return hereFiles(workspace);
  const executor = runtime.getExecutor?.(agent.handle);
  return { workspace, realPath: (path) => (executor === undefined ? Promise.resolve(undefined) : nearest(path, (there) => placeRealPath(executor, there))) };
}

/** The files of this machine. */
export function hereFiles(workspace: string): PlaceFiles & Pick<JudgedPlace, 'readText' | 'home'> {
  return { workspace, home: homedir(), realPath: (path) => nearest(path, localRealPath), readText: (path) => readFile(path, 'utf8').catch(() => undefined) };
}

/** The real path of the nearest folder that exists, with what does not exist yet behind it. */
async function nearest(path: string, real: (path: string) => Promise<string | undefined>): Promise<string | undefined> {
  let missing = '';
  for (let there = posix.normalize(path); ; there = posix.dirname(there)) {
    const found = await real(there);
    if (found !== undefined) return posix.join(found, missing);
    if (there === '/' || there === '.') return undefined;
    missing = posix.join(posix.basename(there), missing);
  }
}

async function localRealPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    // Only what is not there may be looked for further up; a link that leads nowhere, or in a circle, is not that.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR') && !(await isLink(path))) return undefined;
    throw error;
  }
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

/** Coreutils and busybox have it; it follows links that lead nowhere to where they would lead, and fails where a folder on the way is missing. */
async function placeRealPath(executor: Executor, path: string): Promise<string | undefined> {
  const found = await executor.run(['readlink', '-f', '--', path], { timeoutMs: LOOKUP_MS, maxBytes: 64 * 1024 });
  const real = found.stdout.toString('utf8').replace(/\n$/, '');
  if (found.code !== 0 || real === '') return undefined;
  return real;
}
