// A stand-in for model providers, on loopback or an address that containers reach: the CLIs are real, only the model is not.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Emitter, type Event } from '../../src/base/event.ts';
import { dialectOf, type Dialect, type Question, type Stream } from './modelDialects.ts';
import { planFor, type Plan } from './modelPlan.ts';

/** One request to the model, as the CLI sent it. */
export interface ModelRequest {
  /** Unix time in ms. */
  readonly at: number;
  readonly dialect: Dialect['name'];
  readonly path: string;
  readonly model: string | undefined;
  /** The last text of the user, every character of it, without the notes that CLIs add around it. */
  readonly userText: string;
  /** True when the last thing in it is a tool's result. */
  readonly afterTool: boolean;
  /** The names of the tools it offers; none for a side job such as finding a title. */
  readonly tools: readonly string[];
  readonly body: unknown;
}

export interface ModelStub {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ModelRequest[];
  readonly onRequest: Event<ModelRequest>;
  /** Lets every answer that `HOLD` keeps back go on, those of later requests not. */
  release(): void;
  /** Ends the server and every answer that is under way. */
  dispose(): Promise<void>;
}

/** `host` is the address to listen on; a container reaches the one of its bridge, not loopback. */
export async function startModelStub({ host = '127.0.0.1', port = 0 }: { readonly host?: string; readonly port?: number } = {}): Promise<ModelStub> {
  const requests: ModelRequest[] = [];
  const asked = new Emitter<ModelRequest>();
  const released = new Emitter<void>();
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const body = parse(await bodyOf(request));
    const dialect = request.method === 'POST' ? dialectOf(path) : undefined;
    if (dialect === undefined) return sideAnswer(request.method ?? 'GET', path, response);
    const question = dialect.read(body, path);
    const entry: ModelRequest = { at: Date.now(), dialect: dialect.name, path, body, model: question.model, userText: question.userText, afterTool: question.afterTool, tools: question.tools };
    requests.push(entry);
    asked.fire(entry);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    await reply(dialect, question, planFor(question.userText, question), response, gone.signal);
  }

  async function reply(dialect: Dialect, question: Question, plan: Plan, response: ServerResponse, gone: AbortSignal): Promise<void> {
    const pause = (seconds: number): Promise<unknown> => delay(seconds * 1000, undefined, { signal: gone });
    if (plan.waitSeconds > 0) await pause(plan.waitSeconds);
    if (plan.fail !== undefined) return json(response, plan.fail, dialect.failure(plan.fail));
    if (!question.stream) return json(response, 200, dialect.whole(question, plan));
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    const stream: Stream = dialect.begin(question, (text) => void response.write(text));
    for (let half = 0; half < plan.slowSeconds * 2; half++) {
      stream.text(`tick${half} `);
      await pause(0.5);
    }
    if (plan.hold) {
      stream.text('holding ');
      await heldUntilReleased(gone);
    }
    for (const word of plan.text.match(/\S+\s*/g) ?? []) stream.text(word);
    stream.end(plan.tool);
    response.end();
  }

  function heldUntilReleased(gone: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const subscription = released.event(() => end(resolve));
      const stop = (): void => end(() => reject(new Error('the client has left')));
      const end = (settle: () => void): void => {
        subscription.dispose();
        gone.removeEventListener('abort', stop);
        settle();
      };
      gone.addEventListener('abort', stop);
      if (gone.aborted) stop();
    });
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host}:${address.port}`,
    port: address.port,
    requests,
    onRequest: asked.event,
    release: () => released.fire(),
    dispose: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What CLIs ask besides: which models there are, and whether anybody is there. */
function sideAnswer(method: string, path: string, response: ServerResponse): void {
  if (/\/models($|\?)/.test(path)) return json(response, 200, { object: 'list', data: [{ id: 'stub-model', object: 'model' }], models: [] });
  if (/\/count_tokens($|\?)/.test(path)) return json(response, 200, { input_tokens: 10 });
  if (/:countTokens($|\?)/.test(path)) return json(response, 200, { totalTokens: 10 });
  json(response, method === 'HEAD' ? 200 : 404, { error: { message: 'stub: not found' } });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
