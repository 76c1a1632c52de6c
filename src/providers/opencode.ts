// opencode. Flags as in `opencode --help` of 1.18.33.
import { AIProvider } from './aiProvider.ts';
import type { Provider } from './provider.ts';

export const opencode: Provider = {
  id: AIProvider.OPENCODE,
  label: 'opencode',
  description: 'The open source coding agent',
  icon: 'code',
  executables: ['opencode'],
  npmPackage: 'opencode-ai',
  installHint: 'Install it with "npm install -g opencode-ai", then run "opencode auth login".',
  argv: ['opencode'],
  task: ['--prompt={task}'],
  // Quotes around the whole value are taken off (seen in 1.18.33).
  misreads: /^["']/,
  model: ['--model={model}'],
  autopilot: ['--auto'],
  resume: ['--session={session}'],
  interruptKeys: ['Escape', 'Escape'],
};
