// Registers a machine with a hub, by Sibyl's REST; also renews a runner that the hub knows by its name and host.
import { AgentsError, messageOf } from '../../../base/errors.ts';
import { faultLines } from '../../../protocol/config.ts';
import { HubFault } from '../../../protocol/hubWire/hubRest.ts';
import { RegisteredRunner, type RegisterRunner } from '../../../protocol/hubWire/sibylRest.ts';
import { jsonOf } from '../../../base/json.ts';
import * as z from 'zod';

export interface HubCall {
  /** `https://hub.example`: what is called is below its `/api`. */
  readonly serverUrl: string;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. Default 30,000. */
  readonly timeoutMs?: number | undefined;
}

/** Bytes of an answer. */
const LONGEST = 1024 * 1024;
const ISSUED = z.object({ token: z.string().min(1) });

/** Throws `policy-denied` where the hub refuses, `disconnected` where it is not reached or is no hub, `bad-input` for what it finds wrong. */
export function registerRunner(call: HubCall, runner: z.input<typeof RegisterRunner>): Promise<RegisteredRunner> {
  return post(call, '/api/runners/register', runner, RegisteredRunner);
}

/** An access token for a person's name and password. Hubs of others may not know this. */
export async function signIn(call: HubCall, person: { readonly name: string; readonly password: string }): Promise<string> {
  return (await post(call, '/api/auth/token', person, ISSUED)).token;
}

async function post<T>({ serverUrl, token, signal, timeoutMs = 30_000 }: HubCall, path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
  const deadline = AbortSignal.timeout(timeoutMs);
  let status: number;
  let text: string;
  try {
    const response = await fetch(`${serverUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
      // A token is shown to nobody but the server that was named.
      redirect: 'manual',
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    status = response.status;
    const target = response.headers.get('location');
    if (status >= 300 && status < 400) throw new AgentsError('bad-input', `${serverUrl} sends on to ${target ?? 'another address'}.`, { hint: 'Use that address for the server.' });
    text = await boundedText(response);
  } catch (error) {
    if (error instanceof AgentsError) throw error;
    if (signal?.aborted) throw new AgentsError('cancelled', 'Cancelled.', { cause: error });
    if (deadline.aborted) throw new AgentsError('timeout', `The hub at ${serverUrl} did not answer within ${timeoutMs / 1000} s.`, { hint: 'See that the address is right and that the hub runs.', cause: error });
    throw new AgentsError('disconnected', `The hub at ${serverUrl} cannot be reached: ${causeOf(error)}.`, { hint: 'See that the address is right and that the hub runs.', cause: error });
  }
  if (status !== 200 && status !== 201) throw refusal(serverUrl, status, text);
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new AgentsError('disconnected', `${serverUrl} is no hub: it answered with something else (${faultLines(parsed.error).slice(0, 3).join('; ')}).`, { hint: 'The address is that of the hub itself, without a path of its page.' });
}

function refusal(serverUrl: string, status: number, text: string): AgentsError {
  const fault = HubFault.partial().safeParse(jsonOf(text));
  const detail = fault.success ? (fault.data.error ?? (typeof fault.data.detail === 'string' ? fault.data.detail : undefined)) : undefined;
  const said = detail === undefined ? '' : ` It says: ${detail.slice(0, 300)}`;
  if (status === 401) return new AgentsError('policy-denied', `The hub at ${serverUrl} does not take this sign-in (401).${said}`, { hint: 'The token may have ended: get a new one from the hub.' });
  if (status === 403) return new AgentsError('policy-denied', `The hub at ${serverUrl} does not allow this (403).${said}`, { hint: 'Ask its admin for the right, or use another token.' });
  if (status === 429) return new AgentsError('limit-reached', `The hub at ${serverUrl} was asked too often (429).${said}`, { hint: 'Try again in a minute.' });
  if (status === 404) return new AgentsError('disconnected', `${serverUrl} is no hub: it does not know /api (404).`, { hint: 'The address is that of the hub itself, without a path of its page.' });
  if (status === 400 || status === 422) return new AgentsError('bad-input', `The hub at ${serverUrl} does not take this (${status}).${said}`);
  return new AgentsError('disconnected', `The hub at ${serverUrl} answered with HTTP status ${status}.${said}`, { hint: 'Try again later.' });
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > LONGEST) throw new AgentsError('disconnected', 'The answer is too long for one of a hub.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** fetch says "fetch failed", and why in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return ('code' in Object(cause) && typeof (cause as { code?: unknown }).code === 'string' ? `${(cause as { code: string }).code} ` : '') + messageOf(cause).slice(0, 200);
}
