// Taking containers away: gracefully stopped or at once, and content when they are gone already.
import { DockerFrames } from '../../exec/dockerFrames.ts';
import type { DockerEngine } from './engine.ts';
import { statusOf } from './engineErrors.ts';

/** Milliseconds: removing waits for the engine to kill and unmount. */
const REMOVE_TIMEOUT_MS = 30_000;

/** Removes a container with its volumes, running or not. One that is gone, or being removed, is no error. */
export async function removeContainer(engine: DockerEngine, idOrName: string): Promise<void> {
  try {
    await engine.call({ what: 'remove a container', timeoutMs: REMOVE_TIMEOUT_MS }, (docker) => docker.getContainer(idOrName).remove({ v: true, force: true }));
  } catch (error) {
    // 409: "removal of container ... is already in progress".
    if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
  }
}

/** Stops a container, by force after `seconds`. One that has stopped or is gone is no error. */
export async function stopContainer(engine: DockerEngine, id: string, seconds: number): Promise<void> {
  try {
    await engine.call({ what: 'stop a container', timeoutMs: REMOVE_TIMEOUT_MS + seconds * 1000 }, (docker) => docker.getContainer(id).stop({ t: seconds }));
  } catch (error) {
    if (![304, 404, 409].includes(statusOf(error) ?? 0)) throw error;
  }
}

/** The last lines a container printed, for a message; empty where they cannot be had. */
export async function lastLogLines(engine: DockerEngine, id: string, lines = 5): Promise<string> {
  try {
    const log = await engine.call({ what: 'read the log of a container', timeoutMs: 3_000 }, (docker, abortSignal) =>
      docker.getContainer(id).logs({ stdout: true, stderr: true, tail: lines, abortSignal }),
    );
    const parts: Buffer[] = [];
    // Without a terminal the log is framed as an exec's stream is.
    if (Buffer.isBuffer(log)) new DockerFrames((_, bytes) => parts.push(bytes)).push(log);
    return Buffer.concat(parts).toString().trim();
  } catch {
    return '';
  }
}
