// Where an agent runs it is written that it is paused, so that every face sees it: nothing is typed or answered then.
import type { RuntimeManager } from './runtimeManager.ts';
import { agentPaneId } from './agentPane.ts';
import type { AgentHandle } from './types.ts';

/** A pane option: it goes with the pane. */
const PAUSED_OPTION = '@tmux-agents-paused';

type Panes = Pick<RuntimeManager, 'getTmux' | 'getPane'>;

/** Fails with `not-found` when its pane is gone. */
export async function markPaused(manager: Panes, handle: AgentHandle, paused: boolean): Promise<void> {
  const { tmux, pane } = await agentPaneId(manager, handle);
  await tmux.setOption('pane', pane, PAUSED_OPTION, paused ? String(Date.now()) : undefined);
}

/** Fails as reaching its pane does. */
export async function isMarkedPaused(manager: Panes, handle: AgentHandle): Promise<boolean> {
  const { tmux, pane } = await agentPaneId(manager, handle);
  return (await tmux.getOption('pane', pane, PAUSED_OPTION)) !== undefined;
}
