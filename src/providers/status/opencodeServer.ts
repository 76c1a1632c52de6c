// The HTTP server of one opencode: asked from this machine, or by curl in the container that it listens in. The password is in no argv.
import { createParser } from 'eventsource-parser';
import * as z from 'zod';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import type { ExecStream, Executor } from '../../exec/executor.ts';
import { OpencodePermission, OpencodeQuestion, OpencodeSnapshot } from './opencodeState.ts';

/** Where it listens, in its own place. */
export const OpencodeAddress = z.object({ port: z.int().min(1).max(65_535), password: z.string().optional() });
export type OpencodeAddress = z.infer<typeof OpencodeAddress>;

/** Milliseconds that an answer may take. */
const ANSWER_MS = 15_000;
/** Bytes of an answer that are read. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Milliseconds without a byte after which the stream is taken for dead; a heartbeat comes every ten seconds. */
const SILENCE_MS = 35_000;

/** Milliseconds that a server may take to answer whether it is there. */
const READY_MS = 3_000;

/** Seconds that a server in a container may take to listen. */
const LISTEN_SECONDS = 90;

/** Milliseconds until the first byte of a stream: a server that is just starting accepts requests that it never answers. */
const FIRST_MS = { here: 5_000, there: 20_000 } as const;

/** How requests get there. */
interface Transport {
  /** Resolves when the server answers. */
  ready(signal: AbortSignal): Promise<void>;
  /** Resolves with the bodies, in order, when all succeed. */
  get(paths: readonly string[]): Promise<readonly string[]>;
  post(path: string, body: unknown): Promise<void>;
  /** Calls back with each piece of the body; resolves when it ends. */
  stream(path: string, piece: (text: string) => void, signal: AbortSignal): Promise<void>;
}

export class OpencodeServer {
  /** True where `ready` itself waits until the server listens. */
  readonly waits: boolean;
  readonly #transport: Transport;

  /** With an executor the server is asked from within the place; without, on this machine. */
  constructor(address: OpencodeAddress, executor?: Executor) {
    this.waits = executor !== undefined;
    this.#transport = executor === undefined ? fromHere(address) : fromWithin(address, executor);
  }

  async snapshot(): Promise<OpencodeSnapshot> {
    const [sessions, permissions, questions] = await this.#transport.get(['/session/status', '/permission', '/question']);
    return OpencodeSnapshot.parse({ sessions: parsed(sessions), permissions: parsed(permissions), questions: parsed(questions) });
  }

  /** Resolves when the server answers; in a container it is waited for there, else this fails at once. */
  ready(signal: AbortSignal): Promise<void> {
    return this.#transport.ready(signal);
  }

  /** Calls back with the JSON of each event until the stream ends, fails, is silent for too long, or the signal fires. */
  async follow(event: (json: string) => void, signal: AbortSignal): Promise<void> {
    const silence = new AbortController();
    const until = AbortSignal.any([signal, silence.signal]);
    let timer: NodeJS.Timeout | undefined;
    const alive = (forMs = SILENCE_MS): void => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), forMs);
      timer.unref();
    };
    let pending = 0;
    const parser = createParser({
      onEvent: ({ data }) => {
        pending = 0;
        event(data);
      },
    });
    alive(this.waits ? FIRST_MS.there : FIRST_MS.here);
    try {
      await this.#transport.stream(
        '/event',
        (text) => {
          alive();
          pending += text.length;
          if (pending > MAX_BYTES) throw new AgentsError('internal', 'opencode sent an event without an end.');
          parser.feed(text);
        },
        until,
      );
    } finally {
      clearTimeout(timer);
    }
  }

  async permissions(): Promise<OpencodePermission[]> {
    return z.array(OpencodePermission).parse(parsed((await this.#transport.get(['/permission']))[0]));
  }

  async questions(): Promise<OpencodeQuestion[]> {
    return z.array(OpencodeQuestion).parse(parsed((await this.#transport.get(['/question']))[0]));
  }

  /** Every message of a session with its parts, as the server gives them: `src/sessions/usage/opencodeUsage.ts` knows the shape. */
  async messages(sessionId: string): Promise<unknown> {
    return parsed((await this.#transport.get([`/session/${encodeURIComponent(sessionId)}/message`]))[0]);
  }

  /** Answers a permission; `message` goes to the model with a `reject`. Fails with `stale` when nobody waits for it any more. */
  async replyPermission(id: string, reply: 'once' | 'always' | 'reject', message?: string): Promise<void> {
    if (!(await this.permissions()).some((permission) => permission.id === id)) throw stale();
    await this.#transport.post(`/permission/${encodeURIComponent(id)}/reply`, { reply, ...(message === undefined ? {} : { message }) });
  }

  /** Answers a question: for each part of it the labels, or words of one's own. Fails with `stale` as above. */
  async replyQuestion(id: string, answers: readonly (readonly string[])[]): Promise<void> {
    if (!(await this.questions()).some((question) => question.id === id)) throw stale();
    await this.#transport.post(`/question/${encodeURIComponent(id)}/reply`, { answers });
  }

  async rejectQuestion(id: string): Promise<void> {
    if (!(await this.questions()).some((question) => question.id === id)) throw stale();
    await this.#transport.post(`/question/${encodeURIComponent(id)}/reject`, {});
  }
}

function stale(): AgentsError {
  return new AgentsError('stale', 'opencode does not wait for that answer any more.');
}

function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch (error) {
    throw new AgentsError('internal', 'opencode gave an answer that is no JSON.', { cause: error });
  }
}

const urlOf = (port: number, path: string): string => `http://127.0.0.1:${port}${path}`;
const USER = 'opencode';

function fromHere({ port, password }: OpencodeAddress): Transport {
  const headers = { 'content-type': 'application/json', ...(password === undefined ? {} : { authorization: `Basic ${Buffer.from(`${USER}:${password}`).toString('base64')}` }) };
  const ask = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(urlOf(port, path), { headers, ...init });
    if (response.ok) return response;
    throw new AgentsError('disconnected', `opencode answered ${response.status} to ${path}.`);
  };
  return {
    async ready(signal) {
      await (await ask('/session/status', { signal: AbortSignal.any([signal, AbortSignal.timeout(READY_MS)]) })).text();
    },
    get: (paths) => Promise.all(paths.map(async (path) => (await ask(path, { signal: AbortSignal.timeout(ANSWER_MS) })).text())),
    async post(path, body) {
      await (await ask(path, { signal: AbortSignal.timeout(ANSWER_MS), method: 'POST', body: JSON.stringify(body) })).text();
    },
    async stream(path, piece, signal) {
      const { body } = await ask(path, { signal });
      if (body === null) return;
      const decoder = new TextDecoder();
      for await (const chunk of body as AsyncIterable<Uint8Array>) piece(decoder.decode(chunk, { stream: true }));
    },
  };
}

function fromWithin({ port, password }: OpencodeAddress, executor: Executor): Transport {
  const config = (paths: readonly string[], body?: unknown): string =>
    [
      ...paths.map((path) => `url = ${JSON.stringify(urlOf(port, path))}`),
      ...(password === undefined ? [] : [`user = ${JSON.stringify(`${USER}:${password}`)}`]),
      // In quotes curl knows the escapes that JSON makes of JSON: a backslash before a quote or a backslash.
      ...(body === undefined ? [] : ['header = "content-type: application/json"', `data-binary = ${JSON.stringify(JSON.stringify(body))}`]),
    ].join('\n');
  const argv = ['curl', '--silent', '--show-error', '--fail', '--fail-early', '--no-buffer', '--noproxy', '*', '--config', '-'];
  const ask = async (paths: readonly string[], input: string, options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {}): Promise<string> => {
    const { code, stdout, stderr } = await executor.run(argv, { input, timeoutMs: ANSWER_MS, maxBytes: MAX_BYTES, ...options });
    if (code === 0) return stdout.toString('utf8');
    throw new AgentsError('disconnected', `opencode cannot be asked for ${paths.join(', ')}: ${stderr.toString('utf8').trim().slice(0, 200)}`);
  };
  return {
    async ready(signal) {
      const path = '/session/status';
      // It is waited for in there: each attempt of ours would be another program in the container.
      const patience = [`max-time = ${READY_MS / 1_000}`, `retry = ${LISTEN_SECONDS}`, 'retry-delay = 1', `retry-max-time = ${LISTEN_SECONDS}`, 'retry-connrefused'];
      await ask([path], `${[config([path]), ...patience].join('\n')}\n`, { timeoutMs: LISTEN_SECONDS * 1_000 + ANSWER_MS, signal });
    },
    async get(paths) {
      // One program for all: their answers hold no line break of their own.
      const answers = (await ask(paths, `${config(paths)}\nwrite-out = "\\n"\n`)).split('\n');
      if (answers.length === paths.length + 1) return answers.slice(0, -1);
      throw new AgentsError('internal', 'opencode gave another number of answers than it was asked for.');
    },
    async post(path, body) {
      await ask([path], `${config([path], body)}\n`);
    },
    async stream(path, piece, signal) {
      const stream = await executor.open(argv, { signal });
      const decoder = new TextDecoder();
      stream.onStdout((chunk) => piece(decoder.decode(chunk, { stream: true })));
      stream.write(`${config([path])}\n`);
      stream.end();
      const { code } = await ended(stream, signal);
      if (code !== 0 && !signal.aborted) throw new AgentsError('disconnected', `The events of opencode ended with code ${code ?? 'unknown'}.`);
    },
  };
}

/** Resolves with the end of the stream, and ends it when the signal fires. */
async function ended(stream: ExecStream, signal: AbortSignal): Promise<{ readonly code: number | null }> {
  try {
    return await waitFor(stream.exited, { signal, what: 'the events of opencode' });
  } catch (error) {
    stream.dispose();
    if (signal.aborted) return { code: null };
    throw new AgentsError('disconnected', messageOf(error), { cause: error });
  }
}
