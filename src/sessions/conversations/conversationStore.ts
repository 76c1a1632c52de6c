// The conversations on disk: one record for each agent.
import { RecordFolder, type DamagedRecord } from '../../base/recordFolder.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { AgentId } from '../../protocol/agentRecord.ts';
import { ConversationEntry } from '../../protocol/conversationEntry.ts';

/** `$XDG_STATE_HOME/tmux-agents/conversations`, or below ~/.local/state. */
export function conversationsFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return stateFolder(env, 'conversations');
}

export class ConversationStore {
  readonly #entries: RecordFolder<ConversationEntry>;

  constructor(folder: string = conversationsFolder(), log: Log = silentLog) {
    this.#entries = new RecordFolder({ folder, isId: (id) => AgentId.safeParse(id).success, parse: (value) => ConversationEntry.parse(value), idOf: ({ agentId }) => agentId, what: (id) => `What resuming "${id}" needs`, log });
  }

  /** Undefined for an agent without a file, and for a file that cannot be read: that is logged, and the file stays. */
  read(agentId: string): ConversationEntry | undefined {
    return this.#entries.read(agentId);
  }

  /** All that can be read, the latest conversation first. */
  list(): ConversationEntry[] {
    return this.#entries.list().sort((a, b) => lastUse(b) - lastUse(a));
  }

  damaged(): DamagedRecord[] {
    return this.#entries.damaged();
  }

  /** Throws `folder-unwritable`. */
  write(entry: ConversationEntry): void {
    this.#entries.write(entry);
  }

  remove(agentId: string): void {
    this.#entries.remove(agentId);
  }
}

/** Unix time in ms at which something was last heard of it. */
export function lastUse(entry: ConversationEntry): number {
  return entry.conversations.at(-1)?.at ?? Date.parse(entry.createdAt);
}
