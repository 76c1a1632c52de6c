// An adapter for a provider, by the runner's id or this project's.
import { AgentsError } from '../../base/errors.ts';
import { builtInProviders } from '../../providers/builtIn.ts';
import { CliAdapter, unlisted, type AdapterOptions } from './cliAdapter.ts';
import { providerOf } from './providerNames.ts';

/** The ids that `createAdapter` takes; more come with a runner's `providerSettings`. */
export function adapterIds(): readonly string[] {
  return ['codex', 'claude_code', 'gemini_cli', ...Object.keys(unlisted), ...builtInProviders.map(({ id }) => id).filter((id) => id !== 'codex')];
}

/** Throws `not-found` for an unknown provider, `bad-input` for an API key where the provider has no place for one. */
export function createAdapter(providerId: string, options: AdapterOptions = {}): CliAdapter {
  const provider = providerOf(providerId);
  if (!builtInProviders.some(({ id }) => id === provider) && !(provider in unlisted)) {
    throw new AgentsError('not-found', `There is no provider "${providerId}".`, { hint: `There are: ${adapterIds().join(', ')}.` });
  }
  return new CliAdapter(providerId, options);
}
