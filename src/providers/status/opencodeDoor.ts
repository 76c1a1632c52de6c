// The way to the server of one opencode agent, from whatever was put into its folder when it was spawned.
import { AgentsError } from '../../base/errors.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { OPENCODE_CHANNEL_FILE } from '../opencode.ts';
import { placeOf, readAgentFile } from './agentFolderFile.ts';
import { OpencodeAddress, OpencodeServer } from './opencodeServer.ts';

/** Fails with `not-found` where the agent was not given a server (one that was adopted), else as reading and running do. */
export async function opencodeServerOf(manager: RuntimeManager, agent: AgentInfo): Promise<OpencodeServer> {
  const address = OpencodeAddress.safeParse(parsed(await readAgentFile(manager, agent.handle, OPENCODE_CHANNEL_FILE)));
  if (!address.success) throw new AgentsError('internal', `The address of the server of "${agent.agentId}" cannot be read.`, { cause: address.error });
  return new OpencodeServer(address.data, placeOf(manager, agent.handle).executor);
}

/** Answers a permission that opencode asks for, by the id of its `ApprovalRequest`; `message` goes to the model with a `reject`. Fails with `stale` when nobody waits for it any more. */
export async function replyPermission(manager: RuntimeManager, agent: AgentInfo, id: string, reply: 'once' | 'always' | 'reject', message?: string): Promise<void> {
  await (await opencodeServerOf(manager, agent)).replyPermission(id, reply, message);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
