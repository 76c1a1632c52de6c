// Gemini CLI. Flags as in `gemini --help` of 0.61.0.
import { AIProvider } from './aiProvider.ts';
import type { Provider } from './provider.ts';

export const gemini: Provider = {
  id: AIProvider.GEMINI,
  label: 'Gemini CLI',
  description: "Google's coding agent",
  icon: 'star',
  executables: ['gemini'],
  npmPackage: '@google/gemini-cli',
  installHint: 'Install it with "npm install -g @google/gemini-cli", then run "gemini" once to sign in.',
  argv: ['gemini'],
  // One word, so that a task that begins with a dash is no option.
  task: ['--prompt-interactive={task}'],
  model: ['--model={model}'],
  autopilot: ['--approval-mode=yolo'],
  ask: ['--approval-mode=default'],
  resume: ['--resume={session}'],
  interruptKeys: ['Escape'],
};
