// What the rules of an agent's session say of a request that waits: by the hook's own payload where one told of it.
import type { Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import type { ApprovalRequest } from '../../protocol/agentStatus.ts';
import type { HookReport } from '../../providers/status/hookReport.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { loadJudge } from './loadJudge.ts';
import { placeFilesOf } from './placeFiles.ts';
import { sessionLogFolder } from './sessionLog.ts';
import type { SessionRules } from './sessionRules.ts';
import type { Judgement } from './spec/judgeTool.ts';

/** Reports whose payload is remembered; older ones are judged by what the status tells. */
const MAX_REPORTS = 200;

export interface RuledRequestsOptions {
  readonly manager: RuntimeManager;
  readonly rules: SessionRules;
  readonly onDidReport: Event<{ readonly agent: AgentInfo; readonly report: HookReport }>;
}

export class RuledRequests implements Disposable {
  readonly #options: RuledRequestsOptions;
  readonly #uses = new Map<string, HookReport['payload']>();
  readonly #listening: Disposable;

  constructor(options: RuledRequestsOptions) {
    this.#options = options;
    this.#listening = options.onDidReport(({ report }) => {
      if (report.answerTo === undefined && report.event !== 'PermissionRequest') return;
      this.#uses.set(report.id, report.payload);
      const [oldest] = this.#uses.keys();
      if (this.#uses.size > MAX_REPORTS && oldest !== undefined) this.#uses.delete(oldest);
    });
  }

  /** Undefined for an agent without rules. `whole`: the request is all of it, and not what a screen shows. Fails as reading the rules does. */
  async judge(agent: AgentInfo, request: ApprovalRequest, whole: boolean): Promise<Judgement | undefined> {
    const { manager, rules } = this.#options;
    const policy = await rules.of(agent);
    if (policy === undefined) return undefined;
    const folder = manager.get(agent.handle.runtimeId ?? agent.runtimeId)?.agentFolder?.(agent.agentId);
    const place = { ...placeFilesOf(manager, agent), controlsEgress: agent.network === 'restricted', gateFolders: [...(folder === undefined ? [] : [folder]), sessionLogFolder()] };
    const judgement = await (await loadJudge()).judgeRules(policy, { request, payload: this.#uses.get(request.id) }, place);
    const shown = judgement.verdict === 'allow' && !whole;
    return shown ? { ...judgement, verdict: 'ask', rule: 'unreadable', reason: 'Only a part of it can be seen.' } : judgement;
  }

  dispose(): void {
    this.#listening.dispose();
    this.#uses.clear();
  }
}
