// Cursor's agent. Flags from its documentation (cursor.com/docs/cli/reference/parameters); unproven, it cannot be run without an account.
import { AIProvider } from './aiProvider.ts';
import type { Provider } from './provider.ts';

export const cursorAgent: Provider = {
  id: AIProvider.CURSOR_AGENT,
  label: 'Cursor Agent',
  description: "Cursor's coding agent",
  icon: 'inspect',
  executables: ['cursor-agent'],
  variables: ['CURSOR_*'],
  installHint: 'Install it with "curl https://cursor.com/install -fsS | bash", then run "cursor-agent login".',
  hosts: ['*.cursor.sh'],
  argv: ['cursor-agent'],
  version: ['--version'],
  task: ['--', '{task}'],
  // The names of its subcommands.
  misreads: /^\S+$/,
  model: ['--model', '{model}'],
  autopilot: ['--force'],
  resume: ['--resume={session}'],
  interruptKeys: ['C-c'],
  exit: { prompt: '/quit' },
};
