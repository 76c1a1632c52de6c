// A container's first process, as this machine's kernel counts it: by what the engine says, and only where the kernel says the same.
import { readFile } from 'node:fs/promises';
import type { DockerEngine } from './engine.ts';

const INSPECT_TIMEOUT_MS = 5_000;

/** Undefined where the engine's machine is another one (a virtual one, too), and where the container does not run. */
export async function hostPid(engine: DockerEngine, containerId: string): Promise<number | undefined> {
  if (!engine.isLocal) return undefined;
  const { State } = await engine.call({ what: 'look at a container', timeoutMs: INSPECT_TIMEOUT_MS }, (docker, abortSignal) => docker.getContainer(containerId).inspect({ abortSignal }));
  if (!State.Running || State.Pid <= 0) return undefined;
  const groups = await readFile(`/proc/${State.Pid}/cgroup`, 'utf8').catch(() => '');
  // Docker and Podman name the group after the container; that of another machine's process is named otherwise.
  return groups.includes(containerId) ? State.Pid : undefined;
}
