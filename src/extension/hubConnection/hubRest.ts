// A hub's REST as a window needs it: signing in, who one is, registering this machine, and acts on agents. Knows no VS Code.
import { hostname } from 'node:os';
import * as z from 'zod';
import { AgentsError, messageOf, type ErrorReason } from '../../base/errors.ts';
import { jsonOf } from '../../base/json.ts';
import { ActDone } from '../../protocol/hubWire/agentsRest.ts';
import { QueuedPrompt, SessionDiff } from '../../protocol/hubWire/extension.ts';
import { HubFault, IssuedToken, Me } from '../../protocol/hubWire/hubRest.ts';
import { RegisteredRunner } from '../../protocol/hubWire/sibylRest.ts';
import { hubSocketUrl } from '../../runner/hubLink/hubAddress.ts';

/** Milliseconds that a call may take; an act on an agent waits for its runner. */
const CALL_MS = 20_000;
const ACT_MS = 150_000;
/** Bytes of an answer: a diff is the longest. */
const MOST_BYTES = 4 * 1024 * 1024;

export class HubRest {
  readonly #base: string;
  readonly #token: string | undefined;

  /** Throws `bad-input` for an address that is none. */
  constructor(serverUrl: string, token?: string) {
    this.#base = hubSocketUrl(serverUrl, '').href.replace(/^ws/, 'http').replace(/\/$/, '');
    this.#token = token;
  }

  /** As people write it: `https://hub.example`. */
  get address(): string {
    return this.#base;
  }

  /** A token for this window's machine, by name and password. Throws `policy-denied` for a wrong one. */
  async signIn(name: string, password: string): Promise<string> {
    return (await this.#call('POST', '/api/auth/token', IssuedToken, { body: { name, password, token_name: `VS Code on ${hostname()}`.slice(0, 100) } })).token;
  }

  me(): Promise<Me> {
    return this.#call('GET', '/api/me', Me);
  }

  /** This machine as a runner of the person's; the same one each time. */
  async register(version: string): Promise<string> {
    const host = hostname().slice(0, 200) || 'unknown';
    const body = { name: `${host} (VS Code)`, hostname: host, capabilities: [], max_concurrent_agents: 1, client_version: version.slice(0, 32) };
    return (await this.#call('POST', '/api/runners/register', RegisteredRunner, { body })).id;
  }

  prompt(agentId: string, text: string): Promise<ActDone> {
    return this.#act(agentId, 'prompt', { text });
  }

  answer(agentId: string, answer: { readonly ask_id: string; readonly decision?: 'allow' | 'deny'; readonly words?: string; readonly note?: string }): Promise<ActDone> {
    return this.#act(agentId, 'answer', answer);
  }

  interrupt(agentId: string): Promise<ActDone> {
    return this.#act(agentId, 'interrupt');
  }

  kill(agentId: string): Promise<ActDone> {
    return this.#act(agentId, 'kill');
  }

  async queue(agentId: string): Promise<readonly QueuedPrompt[]> {
    return (await this.#call('GET', `/api/agents/${encodeURIComponent(agentId)}/queue`, z.object({ prompts: z.array(QueuedPrompt) }), { timeoutMs: ACT_MS })).prompts;
  }

  diff(agentId: string): Promise<SessionDiff> {
    return this.#call('GET', `/api/agents/${encodeURIComponent(agentId)}/diff`, SessionDiff, { timeoutMs: ACT_MS });
  }

  #act(agentId: string, act: string, body?: unknown): Promise<ActDone> {
    return this.#call('POST', `/api/agents/${encodeURIComponent(agentId)}/${act}`, ActDone, { body, timeoutMs: ACT_MS });
  }

  /** Throws the hub's own fault; `disconnected` where it cannot be reached, `timeout`, and `unsupported` for an answer that is none of a hub. */
  async #call<T>(method: 'GET' | 'POST', path: string, schema: z.ZodType<T>, { body, timeoutMs = CALL_MS }: { readonly body?: unknown; readonly timeoutMs?: number } = {}): Promise<T> {
    const { status, text } = await this.#fetch(method, path, body, timeoutMs);
    const value = jsonOf(text);
    if (status >= 400) throw faultOf(status, value, this.#base);
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw new AgentsError('unsupported', `What answers at ${this.#base} is no hub that this version understands.`, { hint: 'Check the address.', cause: parsed.error });
    return parsed.data;
  }

  async #fetch(method: string, path: string, body: unknown, timeoutMs: number): Promise<{ readonly status: number; readonly text: string }> {
    const headers = { accept: 'application/json', ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    try {
      // A redirection would carry the token elsewhere.
      const response = await fetch(`${this.#base}${path}`, { method, headers, redirect: 'error', signal: AbortSignal.timeout(timeoutMs), ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      return { status: response.status, text: await boundedText(response) };
    } catch (error) {
      if (error instanceof AgentsError) throw error;
      if (error instanceof Error && error.name === 'TimeoutError') throw new AgentsError('timeout', `The hub at ${this.#base} did not answer within ${timeoutMs / 1000} s.`, { cause: error });
      const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
      throw new AgentsError('disconnected', `The hub at ${this.#base} cannot be reached: ${cause}`, { cause: error });
    }
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new AgentsError('unsupported', 'The hub answers with more than is taken.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const reasons: ReadonlySet<string> = new Set<ErrorReason>(['bad-input', 'cancelled', 'timeout', 'not-found', 'name-taken', 'disconnected', 'unsupported', 'stale', 'answered-already', 'git-failed', 'invalid-transition', 'limit-reached', 'policy-denied', 'internal', 'runtime-unavailable', 'folder-missing']);

function faultOf(status: number, value: unknown, base: string): AgentsError {
  const { data } = HubFault.safeParse(value);
  if (data === undefined) return new AgentsError(status === 401 || status === 403 ? 'policy-denied' : 'unsupported', `What answers at ${base} says ${status} where a hub is asked.`, { hint: 'Check the address.' });
  // As the hub writes our reasons.
  const code = data.code.toLowerCase().replaceAll('_', '-');
  const reason = reasons.has(code) ? (code as ErrorReason) : status === 401 || status === 403 ? 'policy-denied' : 'internal';
  return new AgentsError(reason, data.error, data.hint === undefined ? {} : { hint: data.hint });
}
