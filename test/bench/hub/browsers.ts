// Watchers of the hub's live socket, as its page is one: they join sessions and say what they have seen.
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Watcher {
  readonly socket: WebSocket;
  /** Resolves when that many events were seen. */
  seen(count: number): Promise<void>;
  close(): void;
}

interface LiveFrame {
  readonly type: string;
  readonly session_id?: string;
  readonly message?: string;
  readonly events?: readonly { readonly seq: number; readonly data?: string }[];
}

/** `onEvents` is given each frame's events; numbers must follow each other, or it throws. */
export async function watch(url: string, token: string, sessions: readonly string[], onEvents: (events: NonNullable<LiveFrame['events']>) => void = () => undefined): Promise<Watcher> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/live`, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false });
  const last = new Map<string, number>();
  let count = 0;
  let wanted: { readonly count: number; resolve(): void; reject(error: Error): void } | undefined;
  let broken: Error | undefined;
  const caughtUp = new Promise<void>((resolve) => {
    let left = sessions.length;
    if (left === 0) resolve();
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as LiveFrame;
      if (frame.type === 'caught_up' && --left === 0) resolve();
      if (frame.type === 'error') broken = new Error(frame.message);
      if (frame.type === 'events' && frame.events !== undefined && frame.session_id !== undefined) {
        for (const { seq } of frame.events) {
          const before = last.get(frame.session_id) ?? 0;
          if (seq !== before + 1) broken = new Error(`After ${before} came ${seq}.`);
          last.set(frame.session_id, seq);
        }
        count += frame.events.length;
        onEvents(frame.events);
      }
      if (broken !== undefined) wanted?.reject(broken);
      else if (wanted !== undefined && count >= wanted.count) wanted.resolve();
    });
  });
  socket.on('close', (code, reason) => wanted?.reject(new Error(`The hub closed a watcher: ${code} ${reason.toString()}`)));
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'watch_fleet' }));
  for (const session_id of sessions) socket.send(JSON.stringify({ type: 'join', session_id, after: 0 }));
  await caughtUp;
  return {
    socket,
    seen: (much) => (broken !== undefined ? Promise.reject(broken) : count >= much ? Promise.resolve() : new Promise((resolve, reject) => (wanted = { count: much, resolve, reject }))),
    close: () => socket.terminate(),
  };
}
