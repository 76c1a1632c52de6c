// The tree as data: groups, agents and problems, and which nodes differ between two trees. Knows no VS Code.
import type { AgentsError } from '../../base/errors.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import { shortAge } from '../../runtimes/agentText.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { agentKey, runtimeOf, type AgentKey } from '../agentKey.ts';
import { shownState, shownStates, shownWords, stateLabels, type Shown, type ShownState } from './shownState.ts';

export const groupings = ['runtime', 'status', 'folder'] as const;
export type GroupBy = (typeof groupings)[number];

/** What the tree is made of: the agents known, and the runtimes with what is wrong with them. */
export interface FleetSnapshot {
  readonly agents: readonly AgentInfo[];
  readonly runtimes: readonly RuntimeState[];
  /** What the agents are doing, as far as they are followed. */
  readonly statuses?: ReadonlyMap<AgentKey, AgentStatus>;
  /** How many prompts wait to be given, of agents for which any does. */
  readonly queued?: ReadonlyMap<AgentKey, number>;
}

export interface RuntimeState {
  readonly runtimeId: string;
  readonly type: string;
  /** Why it cannot be used now. */
  readonly error?: AgentsError | undefined;
}

export interface GroupNode {
  readonly kind: 'group';
  readonly id: string;
  readonly by: GroupBy;
  /** The runtime's id, the status, or the folder's path. */
  readonly value: string;
  readonly label: string;
  readonly description: string;
  /** The runtime's type, for groups by runtime. */
  readonly runtimeType?: string;
  readonly error?: AgentsError;
  readonly children: readonly (AgentNode | ProblemNode)[];
}

export interface AgentNode {
  readonly kind: 'agent';
  readonly id: string;
  readonly agent: AgentInfo;
  readonly status: AgentStatus | undefined;
  readonly shown: Shown;
  /** How many prompts wait to be given to it. */
  readonly queued: number;
  readonly description: string;
}

/** A runtime that cannot be used, and why. */
export interface ProblemNode {
  readonly kind: 'problem';
  readonly id: string;
  readonly runtimeId: string;
  /** The message, with the runtime's name where no group says it. */
  readonly label: string;
  readonly error: AgentsError;
}

export type TreeNode = GroupNode | AgentNode | ProblemNode;

/** Problems that the welcome view explains to a newcomer, so that the empty tree need not. */
const explainedByWelcome: ReadonlySet<string> = new Set(['docker-unavailable', 'tmux-missing']);

/** The roots of the tree; none when there is nothing but what the welcome view says better. */
export function buildTree(fleet: FleetSnapshot, by: GroupBy, now: number): TreeNode[] {
  const troubled = fleet.runtimes.filter((runtime) => runtime.error !== undefined);
  if (fleet.agents.length === 0 && troubled.every(({ error }) => explainedByWelcome.has(error?.reason ?? ''))) return [];
  const agents = seenAgents(fleet);
  switch (by) {
    case 'runtime':
      return byRuntime(fleet, agents, now);
    case 'status':
      return [...byStatus(agents, now), ...problems(troubled)];
    case 'folder':
      return [...byFolder(agents, now), ...problems(troubled)];
  }
}

type Seen = Pick<AgentNode, 'agent' | 'status' | 'shown' | 'queued'>;

/** Those that wait come first, the longest wait before the others; then the newest. Nothing else moves a row. */
function seenAgents({ agents, statuses, queued }: FleetSnapshot): Seen[] {
  const seen = agents.map((agent): Seen => {
    const status = statuses?.get(agentKey(agent));
    return { agent, status, shown: shownState(agent, status), queued: queued?.get(agentKey(agent)) ?? 0 };
  });
  return seen.sort((a, b) => waitRank(a) - waitRank(b) || b.agent.createdAt.localeCompare(a.agent.createdAt) || a.agent.name.localeCompare(b.agent.name));
}

function waitRank({ shown }: Seen): number {
  return shown.state === 'waiting' ? (shown.since ?? 0) : Number.MAX_SAFE_INTEGER;
}

function byRuntime(fleet: FleetSnapshot, agents: readonly Seen[], now: number): GroupNode[] {
  const known = new Map(fleet.runtimes.map((runtime) => [runtime.runtimeId, runtime]));
  for (const { agent } of agents) if (!known.has(runtimeOf(agent))) known.set(runtimeOf(agent), { runtimeId: runtimeOf(agent), type: agent.runtimeType });
  return [...known.values()].map(({ runtimeId, type, error }): GroupNode => {
    const own = agents.filter(({ agent }) => runtimeOf(agent) === runtimeId);
    return {
      kind: 'group',
      id: `runtime:${runtimeId}`,
      by: 'runtime',
      value: runtimeId,
      label: runtimeLabel(runtimeId),
      description: error === undefined ? count(own) : 'unavailable',
      runtimeType: type,
      ...(error === undefined ? {} : { error }),
      children: [
        ...(error === undefined ? [] : [{ kind: 'problem', id: `problem:${runtimeId}`, runtimeId, label: error.message, error } as const]),
        ...own.map((seen) => agentNode(seen, 'runtime', now)),
      ],
    };
  });
}

function byStatus(agents: readonly Seen[], now: number): GroupNode[] {
  return shownStates.flatMap((state) => {
    const own = agents.filter(({ shown }) => shown.state === state);
    if (own.length === 0) return [];
    return [{ kind: 'group', id: `status:${state}`, by: 'status', value: state, label: stateLabels[state], description: String(own.length), children: own.map((seen) => agentNode(seen, 'status', now)) } as const];
  });
}

function byFolder(agents: readonly Seen[], now: number): GroupNode[] {
  const folders = [...new Set(agents.map(({ agent }) => agent.workingDirectory))].sort((a, b) => lastName(a).localeCompare(lastName(b)) || a.localeCompare(b));
  return folders.map((folder) => {
    const own = agents.filter(({ agent }) => agent.workingDirectory === folder);
    return { kind: 'group', id: `folder:${folder}`, by: 'folder', value: folder, label: lastName(folder), description: count(own), children: own.map((seen) => agentNode(seen, 'folder', now)) } as const;
  });
}

function problems(troubled: readonly RuntimeState[]): ProblemNode[] {
  return troubled.flatMap(({ runtimeId, error }) =>
    error === undefined ? [] : [{ kind: 'problem', id: `problem:${runtimeId}`, runtimeId, label: `${runtimeLabel(runtimeId)}: ${error.message}`, error } as const],
  );
}

function agentNode({ agent, status, shown, queued }: Seen, by: GroupBy, now: number): AgentNode {
  const place = by === 'runtime' ? '' : runtimeLabel(runtimeOf(agent));
  // What matters comes first, and how long it has been so; the task comes last: it is long, and a narrow view cuts the end off.
  const provider = isNamedAfter(agent.name, agent.aiProvider) ? '' : agent.aiProvider;
  const inState = shown.since === undefined ? '' : shortAge(new Date(shown.since).toISOString(), now);
  const age = inState === '' ? shortAge(agent.createdAt, now) : '';
  const parts = [stateBeside(shown, by), inState, queued === 0 ? '' : `${queued} queued`, provider, place, age, agent.task];
  return { kind: 'agent', id: agentKey(agent), agent, status, shown, queued, description: parts.filter((part) => part !== '').join(' · ') };
}

/** Says whether a name tells the provider already, as the names do that agents get by default: `claude-1`. */
function isNamedAfter(name: string, provider: string): boolean {
  return name.startsWith(provider) && /^(-\d+)?$/.test(name.slice(provider.length));
}

/** What the icon alone cannot say; empty where the group says it. */
function stateBeside(shown: Shown, by: GroupBy): string {
  const hasMore = shown.state === 'waiting' || shown.state === 'error' || shown.state === 'exited';
  return by === 'status' && !hasMore ? '' : shownWords(shown);
}

/** The name people see for a runtime's id. */
export function runtimeLabel(runtimeId: string): string {
  return runtimeId === 'local' ? 'This machine' : runtimeId === 'docker' ? 'Docker' : runtimeId;
}

/** States that a count puts together, with its word for them. */
const counted: readonly (readonly [what: string, states: readonly ShownState[]])[] = [
  ['waiting', ['waiting']],
  ['with an error', ['error']],
  ['idle', ['idle']],
  ['working', ['working']],
  ['starting', ['starting']],
  ['running', ['unknown']],
  ['ended', ['failed', 'exited']],
  ['unreachable', ['unreachable']],
];

function count(agents: readonly Seen[]): string {
  if (agents.length === 0) return 'no agents';
  return counted
    .flatMap(([what, states]) => {
      const number = agents.filter(({ shown }) => states.includes(shown.state)).length;
      return number === 0 ? [] : [`${number} ${what}`];
    })
    .join(', ');
}

/** The last part of a path of either kind of system. */
export function lastName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? path;
}

/** All nodes by id. */
export function indexTree(roots: readonly TreeNode[]): Map<string, { readonly node: TreeNode; readonly parent: string | undefined }> {
  const index = new Map<string, { readonly node: TreeNode; readonly parent: string | undefined }>();
  for (const root of roots) {
    index.set(root.id, { node: root, parent: undefined });
    if (root.kind === 'group') for (const child of root.children) index.set(child.id, { node: child, parent: root.id });
  }
  return index;
}

/** The ids whose rows must be drawn anew, parents before children and no child of a listed parent; `all` when the roots changed. */
export function changedNodes(before: readonly TreeNode[], after: readonly TreeNode[]): 'all' | string[] {
  if (idsOf(before) !== idsOf(after)) return 'all';
  const changed: string[] = [];
  const old = indexTree(before);
  for (const node of after) {
    const previous = old.get(node.id)?.node;
    if (previous === undefined || signature(previous) !== signature(node)) changed.push(node.id);
    else if (node.kind === 'group') {
      for (const child of node.children) {
        const was = old.get(child.id)?.node;
        if (was === undefined || signature(was) !== signature(child)) changed.push(child.id);
      }
    }
  }
  return changed;
}

function idsOf(nodes: readonly TreeNode[]): string {
  return JSON.stringify(nodes.map((node) => node.id));
}

/** What a row shows, as one text. */
function signature(node: TreeNode): string {
  switch (node.kind) {
    case 'group':
      return JSON.stringify([node.label, node.description, node.error?.message, idsOf(node.children)]);
    case 'agent':
      return JSON.stringify([node.description, node.agent, node.shown]);
    case 'problem':
      return JSON.stringify([node.label, node.error.reason, node.error.message, node.error.hint]);
  }
}
