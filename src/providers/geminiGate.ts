// Gemini CLI under a session's rules, where it takes no hooks from us: rules of its own policy engine. Pure functions.
import type { PolicySpec } from '../protocol/sessionConfig.ts';

/** Highest of the person's own tier. */
const DENY = 999;
const ASK = 998;

/** What may change something, or reach the network: the person is asked, whatever the approval mode. */
const ASKED = ['run_shell_command', 'write_file', 'replace', 'web_fetch', 'google_web_search', 'edit', 'save_memory'] as const;

/** A file for `--policy`: what is denied by its first words is denied, everything else that acts is asked about. Seen in 0.61.0. */
export function geminiPolicyFile({ shellDenylist }: PolicySpec): string {
  const rules = shellDenylist.map((pattern) => {
    const prefix = pattern.trim().replace(/\s+\*$/, '');
    return rule('run_shell_command', 'deny', DENY, prefix === '*' || prefix.includes('*') ? undefined : prefix, prefix !== '*' && prefix.includes('*'));
  });
  return [...rules.filter((text) => text !== undefined), ...ASKED.map((tool) => rule(tool, 'ask_user', ASK, undefined, false))].join('\n');
}

function rule(tool: string, decision: 'deny' | 'ask_user', priority: number, prefix: string | undefined, skip: boolean): string | undefined {
  if (skip) return undefined;
  return [
    '[[rule]]',
    `toolName = ${JSON.stringify(tool)}`,
    ...(prefix === undefined ? [] : [`commandPrefix = ${JSON.stringify(prefix)}`]),
    `decision = ${JSON.stringify(decision)}`,
    `priority = ${priority}`,
    ...(decision === 'deny' ? [`denyMessage = ${JSON.stringify(`The policy denies ${prefix === undefined ? 'every command' : `"${prefix}"`}.`)}`] : []),
    '',
  ].join('\n');
}
