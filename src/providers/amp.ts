// Amp. Flags from its manual (ampcode.com/manual); unproven, it cannot be run without an account.
import { AIProvider } from './aiProvider.ts';
import type { Provider } from './provider.ts';

export const amp: Provider = {
  id: AIProvider.AMP,
  label: 'Amp',
  description: 'A coding agent by Sourcegraph',
  icon: 'zap',
  executables: ['amp'],
  variables: ['AMP_*'],
  npmPackage: '@sourcegraph/amp',
  installHint: 'Install it with "npm install -g @sourcegraph/amp", then run "amp login".',
  hosts: ['ampcode.com'],
  argv: ['amp'],
  version: ['--version'],
  // It takes a prompt as an argument only where it ends after the answer.
  queuesTask: true,
  autopilot: ['--dangerously-allow-all'],
  resume: ['threads', 'continue', '{session}'],
  interruptKeys: ['C-c'],
  exit: { keys: ['C-c', 'C-c'] },
};
