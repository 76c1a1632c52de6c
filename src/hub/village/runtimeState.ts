// A session's state as the village runner tells it, out of what the hub has of it.
import { jsonOf } from '../../base/json.ts';
import type { HubAgent } from '../../protocol/hubWire/hubRest.ts';
import type { SessionRuntimeState } from '../../protocol/hubWire/villageRest.ts';
import { RunnerEvent, type EventApproval, type RunnerEventType } from '../../protocol/runnerEvent.ts';
import { storeFault } from '../store/storeFaults.ts';
import type { Database } from '../store/tables.ts';

/** Throws the database's faults. */
export async function runtimeStateOf(database: Database, agent: HubAgent): Promise<SessionRuntimeState> {
  try {
    const { id, state, provider_id, workspace, branch, stored_seq, asks, exit_code } = agent;
    const over = state === 'COMPLETED' || state === 'FAILED';
    const [started, failed, pendingApprovals] = await Promise.all([
      oneEvent(database, id, 'SESSION_STARTED', 'asc'),
      state === 'FAILED' ? oneEvent(database, id, 'SESSION_STATE_CHANGED', 'desc') : undefined,
      // Where nothing can wait for anybody, its many events need not be looked through.
      over || (asks.length === 0 && state !== 'WAITING_FOR_APPROVAL' && state !== 'PAUSED_BY_HUMAN') ? [] : openApprovals(database, id),
    ]);
    const reason = failed?.type === 'SESSION_STATE_CHANGED' ? failed.reason : undefined;
    return {
      sessionId: id,
      state,
      providerId: provider_id,
      ...(workspace === undefined ? {} : { workspace: { path: workspace, ...(branch === undefined ? {} : { branch }) } }),
      ...(started === undefined ? {} : { startedAt: started.ts }),
      lastEventSeq: stored_seq,
      pendingApprovals,
      ...(reason === undefined ? {} : { errorMessage: reason }),
      ...(exit_code === undefined || exit_code === null ? {} : { exitCode: exit_code }),
    };
  } catch (error) {
    throw storeFault(error);
  }
}

async function oneEvent(database: Database, session: string, type: RunnerEventType, order: 'asc' | 'desc'): Promise<RunnerEvent | undefined> {
  const row = await database.selectFrom('events').select('event').where('session', '=', session).where('type', '=', type).orderBy('seq', order).limit(1).executeTakeFirst();
  return row === undefined ? undefined : RunnerEvent.parse(jsonOf(row.event));
}

/** Asked for, and not resolved yet. */
async function openApprovals(database: Database, session: string): Promise<EventApproval[]> {
  const open = new Map<string, EventApproval>();
  const rows = await database.selectFrom('events').select('event').where('session', '=', session).where('type', 'in', ['APPROVAL_REQUESTED', 'APPROVAL_RESOLVED']).orderBy('seq').execute();
  for (const row of rows) {
    const event = RunnerEvent.parse(jsonOf(row.event));
    if (event.type === 'APPROVAL_REQUESTED') open.set(event.approval.approvalId, event.approval);
    else if (event.type === 'APPROVAL_RESOLVED') open.delete(event.approvalId);
  }
  return [...open.values()];
}
