// Claude Code. Flags as in `claude --help` of 2.1.329.
import { AIProvider } from './aiProvider.ts';
import type { Provider } from './provider.ts';

export const claude: Provider = {
  id: AIProvider.CLAUDE,
  label: 'Claude Code',
  description: "Anthropic's coding agent",
  icon: 'sparkle',
  executables: ['claude'],
  npmPackage: '@anthropic-ai/claude-code',
  installHint: 'Install it with "npm install -g @anthropic-ai/claude-code", then run "claude" once to sign in.',
  argv: ['claude'],
  task: ['--', '{task}'],
  // `claude -- doctor` still runs its subcommand "doctor" (seen in 2.1.329).
  misreads: /^\S+$/,
  model: ['--model', '{model}'],
  // The setting answers the warning dialog, whose preselected answer is "No, exit".
  autopilot: ['--settings', '{"skipDangerousModePermissionPrompt":true}', '--permission-mode', 'bypassPermissions'],
  ask: ['--permission-mode', 'manual'],
  resume: ['--resume', '{session}'],
  interruptKeys: ['Escape'],
  // Without it root is refused the bypass; a container is the sandbox it asks about.
  isolatedAutopilotEnv: { IS_SANDBOX: '1' },
};
