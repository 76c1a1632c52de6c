// The conversations on disk: one file for each agent, replaced whole by a rename, shared by all faces on this machine.
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeStateJson } from '../../base/stateFile.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { AgentId } from '../../protocol/agentRecord.ts';
import { ConversationEntry } from '../../protocol/conversationEntry.ts';

/** `$XDG_STATE_HOME/tmux-agents/conversations`, or below ~/.local/state. */
export function conversationsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return stateFolder(env, 'conversations');
}

const SUFFIX = '.json';

export class ConversationStore {
  readonly #folder: string;
  readonly #log: Log;

  constructor(folder: string = conversationsFolder(), log: Log = silentLog) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Undefined for an agent without a file, and for a file that cannot be read: that is logged, and the file stays. */
  read(agentId: string): ConversationEntry | undefined {
    if (!AgentId.safeParse(agentId).success) return undefined;
    const path = this.#path(agentId);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
    try {
      const entry = ConversationEntry.parse(JSON.parse(text));
      return entry.agentId === agentId ? entry : undefined;
    } catch (error) {
      this.#log.warn(`${path} cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** All that can be read, the latest conversation first. */
  list(): ConversationEntry[] {
    const names = this.#names().filter((name) => name.endsWith(SUFFIX));
    const entries = names.flatMap((name) => this.read(name.slice(0, -SUFFIX.length)) ?? []);
    return entries.sort((a, b) => lastUse(b) - lastUse(a));
  }

  /** Throws `folder-unwritable`. */
  write(entry: ConversationEntry): void {
    writeStateJson(this.#path(entry.agentId), entry, `What resuming "${entry.agentId}" needs`);
  }

  remove(agentId: string): void {
    if (AgentId.safeParse(agentId).success) rmSync(this.#path(agentId), { force: true });
  }

  #path(agentId: string): string {
    return join(this.#folder, `${agentId}${SUFFIX}`);
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }
}

/** Unix time in ms at which something was last heard of it. */
export function lastUse(entry: ConversationEntry): number {
  return entry.conversations.at(-1)?.at ?? Date.parse(entry.createdAt);
}
