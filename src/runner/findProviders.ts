// Which agents' programs a runtime has, where it would run them: for the picker and whoever else asks before a spawn.
import type { Provider } from '../providers/provider.ts';
import type { ProviderRegistry } from '../providers/providerRegistry.ts';
import type { AgentRuntime } from '../runtimes/types.ts';

/** `unknown`: the runtime cannot tell. */
export type Presence = { readonly state: 'installed'; readonly version?: string } | { readonly state: 'missing' } | { readonly state: 'unknown' };

/** By provider id. Fails as the runtime does (an engine that does not answer, an image that is missing). */
export async function findProviders({ all }: ProviderRegistry, runtime: AgentRuntime, { versions = true }: { readonly versions?: boolean } = {}): Promise<ReadonlyMap<string, Presence>> {
  if (runtime.findPrograms === undefined) return new Map(all.map(({ id }) => [id, { state: 'unknown' }]));
  const facts = await runtime.findPrograms(all.flatMap((provider) => provider.executables.map((program) => ({ program, ...(versions ? { version: provider.version } : {}) }))));
  const presenceOf = ({ executables }: Provider): Presence => {
    const found = executables.map((program) => facts.get(program));
    if (found.includes(undefined)) return { state: 'missing' };
    const version = found[0]?.version;
    return { state: 'installed', ...(version === undefined ? {} : { version }) };
  };
  return new Map(all.map((provider) => [provider.id, presenceOf(provider)]));
}
