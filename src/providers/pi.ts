// pi. Flags as in `pi --help` of 0.73.1; the rest was seen in it at work.
import { AIProvider } from './aiProvider.ts';
import { conversationPlaces, piHome } from './keptHomes.ts';
import type { Provider } from './provider.ts';

export const pi: Provider = {
  id: AIProvider.PI,
  label: 'pi',
  description: 'A minimal coding agent',
  icon: 'symbol-numeric',
  executables: ['pi'],
  variables: ['PI_*'],
  npmPackage: '@mariozechner/pi-coding-agent',
  installHint: 'Install it with "npm install -g @mariozechner/pi-coding-agent", then give it an API key or run "/login" in it.',
  argv: ['pi'],
  version: ['--version'],
  task: ['{task}'],
  // It reads an option or a file's name, knows no "--", and takes the names of its subcommands.
  misreads: /^[-@]|^\S+$/,
  model: ['--model', '{model}'],
  // It never asks: there is nothing to switch.
  resume: ['--session', '{session}'],
  home: piHome,
  conversationPlace: conversationPlaces.pi,
  interruptKeys: ['Escape'],
  exit: { prompt: '/quit' },
};
