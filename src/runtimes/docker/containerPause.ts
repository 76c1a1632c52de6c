// A container's processes stopped as they are, and let go on: the engine's freezer.
import { AgentsError } from '../../base/errors.ts';
import type { DockerEngine } from './engine.ts';
import { statusOf } from './engineErrors.ts';

const PAUSE_TIMEOUT_MS = 15_000;

/** One that is paused already is no error. Fails with `not-found` when it does not run. */
export async function pauseContainer(engine: DockerEngine, id: string): Promise<void> {
  try {
    await engine.call({ what: 'pause a container', timeoutMs: PAUSE_TIMEOUT_MS }, (docker) => docker.getContainer(id).pause());
  } catch (error) {
    if (![304, 404, 409].includes(statusOf(error) ?? 0)) throw error;
    if (!(await isPaused(engine, id))) throw new AgentsError('not-found', 'The container does not run.', { cause: error });
  }
}

/** One that is not paused, or is gone, is no error. */
export async function unpauseContainer(engine: DockerEngine, id: string): Promise<void> {
  try {
    await engine.call({ what: 'unpause a container', timeoutMs: PAUSE_TIMEOUT_MS }, (docker) => docker.getContainer(id).unpause());
  } catch (error) {
    if (![304, 404, 409, 500].includes(statusOf(error) ?? 0)) throw error;
    if (await isPaused(engine, id)) throw error;
  }
}

async function isPaused(engine: DockerEngine, id: string): Promise<boolean> {
  try {
    return (await engine.call({ what: 'look at a container', timeoutMs: PAUSE_TIMEOUT_MS }, (docker) => docker.getContainer(id).inspect())).State.Paused;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}
