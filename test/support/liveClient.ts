// A page's side of the live socket: says what it is told to, checks every frame against its schema, and keeps them.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Emitter } from '../../src/base/event.ts';
import { waitForEvent } from '../../src/base/wait.ts';
import { LiveFrame, type LiveRequest } from '../../src/protocol/hubWire/liveFrames.ts';

type Of<Type extends LiveFrame['type']> = Extract<LiveFrame, { type: Type }>;

export interface LiveClient {
  readonly socket: WebSocket;
  readonly frames: readonly LiveFrame[];
  say(request: LiveRequest | Readonly<Record<string, unknown>>): void;
  /** The next frame of that type that was not taken yet. */
  hear<Type extends LiveFrame['type']>(type: Type, accept?: (frame: Of<Type>) => boolean): Promise<Of<Type>>;
  /** The numbers of a session's events, as they came. */
  numbers(sessionId: string): number[];
  /** Resolves once the session's event of that number is there. */
  until(sessionId: string, seq: number): Promise<void>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

const WAIT_MS = 15_000;

export async function liveClient(url: string, { token, path = '/api/live', headers = {} }: { readonly token?: string; readonly path?: string; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<LiveClient> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, { headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers } });
  const frames: LiveFrame[] = [];
  const taken = new Set<LiveFrame>();
  const came = new Emitter<LiveFrame>();
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) throw new Error('A binary frame.');
    const frame = LiveFrame.parse(JSON.parse(data.toString()));
    frames.push(frame);
    came.fire(frame);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'open'), closed]);
  const find = async (wanted: (frame: LiveFrame) => boolean, what: string): Promise<LiveFrame> => frames.find(wanted) ?? (await waitForEvent(came.event, wanted, { timeoutMs: WAIT_MS, what }));
  const isOf = <Type extends LiveFrame['type']>(frame: LiveFrame, type: Type): frame is Of<Type> => frame.type === type;
  const numbers = (sessionId: string): number[] => frames.flatMap((frame) => (frame.type === 'events' && frame.session_id === sessionId ? frame.events.map(({ seq }) => seq) : []));
  return {
    socket,
    frames,
    closed,
    numbers,
    say: (request) => socket.send(JSON.stringify(request)),
    hear: async (type, accept = () => true) => {
      const frame = await find((one) => isOf(one, type) && !taken.has(one) && accept(one), `a ${type}`);
      taken.add(frame);
      if (!isOf(frame, type)) throw new Error('unreachable');
      return frame;
    },
    until: async (sessionId, seq) => void (await find((frame) => frame.type === 'events' && frame.session_id === sessionId && frame.events.some((event) => event.seq === seq), `event ${seq} of ${sessionId}`)),
  };
}
