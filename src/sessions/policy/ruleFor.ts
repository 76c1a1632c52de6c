// The rule that "always" makes where a CLI has none of its own: exactly these commands, or this kind of tool in the workspace.
import type { ApprovalPolicy } from '../../protocol/approvalPolicy.ts';
import { patternFault } from '../../protocol/commandPatternForm.ts';
import type { ApprovalRequest } from '../../protocol/agentStatus.ts';
import type { ShellReader } from './shellReading.ts';
import { toolKind } from './tools.ts';

/** What is to be added to a policy; undefined where no rule could say just this. */
export function ruleFor(request: ApprovalRequest, read: ShellReader): Partial<ApprovalPolicy> | undefined {
  switch (toolKind(request)) {
    case 'shell':
      return commandRules(request.command, read);
    case 'read':
      return { categories: ['read'] };
    case 'write':
      return { categories: ['edit'] };
    case 'network':
      return { categories: ['network'] };
    case 'other':
      return undefined;
  }
}

function commandRules(line: string | undefined, read: ShellReader): Partial<ApprovalPolicy> | undefined {
  if (line === undefined) return undefined;
  const { commands, doubts } = read(line);
  if (doubts.length > 0 || commands.length === 0) return undefined;
  // A redirection is no matter of words: no pattern speaks of it.
  if (commands.some(({ words, redirects, assigns }) => words.length === 0 || redirects.length > 0 || assigns.length > 0)) return undefined;
  const patterns = commands.map(({ words }) => words);
  if (patterns.some((words) => words.some(({ text, plain }) => !plain || text === '' || /[\s*]/.test(text)))) return undefined;
  const texts = [...new Set(patterns.map((words) => words.map(({ text }) => text).join(' ')))];
  return texts.every((text) => patternFault(text) === undefined) ? { commands: texts } : undefined;
}
