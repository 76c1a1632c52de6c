// opencode under a session's rules: a plugin of this run that asks the gate before each tool, and rules of its own. Pure functions.
import type { PolicySpec } from '../protocol/sessionConfig.ts';
import type { Words } from './provider.ts';

export const OPENCODE_PLUGIN_FILE = 'gate.mjs';

/** The plugin (seen in 1.18.33): what `tool.execute.before` throws is the tool's error, and the tool does not run. */
export function opencodePlugin(command: Words): string {
  return `// Asks the policy of tmux-agents before a tool is used.
import { spawn } from 'node:child_process';

const [program, ...args] = ${JSON.stringify(command)};

function decide(payload) {
  return new Promise((resolve, reject) => {
    const gate = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    let answer = '';
    gate.stdout.on('data', (chunk) => (answer += chunk));
    gate.on('error', reject);
    gate.on('close', (code) => (code === 0 ? resolve(answer.trim()) : reject(new Error('The gate of the policy ended without an answer.'))));
    gate.stdin.on('error', () => undefined);
    gate.stdin.end(JSON.stringify(payload));
  });
}

export const TmuxAgentsGate = async () => ({
  'tool.execute.before': async (input, output) => {
    const answer = await decide({ session_id: input.sessionID, hook_event_name: 'PreToolUse', tool_name: input.tool, tool_input: output.args ?? {} });
    if (answer === '') return;
    const { decision, reason } = JSON.parse(answer);
    if (decision !== 'allow') throw new Error(reason ?? 'The policy denies it.');
  },
});
`;
}

/** `permission.bash` of its settings: what is denied by its first words. The last rule that matches counts. */
export function opencodeDenials({ shellDenylist }: PolicySpec): Readonly<Record<string, 'deny'>> {
  return Object.fromEntries(
    shellDenylist.flatMap((pattern) => {
      const prefix = pattern.trim().replace(/\s+\*$/, '');
      return prefix === '*' ? [['*', 'deny'] as const] : [[prefix, 'deny'] as const, [`${prefix} *`, 'deny'] as const];
    }),
  );
}
