// Which runner takes a task: Sibyl's points (protocols/sibyl.md), and the rules that no points outweigh. Pure.
import type { Placement } from '../../protocol/hubWire/hubRest.ts';
import type { RunnerScore, RunnerStatus } from '../../protocol/hubWire/sibylRest.ts';

/** What is looked at of a runner. */
export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly status: RunnerStatus;
  readonly capabilities: readonly string[];
  readonly maxAgents: number;
  /** Slots that are taken or reserved. */
  readonly agents: number;
  /** Unix ms. */
  readonly lastHeartbeat: number | null;
  readonly lastAssignedAt: number | null;
  /** Projects that it has a worktree of. */
  readonly projects: ReadonlySet<string>;
}

export interface Wish {
  readonly projectId?: string | null | undefined;
  readonly requiredCapabilities: readonly string[];
  readonly preferredRunnerId?: string | null | undefined;
  readonly excludeRunners?: readonly string[] | undefined;
  /** Runners that refused this very task, and with which words. */
  readonly refusals?: Readonly<Record<string, string>> | undefined;
}

export interface Scored {
  readonly score: RunnerScore;
  readonly viable: boolean;
  /** A sentence: what speaks for it, or why it cannot. */
  readonly why: string;
  readonly lastAssignedAt: number;
}

const POINTS = { warm: 50, preferred: 25, capable: 30, incapable: -100, load: 20, full: -50, stale: -100 } as const;

/** Every candidate with its points, the best first; `now` in Unix ms, `staleMs` after the last heartbeat a runner is not believed any more. */
export function scoreAll(candidates: readonly Candidate[], wish: Wish, now: number, staleMs: number): readonly Scored[] {
  return candidates.map((candidate) => scoreOne(candidate, wish, now, staleMs)).sort(better);
}

/** The one to take, and the sentence that goes with it. */
export function choose(scored: readonly Scored[]): { readonly best: Scored | undefined; readonly reason: string } {
  const best = scored.find(({ viable }) => viable);
  if (best !== undefined) return { best, reason: `${best.score.runner_name}: ${best.why}` };
  if (scored.length === 0) return { best: undefined, reason: 'No runner is registered.' };
  return { best: undefined, reason: `No runner can take it. ${scored.slice(0, 5).map(({ score, why }) => `${score.runner_name}: ${why}`).join(' ')}${scored.length > 5 ? ` And ${scored.length - 5} more.` : ''}` };
}

export function placementOf(scored: readonly Scored[]): Placement {
  const { best, reason } = choose(scored);
  return { runner_id: best?.score.runner_id ?? null, reason, scores: scored.map(({ score, viable, why }) => ({ ...score, viable, why })) };
}

function scoreOne(candidate: Candidate, wish: Wish, now: number, staleMs: number): Scored {
  const { projectId, requiredCapabilities } = wish;
  const warm = projectId !== null && projectId !== undefined && candidate.projects.has(projectId);
  const preferred = wish.preferredRunnerId === candidate.id;
  const missing = requiredCapabilities.filter((needed) => !candidate.capabilities.includes(needed));
  const slots = Math.max(0, candidate.maxAgents - candidate.agents);
  const stale = candidate.lastHeartbeat === null || now - candidate.lastHeartbeat > staleMs;
  const affinity = (warm ? POINTS.warm : 0) + (preferred ? POINTS.preferred : 0);
  const capability = requiredCapabilities.length === 0 ? 0 : missing.length === 0 ? POINTS.capable : POINTS.incapable;
  const load = slots === 0 ? POINTS.full : (POINTS.load * slots) / candidate.maxAgents;
  const health = stale ? POINTS.stale : 0;
  const total = affinity + capability + load + health;
  const obstacle = obstacleOf(candidate, wish, { missing, slots, stale });
  const viable = obstacle === undefined && total >= 0;
  return {
    score: {
      runner_id: candidate.id,
      runner_name: candidate.name,
      total_score: total,
      affinity_score: affinity,
      capability_score: capability,
      load_score: load,
      health_penalty: health,
      available_slots: slots,
      has_warm_worktree: warm,
      missing_capabilities: missing,
    },
    viable,
    why: obstacle ?? praise({ warm, preferred, slots, max: candidate.maxAgents, capable: requiredCapabilities.length > 0 }),
    lastAssignedAt: candidate.lastAssignedAt ?? 0,
  };
}

/** What no points outweigh. */
function obstacleOf(candidate: Candidate, wish: Wish, { missing, slots, stale }: { readonly missing: readonly string[]; readonly slots: number; readonly stale: boolean }): string | undefined {
  if (wish.excludeRunners?.includes(candidate.id) === true) return 'It is excluded.';
  const refusal = wish.refusals?.[candidate.id];
  if (refusal !== undefined) return `It refused this task: ${refusal}`;
  if (candidate.status === 'offline') return 'It is offline.';
  if (candidate.status === 'draining') return 'It is draining: it takes nothing new.';
  if (stale) return 'Nothing was heard of it for a minute.';
  if (missing.length > 0) return `It lacks ${missing.join(', ')}.`;
  if (slots === 0) return `All its ${candidate.maxAgents} slots are taken.`;
  return undefined;
}

function praise({ warm, preferred, slots, max, capable }: { readonly warm: boolean; readonly preferred: boolean; readonly slots: number; readonly max: number; readonly capable: boolean }): string {
  const words = [warm ? 'it has a worktree of the project' : '', preferred ? 'it is preferred' : '', capable ? 'it can do all that is required' : '', `${slots} of ${max} slots are free`].filter((word) => word !== '');
  const sentence = words.join(', ');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

/** Viable before not; then by points, then the most free slots, then the least recently assigned, then by name. */
function better(a: Scored, b: Scored): number {
  return (
    Number(b.viable) - Number(a.viable) ||
    b.score.total_score - a.score.total_score ||
    b.score.available_slots - a.score.available_slots ||
    a.lastAssignedAt - b.lastAssignedAt ||
    a.score.runner_name.localeCompare(b.score.runner_name) ||
    a.score.runner_id.localeCompare(b.score.runner_id)
  );
}
