// The adapters that sessions are started with, by provider id.
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError } from '../../base/errors.ts';
import type { ProviderAdapter } from './providerAdapter.ts';

export class AdapterRegistry implements Disposable {
  readonly #adapters = new Map<string, ProviderAdapter>();

  /** Takes the place of one with the same id, which is not disposed: whoever made it may still use it. */
  register(adapter: ProviderAdapter): void {
    this.#adapters.set(adapter.id, adapter);
  }

  unregister(id: string): boolean {
    return this.#adapters.delete(id);
  }

  has(id: string): boolean {
    return this.#adapters.has(id);
  }

  find(id: string): ProviderAdapter | undefined {
    return this.#adapters.get(id);
  }

  /** Throws `not-found`, naming those there are. */
  get(id: string): ProviderAdapter {
    const adapter = this.#adapters.get(id);
    if (adapter !== undefined) return adapter;
    throw new AgentsError('not-found', `There is no adapter for the provider "${id}".`, { hint: this.#adapters.size === 0 ? 'None was registered.' : `There are: ${this.ids().join(', ')}.` });
  }

  ids(): string[] {
    return [...this.#adapters.keys()];
  }

  list(): ProviderAdapter[] {
    return [...this.#adapters.values()];
  }

  dispose(): void {
    for (const adapter of this.#adapters.values()) adapter.dispose?.();
    this.#adapters.clear();
  }
}
