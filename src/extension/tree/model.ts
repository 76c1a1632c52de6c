// The tree as data: groups, agents and problems, and which nodes differ between two trees. Knows no VS Code.
import type { AgentsError } from '../../base/errors.ts';
import { shortAge, stateText } from '../../runtimes/agentText.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { agentKey, isFinished, runtimeOf } from '../agentKey.ts';

export const groupings = ['runtime', 'status', 'folder'] as const;
export type GroupBy = (typeof groupings)[number];

/** What the tree is made of: the agents known, and the runtimes with what is wrong with them. */
export interface FleetSnapshot {
  readonly agents: readonly AgentInfo[];
  readonly runtimes: readonly RuntimeState[];
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

const statusOrder: readonly AgentInfo['status'][] = ['running', 'starting', 'failed', 'exited', 'unknown'];
const statusLabels: Readonly<Record<AgentInfo['status'], string>> = {
  running: 'Running',
  starting: 'Starting',
  failed: 'Failed',
  exited: 'Exited',
  unknown: 'Unreachable',
};

/** Problems that the welcome view explains to a newcomer, so that the empty tree need not. */
const explainedByWelcome: ReadonlySet<string> = new Set(['docker-unavailable', 'tmux-missing']);

/** The roots of the tree; none when there is nothing but what the welcome view says better. */
export function buildTree(fleet: FleetSnapshot, by: GroupBy, now: number): TreeNode[] {
  const troubled = fleet.runtimes.filter((runtime) => runtime.error !== undefined);
  if (fleet.agents.length === 0 && troubled.every(({ error }) => explainedByWelcome.has(error?.reason ?? ''))) return [];
  const agents = [...fleet.agents].sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.name.localeCompare(b.name));
  switch (by) {
    case 'runtime':
      return byRuntime(fleet, agents, now);
    case 'status':
      return [...byStatus(agents, now), ...problems(troubled)];
    case 'folder':
      return [...byFolder(agents, now), ...problems(troubled)];
  }
}

function byRuntime(fleet: FleetSnapshot, agents: readonly AgentInfo[], now: number): GroupNode[] {
  const known = new Map(fleet.runtimes.map((runtime) => [runtime.runtimeId, runtime]));
  for (const agent of agents) if (!known.has(runtimeOf(agent))) known.set(runtimeOf(agent), { runtimeId: runtimeOf(agent), type: agent.runtimeType });
  return [...known.values()].map(({ runtimeId, type, error }): GroupNode => {
    const own = agents.filter((agent) => runtimeOf(agent) === runtimeId);
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
        ...own.map((agent) => agentNode(agent, 'runtime', now)),
      ],
    };
  });
}

function byStatus(agents: readonly AgentInfo[], now: number): GroupNode[] {
  return statusOrder.flatMap((status) => {
    const own = agents.filter((agent) => agent.status === status);
    if (own.length === 0) return [];
    return [{ kind: 'group', id: `status:${status}`, by: 'status', value: status, label: statusLabels[status], description: String(own.length), children: own.map((agent) => agentNode(agent, 'status', now)) } as const];
  });
}

function byFolder(agents: readonly AgentInfo[], now: number): GroupNode[] {
  const folders = [...new Set(agents.map((agent) => agent.workingDirectory))].sort((a, b) => lastName(a).localeCompare(lastName(b)) || a.localeCompare(b));
  return folders.map((folder) => {
    const own = agents.filter((agent) => agent.workingDirectory === folder);
    return { kind: 'group', id: `folder:${folder}`, by: 'folder', value: folder, label: lastName(folder), description: count(own), children: own.map((agent) => agentNode(agent, 'folder', now)) } as const;
  });
}

function problems(troubled: readonly RuntimeState[]): ProblemNode[] {
  return troubled.flatMap(({ runtimeId, error }) =>
    error === undefined ? [] : [{ kind: 'problem', id: `problem:${runtimeId}`, runtimeId, label: `${runtimeLabel(runtimeId)}: ${error.message}`, error } as const],
  );
}

function agentNode(agent: AgentInfo, by: GroupBy, now: number): AgentNode {
  const place = by === 'runtime' ? '' : runtimeLabel(runtimeOf(agent));
  // The task comes last: it is long, and a narrow view cuts the end off.
  const provider = isNamedAfter(agent.name, agent.aiProvider) ? '' : agent.aiProvider;
  const parts = [stateBeside(agent, by), provider, place, shortAge(agent.createdAt, now), agent.task];
  return { kind: 'agent', id: agentKey(agent), agent, description: parts.filter((part) => part !== '').join(' · ') };
}

/** Says whether a name tells the provider already, as the names do that agents get by default: `claude-1`. */
function isNamedAfter(name: string, provider: string): boolean {
  return name.startsWith(provider) && /^(-\d+)?$/.test(name.slice(provider.length));
}

/** What the icon alone cannot say: an exit code, a failure; empty for a running agent, and where the group says it. */
function stateBeside(agent: AgentInfo, by: GroupBy): string {
  const isSaid = agent.status === 'running' || (by === 'status' && agent.status !== 'exited');
  return isSaid ? '' : stateText(agent);
}

/** The name people see for a runtime's id. */
export function runtimeLabel(runtimeId: string): string {
  return runtimeId === 'local' ? 'This machine' : runtimeId === 'docker' ? 'Docker' : runtimeId;
}

function count(agents: readonly AgentInfo[]): string {
  if (agents.length === 0) return 'no agents';
  const ended = agents.filter(isFinished).length;
  const lost = agents.filter((agent) => agent.status === 'unknown').length;
  const parts = [[agents.length - ended - lost, 'running'], [ended, 'ended'], [lost, 'unreachable']] as const;
  return parts.flatMap(([number, what]) => (number === 0 ? [] : [`${number} ${what}`])).join(', ');
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
      return JSON.stringify([node.description, node.agent]);
    case 'problem':
      return JSON.stringify([node.label, node.error.reason, node.error.message, node.error.hint]);
  }
}
