// What people do to agents: who may, and what the audit log keeps of it.
import { AgentsError } from '../../base/errors.ts';
import type { SessionRequest } from '../../protocol/hubWire/extension.ts';
import type { AuditLog, Principal, Runners } from '../parts.ts';
import type { EventStore } from './eventStore.ts';
import { findAgents, type FoundAgent } from './sessionRows.ts';

const reading: ReadonlySet<SessionRequest['method']> = new Set(['queue', 'diff']);

export interface ActsParts {
  readonly store: EventStore;
  readonly audit: AuditLog;
  readonly runners: () => Runners;
}

/** By the hub's id; of another organization: not there. Throws `not-found`. */
export async function agentOf(store: EventStore, by: Pick<Principal, 'orgId'>, id: string): Promise<FoundAgent> {
  const [agent] = await findAgents(store, [id]);
  if (agent === undefined || agent.org_id !== by.orgId) throw new AgentsError('not-found', 'There is no such agent.');
  return agent;
}

/** Whether `by` may do more than read: the session's or the runner's owner, or an admin; never a viewer. */
export async function mayAct(runners: Runners, by: Principal, agent: FoundAgent): Promise<boolean> {
  if (by.orgId !== agent.org_id || by.role === 'viewer' || by.runnerId !== undefined) return false;
  if (by.role === 'admin' || by.userId === agent.user_id) return true;
  return (await runners.find(agent.runner_id))?.user_id === by.userId;
}

/** Passes a request on to the session's runner. Throws `not-found`, `policy-denied`, and as `Runners.request`. */
export async function act({ store, audit, runners }: ActsParts, by: Principal, id: string, request: SessionRequest): Promise<unknown> {
  const agent = await agentOf(store, by, id);
  const isAct = !reading.has(request.method);
  const entry = { by, orgId: agent.org_id, action: `agent.${request.method}`, target: id };
  if (isAct && !(await mayAct(runners(), by, agent))) {
    audit.note({ ...entry, detail: { ...detailOf(request), refused: true } });
    throw new AgentsError('policy-denied', `Only the owner of ${agent.name}, the owner of its runner and administrators may do that.`);
  }
  // Noted before it is done: an act whose answer is lost was done all the same.
  if (isAct) audit.note({ ...entry, detail: detailOf(request) });
  return await runners().request(agent.runner_id, agent.session_id, request, by.name);
}

/** What of a request is worth keeping: no text of it, which may hold a secret. */
function detailOf(request: SessionRequest): Readonly<Record<string, unknown>> {
  switch (request.method) {
    case 'command':
      return { command: request.command.type };
    case 'prompt':
      return { characters: request.text.length };
    case 'unqueue':
      return { prompt: request.id };
    case 'answer':
      return { ask: request.ask_id, ...(request.decision === undefined ? {} : { decision: request.decision }) };
    case 'queue':
    case 'interrupt':
    case 'kill':
    case 'diff':
      return {};
  }
}
