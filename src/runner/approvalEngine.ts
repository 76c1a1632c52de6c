// Puts approvals together: the inbox over the status engine, and the ways to each CLI.
import { AgentsError, isAgentsError } from '../base/errors.ts';
import { silentLog, type Log } from '../base/log.ts';
import { NO_POLICY } from '../protocol/approvalPolicy.ts';
import type { Config } from '../protocol/config.ts';
import type { ProviderRegistry } from '../providers/providerRegistry.ts';
import { opencodeServerOf, replyPermission } from '../providers/status/opencodeDoor.ts';
import type { RuleBook } from '../providers/status/ruleBook.ts';
import type { StatusService } from '../providers/status/statusService.ts';
import { currentOwner } from '../runtimes/agentConfig.ts';
import type { RuntimeManager } from '../runtimes/runtimeManager.ts';
import { Approvals } from '../sessions/approvals/approvals.ts';
import { paneScreen } from '../sessions/approvals/paneScreen.ts';
import type { ChannelAnswers, SendPrompt } from '../sessions/approvals/ports.ts';
import { reporterDoor } from '../sessions/approvals/reporterDoor.ts';
import { WaitingHooks } from '../sessions/approvals/waitingHooks.ts';
import { PolicyStore } from '../sessions/policy/policyStore.ts';
import { RuledRequests } from '../sessions/policy/ruledRequests.ts';
import { SessionRules } from '../sessions/policy/sessionRules.ts';
import { SessionLog } from '../sessions/policy/sessionLog.ts';
import type { ProgramVersions } from './programVersions.ts';

export interface ApprovalEngineOptions {
  readonly manager: RuntimeManager;
  readonly providers: ProviderRegistry;
  readonly status: StatusService;
  readonly rules: RuleBook;
  /** The same as the status', so that both see the same rule. */
  readonly versions?: Pick<ProgramVersions, 'of'>;
  readonly config: Pick<Config, 'approvals'>;
  /** How the note of a denial becomes a prompt. */
  readonly sendPrompt: SendPrompt;
  /** `vscode`, `command`, `library`: for the sessions' logs. */
  readonly face: string;
  readonly log?: Log;
}

/** Follows nothing until asked to. */
export function createApprovals({ manager, providers, status, rules, versions, config, sendPrompt, face, log = silentLog }: ApprovalEngineOptions): Approvals {
  const who = currentOwner();
  const hooks = new WaitingHooks({ status, onDidReport: status.onDidReport, door: reporterDoor(manager, (aiProvider) => providers.find(aiProvider)?.gate), log });
  const sessionRules = new SessionRules();
  const ruled = new RuledRequests({ manager, rules: sessionRules, onDidReport: status.onDidReport });
  return new Approvals({
    manager,
    status,
    screen: paneScreen({ manager, rulesOf: (aiProvider) => rules.rulesOf(aiProvider), versionOf: (agent) => versions?.of(agent, rules.rulesOf(agent.aiProvider)) }),
    hooks,
    channel: opencodeChannel(manager, providers),
    sendPrompt,
    policies: new PolicyStore({ fallback: config.approvals.auto ?? NO_POLICY }),
    sessionLog: new SessionLog(),
    ruled,
    sessionRules,
    who,
    face,
    isOwn: (agent) => agent.owner === who && agent.adopted !== true,
    log,
  });
}

/** opencode's permissions, by the ids that its own channel gives them. */
function opencodeChannel(manager: RuntimeManager, providers: ProviderRegistry): ChannelAnswers {
  return {
    takes: (agent, request) => providers.find(agent.aiProvider)?.signals?.sources.includes('channel') === true && request.id.startsWith('per'),
    takesWords: (agent, request) => providers.find(agent.aiProvider)?.signals?.sources.includes('channel') === true && request.id.startsWith('que'),
    async answer(agent, request, words) {
      const server = await opencodeServerOf(manager, agent);
      const found = (await server.questions()).find(({ id }) => id === request.id);
      if (found === undefined) return false;
      if (found.questions.length !== 1) throw new AgentsError('unsupported', `${agent.agentId} asks several things at once: answer them in its terminal.`, { hint: `tmux-agents attach ${agent.agentId}` });
      await server.replyQuestion(found.id, [[words]]);
      return true;
    },
    async reply(agent, request, reply, note) {
      try {
        await replyPermission(manager, agent, request.id, reply, note);
        return true;
      } catch (error) {
        if (isAgentsError(error, 'stale') || isAgentsError(error, 'not-found')) return false;
        throw error;
      }
    },
  };
}
