// What a handle of the Docker runtime carries, read back from a caller who may have stored it.
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import type { AgentHandle } from '../types.ts';

const DockerHandleData = z.object({
  containerId: z.string().min(1),
  sessionName: z.string().min(1),
  /** Whether it has a network and a proxy of its own. Absent in handles that were stored before this was known. */
  restricted: z.boolean().optional(),
});
export type DockerHandleData = z.infer<typeof DockerHandleData>;

/** Throws `bad-input` for a handle that is not the Docker runtime's. */
export function handleData(handle: AgentHandle): DockerHandleData {
  const parsed = DockerHandleData.safeParse(handle.data);
  if (parsed.success) return parsed.data;
  throw new AgentsError('bad-input', `The handle of the agent "${handle.agentId}" names no container.`);
}
