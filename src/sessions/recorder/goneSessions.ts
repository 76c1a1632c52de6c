// Journals without an end whose agents are gone for certain: they went while no face looked. Each is told as the agent it was, so that its journal can be ended.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { forwardedOf, type ForwardedEvent } from '../../protocol/forwardedEvent.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { journalTail } from '../journal/journalTail.ts';
import { readJournal } from '../journal/readJournal.ts';
import { recordedAgents, sessionsOf } from './sessionFolders.ts';

/** Of whom a journal is, as its first two events tell. */
interface Life extends Extract<ForwardedEvent, { readonly kind: 'agent' }> {
  readonly agentId: string;
  readonly providerId: string;
  readonly folder: string;
}

/**
 * Asks the runtimes only where there is such a journal. An agent is gone when its runtime has answered, still stands for the same place, and
 * shows nobody of its id and creation time.
 */
export async function goneSessions(folder: string, manager: Pick<RuntimeManager, 'get' | 'listByRuntime'>): Promise<readonly AgentInfo[]> {
  // First the journals: an agent that begins meanwhile must be among those that are listed.
  const lives = await openLives(folder);
  if (lives.length === 0) return [];
  const listings = await manager.listByRuntime();
  return lives.flatMap((life) => {
    const { agentId, createdAt, runtimeId, place } = life;
    const runtime = manager.get(runtimeId);
    const answered = listings.some((listing) => listing.runtimeId === runtimeId && listing.error === undefined);
    if (runtime === undefined || !answered || place !== runtime.place?.()) return [];
    if (listings.some(({ agents }) => agents.some((agent) => agent.agentId === agentId && agent.createdAt === createdAt))) return [];
    return [agentOf(life, runtime.type)];
  });
}

async function openLives(folder: string): Promise<readonly Life[]> {
  const sessions = recordedAgents(folder).flatMap((agentId) => sessionsOf(folder, agentId).map((sessionId) => ({ agentId, own: join(folder, sessionId) })));
  // A RunnerService ends its own.
  const open = sessions.filter(({ own }) => !existsSync(join(own, 'session.json')) && isOpen(own));
  const lives = await Promise.all(open.map(({ agentId, own }) => lifeOf(agentId, own)));
  return lives.filter((life) => life !== undefined);
}

function isOpen(folder: string): boolean {
  const tail = journalTail(folder);
  return tail !== undefined && tail.type !== 'SESSION_ENDED';
}

async function lifeOf(agentId: string, own: string): Promise<Life | undefined> {
  let started: { readonly providerId: string; readonly folder: string } | undefined;
  for await (const event of readJournal(own, 1, { limit: 2 })) {
    if (event.type === 'SESSION_STARTED') started = { providerId: event.providerId, folder: event.workspacePath };
    const forwarded = event.type === 'PROVIDER_EVENT_FORWARDED' ? forwardedOf(event.providerEvent) : undefined;
    if (forwarded?.kind === 'agent' && started !== undefined) return { ...forwarded, ...started, agentId };
  }
  return undefined;
}

function agentOf({ agentId, name, task, createdAt, runtimeId, providerId, folder }: Life, runtimeType: string): AgentInfo {
  return { agentId, name, task, createdAt, runtimeId, runtimeType, aiProvider: providerId, workingDirectory: folder, sessionName: '', owner: '', handle: { runtimeType, runtimeId, agentId, data: {} }, status: 'unknown', reason: 'It is gone.' };
}
