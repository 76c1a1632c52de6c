// Whether the CLI still has a conversation: asked before it is started in vain.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ConversationPlace } from '../../providers/provider.ts';

export interface ConversationLookup {
  /** `gone` only where the CLI's own folder is there, and does not hold it. */
  readonly state: 'found' | 'gone' | 'unknown';
  /** Where it was looked for. */
  readonly folder: string;
}

/** Looks in the folder that the CLI itself would use, given its environment, or in what the agent kept of its home (`keptHome`). */
export async function findConversation(place: ConversationPlace, id: string, where: { readonly keptHome: string } | { readonly env: Readonly<Record<string, string | undefined>> }): Promise<ConversationLookup> {
  const folder = 'keptHome' in where ? join(where.keptHome, place.kept) : folderFor(place, where.env);
  let names: string[];
  try {
    names = await readdir(folder, { recursive: true });
  } catch {
    return { state: existsSync(dirname(folder)) ? 'gone' : 'unknown', folder };
  }
  const part = place.idLength === undefined ? id : id.slice(0, place.idLength);
  return { state: names.some((name) => name.includes(part)) ? 'found' : 'gone', folder };
}

function folderFor({ variable, home }: ConversationPlace, env: Readonly<Record<string, string | undefined>>): string {
  const set = env[variable.name];
  return set === undefined || set === '' ? join(env['HOME'] || homedir(), home) : join(set, variable.folder);
}
