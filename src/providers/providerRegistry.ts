// The providers there are: the built-in ones, changed and added to by the settings.
import { AgentsError } from '../base/errors.ts';
import type { ProviderConfig } from '../protocol/config.ts';
import { builtInProviders } from './builtIn.ts';
import { custom } from './custom.ts';
import type { Provider } from './provider.ts';

export interface ProviderRegistry {
  /** In the order pickers show them: built-in ones first, then the user's own. */
  readonly all: readonly Provider[];
  readonly find: (id: string) => Provider | undefined;
  /** Throws `not-found`, naming those there are. */
  readonly get: (id: string) => Provider;
}

/** Settings for a built-in id replace what they give; any other id is a provider of its own. */
export function createProviderRegistry(settings: Readonly<Record<string, ProviderConfig>> = {}): ProviderRegistry {
  const providers = new Map(builtInProviders.map((provider) => [provider.id, provider]));
  for (const [id, changes] of Object.entries(settings)) providers.set(id, withChanges(providers.get(id) ?? ownProvider(id), changes));
  return {
    all: [...providers.values()],
    find: (id) => providers.get(id),
    get: (id) => {
      const provider = providers.get(id);
      if (provider !== undefined) return provider;
      throw new AgentsError('not-found', `There is no provider "${id}".`, { hint: `Known providers: ${[...providers.keys()].join(', ')}. More can be added in the settings under "providers".` });
    },
  };
}

function ownProvider(id: string): Provider {
  return { ...custom, id, label: id, description: 'From your settings', installHint: `Check the setting "providers.${id}.argv".` };
}

function withChanges(provider: Provider, changes: ProviderConfig): Provider {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<Provider>;
  const program = changes.argv?.[0];
  return { ...provider, ...given, ...(program === undefined ? {} : { executables: [program] }) };
}
