// The conversation that an agent's hooks wrote down in its folder: for when nobody listened while it changed.
import { waitFor } from '../../base/wait.ts';
import { ConversationId } from '../../protocol/conversationEntry.ts';
import { hookMeanings } from '../../providers/hooks/hookEvents.ts';
import { HookGate } from '../../providers/hooks/hookGate.ts';
import { readPayload } from '../../providers/hooks/hookPayload.ts';
import { movesOn } from '../../providers/status/hookSource.ts';
import { lastReports, type LastReport } from '../../providers/status/lastReports.ts';
import { OutputScanner } from '../../providers/status/outputScanner.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';

/** Milliseconds that the place has to answer. */
const READ_MS = 2_000;

/** What the agent's own reports tell, `known` being the last conversation that was told; undefined where there is nothing, or no way to read it. Never fails. */
export async function conversationInFolder(manager: RuntimeManager, agent: AgentInfo, known: string | undefined, signal?: AbortSignal): Promise<string | undefined> {
  const { hookKey } = agent;
  if (hookKey === undefined) return undefined;
  try {
    const reports = await waitFor(lastReports(manager, agent.handle), { timeoutMs: READ_MS, signal, what: `the reports of "${agent.name}"` });
    return lastConversation(reports, { hookKey, known });
  } catch {
    return undefined;
  }
}

/**
 * The conversation that the agent is in after these reports. Only those with its key count. A CLI that the agent runs itself may report
 * with the same key, and two reports do not show whether a turn was under way: so from a `known` conversation it is left only for one
 * that the person moved to (`/clear`, `/resume`), never for one that merely started.
 */
export function lastConversation(reports: readonly LastReport[], { hookKey, known }: { readonly hookKey: string; readonly known: string | undefined }): string | undefined {
  const gate = new HookGate();
  let current = known;
  let told: string | undefined;
  for (const { at, bytes } of reports) {
    for (const event of new OutputScanner().feed(bytes)) {
      const report = event.type === 'hook' ? gate.take(hookKey, event.text, at) : undefined;
      const meaning = report !== undefined && Object.hasOwn(hookMeanings, report.event) ? hookMeanings[report.event] : undefined;
      if (report === undefined || meaning === undefined) continue;
      const payload = readPayload(report.payload);
      const { conversation, subagent } = payload;
      // What a subagent reports may be of a conversation of its own.
      if (subagent !== undefined || !ConversationId.safeParse(conversation).success) continue;
      if (current === undefined || conversation === current || movesOn(meaning, payload)) told = current = conversation;
    }
  }
  return told;
}
