// The way to a reporter that waits: through the tmux server that its pane belongs to, in words that its CLI reads.
import { AgentsError } from '../../base/errors.ts';
import { gateOutput, type GateDecision, type GateDialect } from '../../providers/hooks/gate.ts';
import { decisionOutput, type HookDecision } from '../../providers/hooks/hookDecision.ts';
import { answerOption, GATE_EVENT, HELD_SUFFIX } from '../../providers/hooks/reporter.ts';
import type { HookReport } from '../../providers/status/hookReport.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { ReporterDoor } from './waitingHooks.ts';

/** `dialectOf`: in whose words a provider's gate takes its answer. */
export function reporterDoor(manager: RuntimeManager, dialectOf: (aiProvider: string) => GateDialect | undefined): ReporterDoor {
  return {
    async hold(agent, report) {
      await manager.getTmux(agent.handle).command(['wait-for', '-S', `${channelOf(agent, report)}${HELD_SUFFIX}`]);
    },
    async answer(agent, report, decision) {
      const channel = channelOf(agent, report);
      const tmux = manager.getTmux(agent.handle);
      const dialect = report.event === GATE_EVENT ? dialectOf(agent.aiProvider) : undefined;
      const output = dialect === undefined ? decisionOutput(decision, report.payload) : gateOutput(dialect, gateDecision(decision));
      const pane = await manager.getPane(agent.handle);
      if (typeof pane !== 'string') throw new AgentsError('unsupported', `The pane of "${agent.agentId}" has no id: its hook cannot be answered.`);
      await tmux.setOption('pane', pane, answerOption(channel), output);
      await tmux.command(['wait-for', '-S', channel]);
    },
    async release(agent, report) {
      const channel = channelOf(agent, report);
      const tmux = manager.getTmux(agent.handle);
      const pane = await manager.getPane(agent.handle);
      if (typeof pane === 'string') await tmux.setOption('pane', pane, answerOption(channel), undefined);
      await tmux.command(['wait-for', '-S', channel]);
    },
  };
}

function gateDecision(decision: HookDecision): GateDecision {
  return decision.behavior === 'allow' ? { behavior: 'allow' } : { behavior: 'deny', reason: decision.message ?? 'A person has denied it.' };
}

function channelOf(agent: AgentInfo, report: Pick<HookReport, 'answerTo'>): string {
  // It becomes the name of an option: nothing else may get in there.
  if (report.answerTo !== undefined && /^tmux-agents-[A-Za-z0-9]{1,40}$/.test(report.answerTo)) return report.answerTo;
  throw new AgentsError('stale', `No hook of "${agent.agentId}" waits for an answer.`);
}
