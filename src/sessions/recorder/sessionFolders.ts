// Where the journals of agents lie: one folder for each life of an agent, under its id; a resumed agent's next life under `ID~2`.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from '../../base/stateFolder.ts';
import { forwardedOf } from '../../protocol/forwardedEvent.ts';
import { readJournal } from '../journal/readJournal.ts';

/** `$XDG_STATE_HOME/tmux-agents/sessions`. */
export function sessionsFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return stateFolder(env, 'sessions');
}

/** The id of an agent's nth session, from 1. Agent ids hold no `~`. */
export function sessionIdOf(agentId: string, life: number): string {
  return life === 1 ? agentId : `${agentId}~${life}`;
}

/** The ids of an agent's sessions, the oldest first; none where nothing was recorded. */
export function sessionsOf(folder: string, agentId: string): readonly string[] {
  const found: string[] = [];
  for (let life = 1; existsSync(join(folder, sessionIdOf(agentId, life))); life++) found.push(sessionIdOf(agentId, life));
  return found;
}

/** The ids of all agents of whom something was recorded. */
export function recordedAgents(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() && !entry.name.includes('~') ? [entry.name] : []));
  } catch {
    return [];
  }
}

/** The session that an agent of this id and creation time is recorded in, or would be. */
export async function sessionFor(folder: string, agentId: string, createdAt: string): Promise<string> {
  const known = sessionsOf(folder, agentId);
  for (const sessionId of known.toReversed()) {
    const life = await lifeOf(join(folder, sessionId));
    // Nothing but its beginning was written: nobody's life yet.
    if (life === undefined || life === createdAt) return sessionId;
  }
  return sessionIdOf(agentId, known.length + 1);
}

async function lifeOf(folder: string): Promise<string | undefined> {
  for await (const event of readJournal(folder, 1, { limit: 2 })) {
    const forwarded = event.type === 'PROVIDER_EVENT_FORWARDED' ? forwardedOf(event.providerEvent) : undefined;
    if (forwarded?.kind === 'agent') return forwarded.createdAt;
  }
  return undefined;
}
