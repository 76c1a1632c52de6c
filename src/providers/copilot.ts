// GitHub Copilot CLI. Flags as in `copilot --help` of 1.0.102.
import { AIProvider } from './aiProvider.ts';
import type { Provider } from './provider.ts';

export const copilot: Provider = {
  id: AIProvider.COPILOT,
  label: 'GitHub Copilot CLI',
  description: "GitHub's coding agent",
  icon: 'github',
  executables: ['copilot'],
  npmPackage: '@github/copilot',
  installHint: 'Install it with "npm install -g @github/copilot", then run "copilot login".',
  argv: ['copilot'],
  task: ['--interactive={task}'],
  model: ['--model={model}'],
  autopilot: ['--allow-all'],
  resume: ['--resume={session}'],
  interruptKeys: ['Escape', 'Escape'],
};
