// Everything that judges commands, with the shell's grammar that it needs: a bundle of its own, so only `loadJudge` may import it.
import type { ApprovalPolicy } from '../../protocol/approvalPolicy.ts';
import type { ApprovalRequest, WaitingKind } from '../../protocol/agentStatus.ts';
import type { Risk } from '../approvals/pendingApproval.ts';
import { riskOf, type RiskQuestion } from '../approvals/risk.ts';
import { decide, type PlaceFiles, type Verdict } from './decide.ts';
import { ruleFor } from './ruleFor.ts';
import { readShell } from './shellReading.ts';
import type { EventApprovalCategory } from '../../protocol/runnerEvent.ts';
import type { PolicySpec } from '../../protocol/sessionConfig.ts';
import { categoryOfUse } from './spec/requestCategory.ts';
import { judgeTool, type JudgedPlace, type Judgement } from './spec/judgeTool.ts';
import { toolUseOf, type ToolUse } from './spec/toolUse.ts';
import { toolKind } from './tools.ts';
import type { HookReport } from '../../providers/status/hookReport.ts';

/** How risky a request is, for people. */
export function judgeRisk(question: RiskQuestion): Risk {
  return riskOf(question, readShell);
}

/** Whether the policy allows it. Never throws. */
export function judgeRequest(policy: ApprovalPolicy, kind: WaitingKind, request: ApprovalRequest, place: PlaceFiles): Promise<Verdict> {
  return decide(policy, kind, request, place, readShell);
}

/** What "always" would add to the policy of a session; undefined where no rule says just this. */
export function ruleOf(request: ApprovalRequest): Partial<ApprovalPolicy> | undefined {
  return ruleFor(request, readShell);
}

/** What the rules of a session say of one use of a tool, by its hook's payload where that is known. Never throws. */
export function judgeRules(policy: PolicySpec, { request, payload }: { readonly request: ApprovalRequest; readonly payload: HookReport['payload'] }, place: JudgedPlace): Promise<Judgement> {
  return judgeTool(policy, payload === undefined ? useOf(request) : toolUseOf(payload), place, readShell);
}

/** What a request is about, whether there are rules or not. */
export function categoryOf(request: ApprovalRequest, workspace: string): EventApprovalCategory {
  return categoryOfUse(useOf(request), workspace, readShell);
}

function useOf(request: ApprovalRequest): ToolUse {
  const { tool, command, path, folder } = request;
  return { tool, kind: toolKind(request), paths: path === undefined ? [] : [path], ...(command === undefined ? {} : { command }), ...(folder === undefined ? {} : { folder }) };
}
