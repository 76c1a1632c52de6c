// Claude Code. Flags as in `claude --help` of 2.1.329; the rest was seen in it at work.
import { AIProvider } from './aiProvider.ts';
import { claudeHooks } from './hooks/hookSettings.ts';
import { conversationPlaces, claudeHome } from './keptHomes.ts';
import type { Preparation, PreparePlace, Provider } from './provider.ts';

const SETTINGS = 'claude.json';
const MCP = 'claude-mcp.json';

export const claude: Provider = {
  id: AIProvider.CLAUDE,
  label: 'Claude Code',
  description: "Anthropic's coding agent",
  icon: 'sparkle',
  executables: ['claude'],
  variables: ['ANTHROPIC_*', 'CLAUDE_*', 'DISABLE_TELEMETRY', 'DISABLE_ERROR_REPORTING', 'DISABLE_AUTOUPDATER', 'MAX_THINKING_TOKENS'],
  npmPackage: '@anthropic-ai/claude-code',
  installHint: 'Install it with "npm install -g @anthropic-ai/claude-code", then run "claude" once to sign in.',
  hosts: ['api.anthropic.com', 'platform.claude.com', 'claude.ai'],
  argv: ['claude'],
  version: ['--version'],
  task: ['--', '{task}'],
  // `claude -- doctor` still runs its subcommand "doctor".
  misreads: /^\S+$/,
  model: ['--model', '{model}'],
  permission: ['--permission-mode', '{mode}'],
  mcp: true,
  // The setting answers the warning dialog, whose preselected answer is "No, exit".
  autopilot: ['--settings', '{"skipDangerousModePermissionPrompt":true}', '--permission-mode', 'bypassPermissions'],
  ask: ['--permission-mode', 'manual'],
  conversation: ['--session-id', '{session}'],
  resume: ['--resume', '{session}'],
  farewell: /^claude (?:.* )?--resume ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  home: claudeHome,
  conversationPlace: conversationPlaces.claude,
  interruptKeys: ['Escape'],
  exit: { prompt: '/exit' },
  // In tmux its title never changes, and OSC 7501 comes only where the terminal answers a query that tmux does not. No hook fires on Escape or a denial.
  signals: { sources: ['hooks', 'statusFile'], blind: { hooks: ['working', 'waiting'] } },
  gate: 'claude',
  prepare,
  // Without it root is refused the bypass; a container is the sandbox it asks about.
  isolatedAutopilotEnv: { IS_SANDBOX: '1' },
};

function prepare({ agentFolder, autoPilot, report, trusted, mcpServers, environment, isolated, gate }: PreparePlace): Preparation {
  const hasMcp = Object.keys(mcpServers).length > 0;
  const settings = { hooks: claudeHooks(report, gate?.command), ...claudeDenials(gate), ...(autoPilot === true ? { skipDangerousModePermissionPrompt: true } : {}) };
  return {
    // Of several `--settings` the last one counts.
    argv: ['--settings', `${agentFolder}/${SETTINGS}`, ...(hasMcp ? ['--mcp-config', `${agentFolder}/${MCP}`] : [])],
    // It has no flag for "this folder is trusted"; this variable means that and nothing more.
    env: { DISABLE_AUTOUPDATER: '1', ...(trusted ? { CLAUDE_CODE_SANDBOXED: '1' } : {}) },
    files: [{ name: SETTINGS, content: json(settings) }, ...(hasMcp ? [{ name: MCP, content: json({ mcpServers }) }] : [])],
    ...(isolated ? { homeFiles: [{ name: '.claude.json', content: json(firstStart(environment['ANTHROPIC_API_KEY'])) }] } : {}),
  };
}

/** What its own rules say exactly, too: they hold though every hook were gone. */
function claudeDenials(gate: PreparePlace['gate']): Record<string, unknown> {
  const denied = gate?.policy.shellDenylist.flatMap((pattern) => (pattern.trim() === '*' ? ['Bash'] : /^[\w./-]+$/.test(pattern) ? [`Bash(${pattern}:*)`] : [])) ?? [];
  return denied.length === 0 ? {} : { permissions: { deny: denied } };
}

/** What its first start asks for; of a key that was approved it keeps the last 20 characters itself. */
function firstStart(apiKey: string | undefined): Record<string, unknown> {
  return { hasCompletedOnboarding: true, theme: 'dark', ...(apiKey === undefined ? {} : { customApiKeyResponses: { approved: [apiKey.slice(-20)] } }) };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
