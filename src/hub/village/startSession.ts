// Begins a session in a village: may it, where, with which key; then its row, its announcement, and the command to its runner.
import { randomUUID } from 'node:crypto';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import type { RepoRef, SessionConfig } from '../../protocol/sessionConfig.ts';
import type { StartedSession, StartSession } from '../../protocol/hubWire/villageRest.ts';
import type { Hub, Principal } from '../parts.ts';
import { HttpFault } from '../server/faults.ts';
import type { Announcements } from './announcements.ts';
import { allowedPath } from './localPaths.ts';
import { agentDisconnect, agentSpawn } from './mapping.ts';
import { placesFor, type Place } from './places.ts';
import { missingKeys } from './providerAuth.ts';
import type { Villages } from './villages.ts';

/** 400: neither the request nor the hub has the key. */
export class ProviderAuthMissing extends HttpFault {
  readonly providerId: string;
  readonly missing: readonly string[];

  constructor(providerId: string, missing: readonly string[]) {
    super(400, 'PROVIDER_AUTH_MISSING', `${missing.join(', ')} is set neither in the request's "env" nor where the hub runs.`, { details: { providerId, missing } });
    this.providerId = providerId;
    this.missing = missing;
  }
}

export interface StartParts {
  readonly hub: Hub;
  readonly villages: Villages;
  readonly announcements: Announcements;
  /** The hub's own. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Faults after which it is not known whether the runner began it: then its row stays, and the runner's next word decides. */
const UNSURE = new Set(['timeout', 'disconnected', 'cancelled']);

/** Throws as HTTP has them: see protocols/village.md. */
export async function startSession(parts: StartParts, by: Principal, request: StartSession): Promise<StartedSession> {
  const { hub, villages } = parts;
  if (!(await villages.isOpenTo(request.villageId, by.orgId))) throw noVillage();
  const { places, fault } = await placesFor(hub, by, request).then((found) => ({ places: found, fault: undefined }), (error: unknown) => ({ places: [], fault: error }));
  const [first] = places;
  // A key that is missing is told even where nobody could take the session.
  if (first?.embedded === true || (first === undefined && request.runnerId === undefined)) {
    const missing = missingKeys(request.providerId, request.env ?? {}, parts.env);
    if (missing.length > 0) throw new ProviderAuthMissing(request.providerId, missing);
  }
  if (first === undefined) throw fault;
  const repoRefs = new Map<Place, RepoRef>();
  for (const place of places) repoRefs.set(place, request.repoRef.provider === 'local' ? { ...request.repoRef, path: await localPath(hub, by, place, request.repoRef.path) } : request.repoRef);
  if (!(await villages.claim(request.villageId, by.orgId))) throw noVillage();
  for (const [place, repoRef] of repoRefs) {
    try {
      return await startAt(parts, by, { ...request, repoRef }, place);
    } catch (error) {
      // A client of the base protocol: the next one may know sessions.
      if (!isAgentsError(error, 'unsupported') || place === places.at(-1)) throw error;
    }
  }
  throw new AgentsError('internal', 'The session was not begun.');
}

async function startAt({ hub, announcements }: StartParts, by: Principal, request: StartSession, place: Place): Promise<StartedSession> {
  const { villageId, agentName, providerId, repoRef, task } = request;
  const { sessionId, agentId } = await newIds(hub);
  const now = Date.now();
  const agent = { agentId, sessionId };
  const village = { orgId: by.orgId, villageId, ownerIds: [by.userId, place.ownerId] };
  await hub.sessions.reserve({
    id: sessionId,
    runnerId: place.runnerId,
    orgId: by.orgId,
    userId: by.userId,
    villageId,
    agentId,
    info: { session_id: sessionId, name: agentName ?? agentId, provider_id: providerId, title: task.title, state: 'CREATED', status: { state: 'starting' }, status_since: now, asks: [], queued_prompts: 0, created_at: now, last_seq: 0, terminal: false },
  });
  announcements.tell({ ...village, spawn: agentSpawn(agent, { agentName, providerId, repoRef, ts: now }) });
  try {
    await hub.sessions.act(by, sessionId, { method: 'command', command: { type: 'START', config: configOf(by, request, agent) } });
  } catch (error) {
    if (isAgentsError(error) && UNSURE.has(error.reason)) throw error;
    announcements.tell({ ...village, disconnect: agentDisconnect(agent, Date.now()) });
    await hub.sessions.discard(sessionId);
    if (isAgentsError(error, 'not-found')) throw new AgentsError('bad-input', `The runner does not run the provider "${providerId}".`, { hint: error.hint ?? error.message, cause: error });
    throw error;
  }
  hub.audit.note({ by, action: 'session.start', target: sessionId, detail: { villageId, providerId, runnerId: place.runnerId, repository: repoRef.provider === 'local' ? repoRef.path : `${repoRef.provider}:${repoRef.owner}/${repoRef.name}` } });
  return { sessionId, agentId };
}

function configOf(by: Principal, { villageId, agentName, repoRef, checkout, roomPath, providerId, task, policy, env }: StartSession, { agentId, sessionId }: { readonly agentId: string; readonly sessionId: string }): SessionConfig {
  return {
    sessionId,
    orgId: by.orgId,
    userId: by.userId,
    repoRef,
    checkout,
    providerId,
    task,
    policy,
    metadata: { villageId, agentId, ...(agentName === undefined ? {} : { agentName }) },
    ...(roomPath === undefined ? {} : { roomPath }),
    ...(env === undefined ? {} : { env }),
  };
}

/** On the hub's own machine by the hub's roots; on another's it is the runner's owner who names folders. */
async function localPath({ options }: Hub, by: Principal, place: Place, path: string): Promise<string> {
  if (!place.embedded) {
    if (place.ownerId === by.userId) return path;
    throw new AgentsError('policy-denied', "Only the runner's owner may name folders of its machine.", { hint: 'Name a repository of GitHub, GitLab or Bitbucket.' });
  }
  return options.testMode === true ? path : await allowedPath(path, options.localRoots ?? []);
}

/** Another organization's is told like one that is not there. */
function noVillage(): HttpFault {
  return new HttpFault(404, 'VILLAGE_NOT_FOUND', 'village not found', { hint: 'Its name is taken: choose another "villageId".' });
}

/** An agent's id is only the start of its session's: one that is taken would be two agents to a village. */
async function newIds(hub: Hub): Promise<{ readonly sessionId: string; readonly agentId: string }> {
  for (;;) {
    const sessionId = randomUUID();
    const agentId = `runner_${sessionId.slice(0, 8)}`;
    if ((await hub.database.selectFrom('sessions').select('id').where('agent_id', '=', agentId).limit(1).executeTakeFirst()) === undefined) return { sessionId, agentId };
  }
}
