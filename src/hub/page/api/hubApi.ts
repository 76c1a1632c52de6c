// The hub's REST, as far as the page uses it, by name.
import * as z from 'zod';
import type { NewToken, PatchUser, Role } from '../../../protocol/hubWire/hubRest.ts';
import { AuditEntry, HubTask, IssuedToken, Me, type NewTask, Placement, TokenInfo, User } from '../../../protocol/hubWire/hubRest.ts';
import { QueuedPrompt, SessionDiff } from '../../../protocol/hubWire/extension.ts';
import { RunnerEvent } from '../../../protocol/runnerEvent.ts';
import { type PatchRunner, Runner } from '../../../protocol/hubWire/sibylRest.ts';
import type { ApiClient } from './client.ts';

/** Whatever is answered: nothing of it is used. */
const Anything = z.unknown();

/** A list, bare or as the one list of an object. */
function listOf<T>(item: z.ZodType<T>, name: string): z.ZodType<readonly T[]> {
  return z.union([z.array(item), z.object({ [name]: z.array(item) }).transform((answer) => answer[name] ?? [])]);
}

export type Answer = { readonly ask_id: string } & ({ readonly decision: 'allow' | 'deny'; readonly note?: string } | { readonly words: string });

export class HubApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  readonly me = (): Promise<Me> => this.#client.call('GET', '/api/me', Me);
  readonly setup = (body: { readonly token: string; readonly name: string; readonly password: string }): Promise<Me> => this.#client.call('POST', '/api/auth/setup', Me, { body });
  readonly login = (body: { readonly name: string; readonly password: string }): Promise<Me> => this.#client.call('POST', '/api/auth/login', Me, { body });
  readonly logout = (): Promise<unknown> => this.#client.call('POST', '/api/auth/logout', Anything);

  readonly changePassword = (body: { readonly password: string; readonly new_password: string }): Promise<unknown> => this.#client.call('POST', '/api/auth/password', Anything, { body });

  readonly tokens = (): Promise<readonly TokenInfo[]> => this.#client.call('GET', '/api/tokens', listOf(TokenInfo, 'tokens'));
  readonly addToken = (body: z.infer<typeof NewToken>): Promise<IssuedToken> => this.#client.call('POST', '/api/tokens', IssuedToken, { body });
  readonly endToken = (id: string): Promise<unknown> => this.#client.call('DELETE', `/api/tokens/${encodeURIComponent(id)}`, Anything);

  readonly users = (): Promise<readonly User[]> => this.#client.call('GET', '/api/users', listOf(User, 'users'));
  readonly addUser = (body: { readonly name: string; readonly password: string; readonly role: Role }): Promise<User> => this.#client.call('POST', '/api/users', User, { body });
  readonly changeUser = (id: string, body: z.infer<typeof PatchUser>): Promise<User> => this.#client.call('PATCH', `/api/users/${encodeURIComponent(id)}`, User, { body });
  readonly addOrg = (body: { readonly name: string; readonly admin: { readonly name: string; readonly password: string } }): Promise<unknown> => this.#client.call('POST', '/api/orgs', Anything, { body });
  readonly audit = (page: { readonly before?: number; readonly limit: number }): Promise<readonly AuditEntry[]> => this.#client.call('GET', `/api/audit?limit=${page.limit}${page.before === undefined ? '' : `&before=${page.before}`}`, listOf(AuditEntry, 'entries'));

  readonly events = (id: string, after: number, limit: number): Promise<readonly RunnerEvent[]> => this.#client.call('GET', `${agentPath(id)}/events?after=${after}&limit=${limit}`, listOf(RunnerEvent, 'events'));
  readonly prompt = (id: string, text: string): Promise<unknown> => this.#client.call('POST', `${agentPath(id)}/prompt`, Anything, { body: { text } });
  readonly answer = (id: string, body: Answer): Promise<unknown> => this.#client.call('POST', `${agentPath(id)}/answer`, Anything, { body });
  readonly interrupt = (id: string): Promise<unknown> => this.#client.call('POST', `${agentPath(id)}/interrupt`, Anything, { body: {} });
  readonly kill = (id: string): Promise<unknown> => this.#client.call('POST', `${agentPath(id)}/kill`, Anything, { body: {} });
  readonly queue = (id: string): Promise<readonly QueuedPrompt[]> => this.#client.call('GET', `${agentPath(id)}/queue`, listOf(QueuedPrompt, 'prompts'));
  readonly unqueue = (id: string, promptId: string): Promise<unknown> => this.#client.call('DELETE', `${agentPath(id)}/queue/${encodeURIComponent(promptId)}`, Anything);
  readonly diff = (id: string): Promise<SessionDiff> => this.#client.call('GET', `${agentPath(id)}/diff`, SessionDiff);

  readonly addTask = (body: NewTask): Promise<HubTask> => this.#client.call('POST', '/api/tasks', HubTask, { body });
  readonly preview = (body: NewTask, signal: AbortSignal): Promise<Placement> => this.#client.call('POST', '/api/tasks/preview', Placement, { body, signal });
  readonly task = (id: string): Promise<HubTask> => this.#client.call('GET', `/api/tasks/${encodeURIComponent(id)}`, HubTask);
  readonly cancelTask = (id: string): Promise<unknown> => this.#client.call('POST', `/api/tasks/${encodeURIComponent(id)}/cancel`, Anything, { body: {} });
  readonly retryTask = (id: string): Promise<unknown> => this.#client.call('POST', `/api/tasks/${encodeURIComponent(id)}/retry`, Anything, { body: {} });
  readonly placement = (id: string): Promise<Placement> => this.#client.call('GET', `/api/tasks/${encodeURIComponent(id)}/placement`, Placement);

  readonly changeRunner = (id: string, body: PatchRunner): Promise<Runner> => this.#client.call('PATCH', `/api/runners/${encodeURIComponent(id)}`, Runner, { body });
  readonly removeRunner = (id: string): Promise<unknown> => this.#client.call('DELETE', `/api/runners/${encodeURIComponent(id)}`, Anything);
}

function agentPath(id: string): string {
  return `/api/agents/${encodeURIComponent(id)}`;
}
