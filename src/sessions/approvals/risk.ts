// How risky a request is, from what is known of it: the tool, the command by its grammar, the path. A guess for people, never a permission.
import type { ApprovalRequest, WaitingKind } from '../../protocol/agentStatus.ts';
import { dangersOf, inPath, worstFirst, type Finding } from '../policy/dangers.ts';
import type { ShellReader } from '../policy/shellReading.ts';
import { toolKind } from '../policy/tools.ts';
import type { Risk } from './pendingApproval.ts';

export interface RiskQuestion {
  readonly kind: WaitingKind;
  readonly request: ApprovalRequest;
  /** Absolute, in the place where the agent runs. */
  readonly workspace: string;
}

/** Pure. At most four reasons, the worst first. */
export function riskOf({ kind, request, workspace }: RiskQuestion, read: ShellReader): Risk {
  switch (kind) {
    case 'trust':
      return { level: 'high', reasons: ['it lets the agent act on everything in this folder, settings and scripts of the folder included'] };
    case 'login':
      return { level: 'high', reasons: ['it asks for an account: answer it in the terminal'] };
    case 'question':
      return { level: 'low', reasons: ['it is a question, nothing runs'] };
    case 'permission':
    case 'other':
      break;
  }
  const findings = requestFindings(request, workspace, read);
  const [worst] = findings;
  if (worst === undefined) return { level: 'low', reasons: ['it only reads in the workspace'] };
  return { level: worst.level, reasons: [...new Set(findings.map(({ reason }) => reason))].slice(0, 4) };
}

/** Everything of note about a request, the worst first; nothing for what only reads in the workspace. */
function requestFindings(request: ApprovalRequest, workspace: string, read: ShellReader): readonly Finding[] {
  const tool = toolKind(request);
  const findings: Finding[] = request.path === undefined ? [] : [...inPath(request.path.includes('/') ? request.path : `./${request.path}`, workspace, tool === 'read')];
  switch (tool) {
    case 'shell':
      if (request.command === undefined) findings.push({ kind: 'unreadable', level: 'high', reason: 'its command is not known' });
      else findings.push(...dangersOf(read(request.command), read, workspace));
      break;
    case 'network':
      findings.push({ kind: 'network', level: 'high', reason: `it reaches the network (${request.tool ?? 'a tool'})` });
      break;
    case 'write':
      findings.push({ kind: 'change', level: 'medium', reason: request.path === undefined ? 'it changes files' : `it changes ${request.path}` });
      break;
    case 'other':
      findings.push({ kind: 'change', level: 'medium', reason: request.tool === undefined ? 'what it would do is not told' : `what ${request.tool} does is not known here` });
      break;
    case 'read':
      break;
  }
  return worstFirst(findings);
}
