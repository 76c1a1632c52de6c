// Which agents are installed where they would run: looked up while a person answers other questions, in words for the picker.
import { waitFor } from '../../base/wait.ts';
import type { Provider } from '../../providers/provider.ts';
import type { ProviderRegistry } from '../../providers/providerRegistry.ts';
import { findProviders, type Presence } from '../../runner/findProviders.ts';
import type { Fleet } from '../fleet.ts';

export type Presences = ReadonlyMap<string, Presence>;

/** What is known of one runtime. */
export interface Look {
  /** Resolves within a second, with what is known by then; undefined where that is nothing. Never rejects. */
  readonly soon: Promise<Presences | undefined>;
  /** Resolves when all is known, versions included; undefined where it cannot be told. Never rejects. */
  readonly complete: Promise<Presences | undefined>;
}

/** Milliseconds that a question of the picker waits for what is installed. */
const SOON_MS = 1_000;

/** One picker's looks, each begun at first need. */
export class ProviderPresence {
  readonly #fleet: Fleet;
  readonly #providers: ProviderRegistry;
  readonly #looks = new Map<string, Look>();

  constructor(fleet: Fleet, providers: ProviderRegistry) {
    this.#fleet = fleet;
    this.#providers = providers;
  }

  in(runtimeId: string): Look {
    const look = this.#looks.get(runtimeId) ?? this.#begin(runtimeId);
    this.#looks.set(runtimeId, look);
    return look;
  }

  #begin(runtimeId: string): Look {
    const find = (versions: boolean): Promise<Presences | undefined> =>
      this.#fleet
        .use(async (manager) => {
          const runtime = manager.get(runtimeId);
          // In an image each look costs a container: there is one, for all.
          return runtime === undefined ? undefined : findProviders(this.#providers, runtime, { versions: versions || runtime.isolates === true });
        })
        .catch(() => undefined);
    const complete = find(true);
    const soon = waitFor(find(false), { timeoutMs: SOON_MS, what: 'the agents to be looked for' }).catch(() => undefined);
    return { soon, complete };
  }
}

/** What a row says of a provider: a description, and how to get what is missing. `isolated`: it would run in a container. */
export function presenceText(provider: Provider, presence: Presence | undefined, { isolated }: { readonly isolated: boolean }): { readonly description: string; readonly detail?: string } {
  if (presence?.state === 'installed') return { description: [provider.description, ...(presence.version === undefined ? [] : [presence.version])].join(' · ') };
  if (presence?.state !== 'missing') return { description: provider.description };
  if (!isolated) return { description: `${provider.description} (not found on this machine)`, detail: provider.installHint };
  const hint = provider.npmPackage === undefined ? 'Use an image that has it: name it in the setting tmuxAgents.docker.image.' : 'Put it into the image with the command "Agents: Build Docker Image…".';
  return { description: `${provider.description} (not in the image)`, detail: hint };
}

/** What a runtime's row says of the provider that was chosen; empty while nothing is known. */
export function presenceThere(provider: Provider, presence: Presence | undefined): string {
  if (presence?.state === 'missing') return `${provider.label} is not installed there`;
  return presence?.state === 'installed' && presence.version !== undefined ? `${provider.label} ${presence.version}` : '';
}

/** Those that can run first, then those that still need a command, then those that are not installed; each group in its own order. */
export function installedFirst(providers: readonly Provider[], presences: Presences | undefined): readonly Provider[] {
  if (presences === undefined) return providers;
  const rank = ({ id, argv }: Provider): number => (presences.get(id)?.state === 'missing' ? 2 : argv.length === 0 ? 1 : 0);
  return providers.toSorted((one, other) => rank(one) - rank(other));
}
