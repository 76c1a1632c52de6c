// An agent's terminal through tmux: captured with its colours, read by its provider's rules, and typed into.
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError } from '../../base/errors.ts';
import { matchScreen } from '../../providers/status/screenMatch.ts';
import { readScreen } from '../../providers/status/readScreen.ts';
import type { RuleSet } from '../../providers/status/screenRules.ts';
import type { ScreenMatch } from '../../providers/status/screenTypes.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { PaneId } from '../../tmux/types.ts';
import type { AgentScreen } from './ports.ts';

export interface PaneScreenParts {
  readonly manager: RuntimeManager;
  /** By the provider's id; undefined where nothing is known of its screen. */
  readonly rulesOf: (aiProvider: string) => RuleSet | undefined;
  /** The version of the agent's CLI, as far as it is known. */
  readonly versionOf: (agent: AgentInfo) => string | undefined;
}

export function paneScreen({ manager, rulesOf, versionOf }: PaneScreenParts): AgentScreen {
  const paneOf = async (agent: AgentInfo): Promise<PaneId> => {
    const target = await manager.getPane(agent.handle);
    if (typeof target === 'string') return target;
    const panes = await manager.getTmux(agent.handle).listPanes(target.session);
    const found = panes.find(({ windowIndex, index }) => String(windowIndex) === target.window && String(index) === target.pane);
    if (found === undefined) throw new AgentsError('not-found', `The agent "${agent.agentId}" has no pane.`);
    return found.id;
  };
  return {
    async look(agent): Promise<ScreenMatch | undefined> {
      const rules = rulesOf(agent.aiProvider);
      if (rules === undefined) return undefined;
      const lines = await manager.getTmux(agent.handle).command(['capture-pane', '-p', '-e', '-t', await paneOf(agent)]);
      return matchScreen(rules, readScreen(lines.join('\n'), { version: versionOf(agent) }));
    },
    press: async (agent, keys) => manager.getTmux(agent.handle).sendKeyNames(await paneOf(agent), keys),
    type: async (agent, text) => manager.getTmux(agent.handle).sendLiteral(await paneOf(agent), text),
    onOutput: async (agent, listener): Promise<Disposable> => manager.getTmux(agent.handle).onPaneOutput(await paneOf(agent), listener),
  };
}
