// A runner's side of Sibyl's socket, written from the protocol alone: it says what it is told to, and keeps what it hears.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Emitter } from '../../src/base/event.ts';
import { waitForEvent } from '../../src/base/wait.ts';

export type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

export interface SibylClient {
  readonly frames: readonly Frame[];
  say(frame: unknown): void;
  sayText(text: string | Buffer): void;
  /** The next frame of that type that was not taken yet. */
  hear(type: string, accept?: (frame: Frame) => boolean): Promise<Frame>;
  /** How the hub closed it. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** As a kill of the process does. */
  drop(): void;
  readonly socket: WebSocket;
}

const WAIT_MS = 15_000;

/** Connects; resolves once the socket is open, which it is before it is refused. Heartbeats are answered, unless `deaf`. */
export async function sibylClient(url: string, runnerId: string, token: string | undefined, { headers = {}, deaf = false }: { readonly headers?: Readonly<Record<string, string>>; readonly deaf?: boolean } = {}): Promise<SibylClient> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/runners/ws/${runnerId}`, { headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers } });
  const frames: Frame[] = [];
  const taken = new Set<Frame>();
  const came = new Emitter<Frame>();
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Frame;
    frames.push(frame);
    if (frame.type === 'heartbeat' && !deaf) socket.send(JSON.stringify({ type: 'heartbeat_ack' }));
    came.fire(frame);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'open'), closed]);
  const say = (frame: unknown): void => socket.send(JSON.stringify(frame));
  return {
    frames,
    say,
    sayText: (text) => socket.send(text),
    closed,
    socket,
    drop: () => socket.terminate(),
    hear: async (type, accept = () => true) => {
      const wanted = (frame: Frame): boolean => frame.type === type && !taken.has(frame) && accept(frame);
      const frame = frames.find(wanted) ?? (await waitForEvent(came.event, wanted, { timeoutMs: WAIT_MS, what: `a ${type}` }));
      taken.add(frame);
      return frame;
    },
  };
}
