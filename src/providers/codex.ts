// OpenAI Codex CLI. Flags as in `codex --help` and `codex resume --help` of 0.169.0.
import { AIProvider } from './aiProvider.ts';
import type { Provider } from './provider.ts';

export const codex: Provider = {
  id: AIProvider.CODEX,
  label: 'Codex',
  description: "OpenAI's coding agent",
  icon: 'hubot',
  executables: ['codex'],
  npmPackage: '@openai/codex',
  installHint: 'Install it with "npm install -g @openai/codex", then run "codex login".',
  // Without it a shared server outlives the terminal, and one agent's environment leaks into another's.
  argv: ['codex', '--no-daemon'],
  task: ['--', '{task}'],
  model: ['--model', '{model}'],
  autopilot: ['--dangerously-bypass-approvals-and-sandbox'],
  ask: ['--ask-for-approval', 'on-request'],
  // Its own sandbox cannot start in a default container, which is a sandbox already.
  isolated: ['--sandbox', 'danger-full-access'],
  resume: ['resume', '{session}'],
  interruptKeys: ['Escape'],
};
