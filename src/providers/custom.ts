// Any program: named in the settings (`providers.custom.argv`) or given for one agent.
import { AIProvider } from './aiProvider.ts';
import type { Provider } from './provider.ts';

export const custom: Provider = {
  id: AIProvider.CUSTOM,
  label: 'Custom command',
  description: 'Any program of yours, from the settings',
  icon: 'terminal',
  executables: [],
  installHint: 'Name the program and its arguments in the setting "providers.custom.argv".',
  argv: [],
};
