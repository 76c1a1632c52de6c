// Loads what judges commands (130 KB with its grammar) when the first request is looked at.
import type * as shellJudge from './shellJudge.ts';

export type Judge = Pick<typeof shellJudge, 'judgeRisk' | 'judgeRequest' | 'judgeRules' | 'ruleOf' | 'categoryOf'>;

let loading: Promise<Judge> | undefined;

export function loadJudge(): Promise<Judge> {
  loading ??= import('./shellJudge.ts');
  return loading;
}
