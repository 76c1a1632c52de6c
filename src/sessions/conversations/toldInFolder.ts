// The conversation that an agent's hooks wrote down in its folder: for when nobody listened while it changed.
import * as z from 'zod';
import { ConversationId } from '../../protocol/conversationEntry.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';

/** Milliseconds that the place has to answer. */
const READ_MS = 2_000;

/** Bytes of the reports together; each payload has at most 64 KB. */
const MOST_BYTES = 512 * 1024;

/** Hooks name it in the one way or the other. What a subagent reports may be of a conversation of its own. */
const Payload = z
  .looseObject({ session_id: ConversationId.optional(), sessionId: ConversationId.optional(), agent_id: z.unknown().optional() })
  .transform((payload) => (payload.agent_id === undefined ? (payload.session_id ?? payload.sessionId) : undefined));

/** What the last report told, or else the last start of a conversation; undefined where there is nothing, or no way to read it. */
export async function conversationInFolder(manager: RuntimeManager, agent: AgentInfo, signal?: AbortSignal): Promise<string | undefined> {
  const runtime = agent.handle.runtimeId === undefined ? undefined : manager.get(agent.handle.runtimeId);
  const folder = runtime?.agentFolder?.(agent.agentId);
  if (agent.hookKey === undefined || folder === undefined || runtime?.getExecutor === undefined) return undefined;
  try {
    const { stdout } = await runtime.getExecutor(agent.handle).run(['cat', `${folder}/session`, `${folder}/last`], { timeoutMs: READ_MS, maxBytes: MOST_BYTES, ...(signal === undefined ? {} : { signal }) });
    return lastConversation(stdout.toString('latin1'));
  } catch {
    return undefined;
  }
}

/** The id in the last report that has one. A report ends in `;`, its payload in base64, and the string terminator. */
export function lastConversation(reports: string): string | undefined {
  const payloads = [...reports.matchAll(/;([A-Za-z0-9+/=\r\n]+)\u001b\\/g)].map((match) => match[1] ?? '');
  return payloads.flatMap((payload) => conversationOf(payload) ?? []).at(-1);
}

function conversationOf(base64: string): string | undefined {
  try {
    return Payload.parse(JSON.parse(Buffer.from(base64, 'base64').toString('utf8')));
  } catch {
    return undefined;
  }
}
