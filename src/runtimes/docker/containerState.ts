// What the engine's listing says of a container, joined with what its tmux says of the agent. Pure.
import * as z from 'zod';
import type { AgentRecord } from '../../protocol/agentRecord.ts';
import type { AgentState } from '../types.ts';
import { recordOfLabels } from './labels.ts';

/** The part of the engine's container listing that is relied on. */
const ContainerEntry = z.object({
  Id: z.string().min(1),
  State: z.string(),
  Status: z.string().default(''),
  /** Unix time in seconds. */
  Created: z.number(),
  Labels: z.unknown(),
});

export interface AgentContainer {
  readonly id: string;
  readonly state: string;
  readonly status: string;
  /** Unix time in milliseconds. */
  readonly createdMs: number;
  readonly record: AgentRecord;
}

/** What tmux in the container answered. */
export type PaneView =
  | { readonly found: true; readonly state: AgentState; readonly record: AgentRecord }
  | { readonly found: false }
  | { readonly found: 'unknown'; readonly reason: string };

/** The agent containers of a listing; `onFault` hears of those whose answer or labels cannot be understood. */
export function parseContainers(listing: readonly unknown[], onFault: (id: string, fault: string) => void): AgentContainer[] {
  const containers: AgentContainer[] = [];
  for (const item of listing) {
    const entry = ContainerEntry.safeParse(item);
    if (!entry.success) {
      onFault('?', z.prettifyError(entry.error));
      continue;
    }
    const { Id: id, State: state, Status: status, Created, Labels } = entry.data;
    const labels = recordOfLabels(Labels);
    if ('fault' in labels) onFault(id, labels.fault);
    else containers.push({ id, state, status, createdMs: Created * 1000, record: labels.record });
  }
  return containers;
}

/** How long after a container was made a missing session still counts as not yet made, in milliseconds. */
export const LAUNCH_WINDOW_MS = 30_000;

/** True for containers in which tmux can be asked. */
export function isRunning(container: AgentContainer): boolean {
  return container.state === 'running';
}

/** The agent's state; `launching` says that this process is just spawning it. */
export function agentState(container: AgentContainer, view: PaneView | undefined, options: { readonly nowMs: number; readonly launching: boolean }): AgentState {
  switch (container.state) {
    case 'running':
      if (view === undefined) return { status: 'unknown', reason: 'tmux in the container was not asked' };
      if (view.found === 'unknown') return options.launching ? { status: 'starting' } : { status: 'unknown', reason: view.reason };
      if (view.found) return view.state;
      if (options.launching || options.nowMs - container.createdMs < LAUNCH_WINDOW_MS) return { status: 'starting' };
      return { status: 'exited', exitCode: null, reason: 'its tmux session is gone' };
    case 'created':
    case 'configured':
    case 'initialized':
      return options.launching || options.nowMs - container.createdMs < LAUNCH_WINDOW_MS ? { status: 'starting' } : { status: 'failed', reason: 'the container was never started' };
    case 'paused':
      return { status: 'unknown', reason: 'container paused' };
    case 'restarting':
      return { status: 'unknown', reason: 'container restarting' };
    case 'exited':
    case 'stopped':
    case 'dead':
    case 'removing':
      return { status: 'exited', exitCode: exitCode(container.status), reason: 'container stopped' };
    default:
      return { status: 'unknown', reason: `container ${container.state}` };
  }
}

/** From `Exited (137) 2 minutes ago`. */
function exitCode(status: string): number | null {
  const code = /^Exited \((?<code>-?\d+)\)/.exec(status)?.groups?.['code'];
  return code === undefined ? null : Number(code);
}
