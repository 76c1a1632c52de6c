// Picks one attempt: it stays as it is, the others' agents are ended, and their workspaces archived with all that was done in them.
import { AgentsError, asAgentsError, messageOf } from '../../base/errors.ts';
import type { Attempt, AttemptGroup } from '../../protocol/attemptGroup.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import { isThere } from '../../workspaces/containment.ts';
import { Git } from '../../workspaces/git.ts';
import { rescueWork } from '../../workspaces/rescue.ts';
import type { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import type { AttemptStore } from './attemptStore.ts';

export interface PickParts {
  readonly manager: Pick<RuntimeManager, 'listByRuntime' | 'killAgent'>;
  readonly records: WorkspaceStore;
  readonly store: AttemptStore;
  readonly onProgress?: ((message: string) => void) | undefined;
}

/**
 * Resolves with the group as it is then: what became of each is in its note. One that cannot be archived keeps its agent and workspace, says why, and the
 * call fails with the first reason after the others were done; calling again goes on. Throws `not-found`, or `stale` when another one was picked.
 */
export async function pickAttempt(groupId: string, agentId: string, { manager, records, store, onProgress }: PickParts): Promise<AttemptGroup> {
  const group = store.require(groupId);
  const picked = group.attempts.find((attempt) => attempt.agentId === agentId);
  if (picked === undefined || picked.error !== undefined) throw new AgentsError('not-found', `"${agentId}" is no attempt that could be picked.`);
  // Its folder, too: what it has not committed is on no branch.
  const place = records.read(picked.workspaceId ?? '');
  // First of all, so that no face picks another one meanwhile.
  await store.update(groupId, agentId, (attempt, { attempts }) => {
    const other = attempts.find((one) => one.outcome === 'picked');
    if (other !== undefined && other.agentId !== agentId) throw new AgentsError('stale', `${other.label} was picked already.`);
    return { ...attempt, outcome: 'picked', ...(place?.branch === undefined ? {} : { note: `Its work is in ${place.path}, on the branch ${place.branch}.` }) };
  });
  let fault: unknown;
  for (const attempt of group.attempts) {
    if (attempt.agentId === agentId || attempt.outcome === 'archived' || attempt.error !== undefined) continue;
    onProgress?.(`Archiving ${attempt.label}`);
    try {
      const note = await archive(attempt, manager, records);
      await store.update(groupId, attempt.agentId, (now) => ({ ...now, outcome: 'archived', note }));
    } catch (error) {
      fault ??= error;
      await store.update(groupId, attempt.agentId, (now) => ({ ...now, note: `It could not be archived: ${messageOf(error)}` }));
    }
  }
  if (fault !== undefined) throw asAgentsError(fault);
  return store.require(groupId);
}

/** Ends the agent, saves what is in no commit, and marks the workspace. The sentence says where its work is. */
async function archive({ agentId, runtimeId, workspaceId }: Attempt, manager: PickParts['manager'], records: WorkspaceStore): Promise<string> {
  const listings = await manager.listByRuntime();
  const listing = listings.find((one) => one.runtimeId === runtimeId);
  // An agent that cannot be seen may be at work still.
  if (listing?.error !== undefined) throw listing.error;
  const agent = listings.flatMap(({ agents }) => agents).find((one) => one.agentId === agentId);
  if (agent !== undefined) await manager.killAgent(agent.handle);
  const record = workspaceId === undefined ? undefined : records.read(workspaceId);
  if (record === undefined) return 'Its agent was ended; its workspace is gone.';
  if (!isThere(record.path)) {
    records.write({ ...record, archived: true });
    return `Archived: its folder was gone${record.branch === undefined ? '' : `, its commits are on the branch ${record.branch}`}.`;
  }
  const rescue = await rescueWork(new Git(record.path), record.id);
  records.write({ ...record, archived: true });
  const where = [...(record.branch === undefined ? [] : [`its commits on the branch ${record.branch}`]), ...(rescue === undefined ? [] : [`what was not committed in ${rescue}`])];
  return `Archived: ${where.length === 0 ? 'its folder' : where.join(', ')} is kept, and its folder ${record.path} too.`;
}
