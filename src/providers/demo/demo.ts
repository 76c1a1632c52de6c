// The demo agent as a provider: needs no account, no network and nothing but a POSIX shell.
import { AIProvider } from '../aiProvider.ts';
import type { Provider } from '../provider.ts';
import { demoAgentScript } from './demoAgent.ts';

export const demo: Provider = {
  id: AIProvider.DEMO,
  label: 'Demo agent',
  description: 'A scripted demo: no AI, no account, changes nothing',
  icon: 'beaker',
  executables: [],
  installHint: 'It needs nothing but a POSIX shell.',
  argv: ['sh', '-c', demoAgentScript, 'tmux-agents-demo'],
  task: ['--', '{task}'],
  model: ['--model', '{model}'],
  autopilot: ['--autopilot'],
  ask: ['--ask'],
  resume: ['--resume', '{session}'],
  exit: { prompt: '/exit' },
  signals: { sources: ['osc7501', 'title'] },
};
