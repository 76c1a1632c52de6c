// The pane that an agent's program runs in, among those of its tmux server.
import { AgentsError } from '../base/errors.ts';
import type { TmuxService } from '../tmux/tmuxService.ts';
import type { PaneId, PaneTarget, TmuxPane } from '../tmux/types.ts';
import type { RuntimeManager } from './runtimeManager.ts';
import type { AgentHandle } from './types.ts';

/** A pane, and the service of the server that it belongs to. */
export interface Found<T> {
  readonly tmux: TmuxService;
  readonly pane: T;
}

/** Its id. Nothing is listed where the runtime knows it. Throws `not-found`. */
export async function agentPaneId(manager: Pick<RuntimeManager, 'getTmux' | 'getPane'>, handle: AgentHandle): Promise<Found<PaneId>> {
  const tmux = manager.getTmux(handle);
  const target = await manager.getPane(handle);
  return { tmux, pane: typeof target === 'string' ? target : (await listed(tmux, target, handle)).id };
}

/** All that tmux says of it, listed now. Throws `not-found`. */
export async function agentPane(manager: RuntimeManager, handle: AgentHandle): Promise<Found<TmuxPane>> {
  const tmux = manager.getTmux(handle);
  return { tmux, pane: await listed(tmux, await manager.getPane(handle), handle) };
}

async function listed(tmux: TmuxService, target: PaneTarget, { agentId }: AgentHandle): Promise<TmuxPane> {
  const panes = await tmux.listPanes(typeof target === 'string' ? undefined : target.session);
  const found = panes.find(({ id, windowIndex, index }) => (typeof target === 'string' ? id === target : String(windowIndex) === target.window && String(index) === target.pane));
  if (found === undefined) throw new AgentsError('not-found', `The agent "${agentId}" has no pane any more.`, { hint: 'See what runs with: tmux-agents list' });
  return found;
}
