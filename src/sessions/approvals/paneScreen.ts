// An agent's terminal through tmux: captured with its colours, read by its provider's rules, and typed into.
import type { Disposable } from '../../base/disposable.ts';
import { matchScreen } from '../../providers/status/screenMatch.ts';
import { readScreen } from '../../providers/status/readScreen.ts';
import type { RuleSet } from '../../providers/status/screenRules.ts';
import type { ScreenMatch } from '../../providers/status/screenTypes.ts';
import { agentPaneId, type Found } from '../../runtimes/agentPane.ts';
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
  const paneOf = ({ handle }: AgentInfo): Promise<Found<PaneId>> => agentPaneId(manager, handle);
  return {
    async look(agent): Promise<ScreenMatch | undefined> {
      const rules = rulesOf(agent.aiProvider);
      if (rules === undefined) return undefined;
      const { tmux, pane } = await paneOf(agent);
      const lines = await tmux.command(['capture-pane', '-p', '-e', '-t', pane]);
      return matchScreen(rules, readScreen(lines.join('\n'), { version: versionOf(agent) }));
    },
    press: async (agent, keys) => paneOf(agent).then(({ tmux, pane }) => tmux.sendKeyNames(pane, keys)),
    type: async (agent, text) => paneOf(agent).then(({ tmux, pane }) => tmux.sendLiteral(pane, text)),
    onOutput: async (agent, listener): Promise<Disposable> => paneOf(agent).then(({ tmux, pane }) => tmux.onPaneOutput(pane, listener)),
  };
}
