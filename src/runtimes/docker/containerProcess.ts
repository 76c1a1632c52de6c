// A container's first process as this machine's kernel shows it, so that its use can be read from the kernel's files.
import { readFile } from 'node:fs/promises';
import type { AgentProcesses } from '../types.ts';
import type { DockerEngine } from './engine.ts';

/** Undefined where it does not run, or runs under another kernel (an engine in a virtual machine has a socket here, too). */
export async function processesOfContainer(engine: DockerEngine, containerId: string): Promise<AgentProcesses | undefined> {
  const { State } = await engine.call({ what: 'look at a container', timeoutMs: 5_000 }, (docker, abortSignal) => docker.getContainer(containerId).inspect({ abortSignal }));
  if (!State.Running || State.Pid <= 0) return undefined;
  const groups = await readFile(`/proc/${State.Pid}/cgroup`, 'utf8').catch(() => '');
  return groups.includes(containerId) ? { kind: 'container', pid: State.Pid } : undefined;
}
