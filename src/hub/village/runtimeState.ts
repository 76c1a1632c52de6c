// A session's state as the village runner tells it, out of its events: so it is never behind what its clients were told.
import { jsonOf } from '../../base/json.ts';
import type { HubAgent } from '../../protocol/hubWire/hubRest.ts';
import type { SessionRuntimeState } from '../../protocol/hubWire/villageRest.ts';
import { RunnerEvent, type EventApproval } from '../../protocol/runnerEvent.ts';
import { MILESTONES } from '../store/milestones.ts';
import { lastSeqOf } from '../events/eventRows.ts';
import { storeFault } from '../store/storeFaults.ts';
import type { Database } from '../store/tables.ts';

/** Of what is in the table of events. Throws the database's faults. */
export async function runtimeStateOf(database: Database, agent: HubAgent): Promise<SessionRuntimeState> {
  const { id, provider_id, workspace, branch } = agent;
  let { state } = agent;
  let startedAt: number | undefined;
  let reason: string | undefined;
  let exitCode = agent.exit_code ?? undefined;
  const open = new Map<string, EventApproval>();
  const { events, lastSeq } = await read(database, id);
  for (const event of events) {
    if (event.type === 'SESSION_STARTED') startedAt ??= event.ts;
    else if (event.type === 'SESSION_STATE_CHANGED') ({ newState: state, reason } = event);
    else if (event.type === 'SESSION_ENDED') ({ exitCode = exitCode } = event);
    else if (event.type === 'APPROVAL_REQUESTED') open.set(event.approval.approvalId, event.approval);
    else if (event.type === 'APPROVAL_RESOLVED') open.delete(event.approvalId);
  }
  return {
    sessionId: id,
    state,
    providerId: provider_id,
    ...(workspace === undefined ? {} : { workspace: { path: workspace, ...(branch === undefined ? {} : { branch }) } }),
    ...(startedAt === undefined ? {} : { startedAt }),
    lastEventSeq: lastSeq,
    pendingApprovals: [...open.values()],
    ...(state === 'FAILED' && reason !== undefined ? { errorMessage: reason } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}

async function read(database: Database, id: string): Promise<{ readonly events: readonly RunnerEvent[]; readonly lastSeq: number }> {
  try {
    const lastSeq = await lastSeqOf(database, id);
    const rows = await database.selectFrom('events').select('event').where('session', '=', id).where(MILESTONES).orderBy('seq').execute();
    return { events: rows.map(({ event }) => RunnerEvent.parse(jsonOf(event))), lastSeq };
  } catch (error) {
    throw storeFault(error);
  }
}
