// An organization's runners as the scoring sees them, and a task as a wish.
import type { NewTask } from '../../protocol/hubWire/hubRest.ts';
import { candidateOf, restOf, textsOf, type TaskRow } from './rows.ts';
import type { RunnerStore } from './runnerStore.ts';
import type { Candidate, Wish } from './scoring.ts';

export async function candidatesOf(store: RunnerStore, orgId: string, now: number, offlineMs: number, projectId?: string | null): Promise<readonly Candidate[]> {
  const [rows, { active, projects }] = await Promise.all([store.ofOrg(orgId), store.loads(orgId, projectId)]);
  return rows.map((row) => candidateOf(row, active.get(row.id) ?? 0, projects.get(row.id) ?? new Set(), now, offlineMs));
}

export function wishOf(task: TaskRow): Wish {
  return { projectId: task.project_id, requiredCapabilities: textsOf(task.required_capabilities), preferredRunnerId: task.preferred_runner_id, refusals: restOf(task).refusals };
}

export function wishOfNew(task: NewTask): Wish {
  return { projectId: task.project_id, requiredCapabilities: task.required_capabilities, preferredRunnerId: task.preferred_runner_id };
}

/** Tasks of one kind have the same runners to choose from. */
export function kindOf(task: TaskRow): string {
  return JSON.stringify([task.org_id, task.project_id, task.required_capabilities, task.preferred_runner_id, restOf(task).refusals ?? null]);
}
