// Where a window is signed in at, and by which token: the address in its own memory, the token in VS Code's store of secrets, this machine's id there.
import { hostname } from 'node:os';
import type * as vscode from 'vscode';
import * as z from 'zod';
import { jsonOf } from '../../base/json.ts';
import { HUB_MEMORY } from '../ids.ts';

export interface Account {
  readonly url: string;
  readonly token: string;
}

const SECRET = 'tmuxAgents.hub';
const RUNNERS = 'tmuxAgents.hub.runners';
const Stored = z.object({ url: z.string(), token: z.string() });

export interface AccountStores {
  readonly secrets: vscode.SecretStorage;
  /** Of all windows. */
  readonly memory: vscode.Memento;
}

export class HubAccount {
  readonly #stores: AccountStores;

  constructor(stores: AccountStores) {
    this.#stores = stores;
  }

  /** Undefined where nobody is signed in. */
  async read(): Promise<Account | undefined> {
    const stored = Stored.safeParse(jsonOf((await this.#stores.secrets.get(SECRET)) ?? ''));
    return stored.success ? stored.data : undefined;
  }

  async write(account: Account): Promise<void> {
    await this.#stores.secrets.store(SECRET, JSON.stringify(account));
    await this.#stores.memory.update(HUB_MEMORY, account.url);
  }

  async forget(): Promise<void> {
    await this.#stores.memory.update(HUB_MEMORY, undefined);
    await this.#stores.secrets.delete(SECRET);
  }

  /** Fires when another window signs in or out, too. */
  onDidChange(listener: () => void): vscode.Disposable {
    return this.#stores.secrets.onDidChange(({ key }) => key === SECRET && listener());
  }

  /** The id of this machine at that hub, once it is registered. */
  runnerId(url: string): string | undefined {
    return this.#runners()[keyOf(url)];
  }

  async keepRunnerId(url: string, runnerId: string): Promise<void> {
    await this.#stores.memory.update(RUNNERS, { ...this.#runners(), [keyOf(url)]: runnerId });
  }

  #runners(): Readonly<Record<string, string>> {
    return z.record(z.string(), z.string()).catch({}).parse(this.#stores.memory.get(RUNNERS) ?? {});
  }
}

/** VS Code's memory is one for all machines that its windows work on. */
function keyOf(url: string): string {
  return `${hostname()} ${url}`;
}
