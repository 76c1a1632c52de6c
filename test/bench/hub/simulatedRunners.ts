// A process that is many runners, each with agents that print at a steady rate or as fast as they are acknowledged: frames as a runner of ours sends them, one event each.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

export interface LoadOrder {
  readonly runners: readonly { readonly url: string; readonly token: string; readonly sessions: readonly string[] }[];
}

/** What the parent says; each is answered with `{done: true}` once it holds. */
export type LoadCommand =
  | { readonly kind: 'connect'; readonly order: LoadOrder }
  /** So many events a second of each session. */
  | { readonly kind: 'stream'; readonly perSecond: number; readonly seconds: number }
  /** So many of the first session, as fast as a window of unacknowledged ones allows; `batch` in a frame. */
  | { readonly kind: 'flood'; readonly count: number; readonly batch: number; readonly bytes: number };

const WINDOW = 2000;
/** Ticks of the streams: 1,000 agents that print at the same instant are nobody's load. */
const TICK_MS = 5;

interface Simulated {
  readonly socket: WebSocket;
  readonly sessions: { readonly id: string; seq: number }[];
  /** Of the first session. */
  acked: number;
  wake: () => void;
}

const runners: Simulated[] = [];

function now(): number {
  return performance.timeOrigin + performance.now();
}

function event(session: { readonly id: string; seq: number }, data: string): unknown {
  return { type: 'TERMINAL_CHUNK', sessionId: session.id, orgId: 'bench', ts: Math.round(now()), seq: ++session.seq, data, stream: 'stdout' };
}

async function connect({ runners: wanted }: LoadOrder): Promise<void> {
  await Promise.all(wanted.map(async ({ url, token, sessions }, index) => {
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}`, 'x-tmux-agents-extension': '1' }, perMessageDeflate: false });
    const runner: Simulated = { socket, sessions: sessions.map((id) => ({ id, seq: 0 })), acked: 0, wake: () => undefined };
    runners.push(runner);
    const resumed = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const text = data.toString();
        const frame = JSON.parse(text) as { type: string; session_id?: string; seq?: number; message?: string };
        if (frame.type === 'heartbeat') socket.send('{"type":"heartbeat_ack"}');
        else if (frame.type === 'hello') socket.send(JSON.stringify({ type: 'hello', protocol: 1, client: 'bench', instance: `bench-${process.pid}-${index}`, sessions: sessions.map(shared), tasks: [] }));
        else if (frame.type === 'resume') resolve();
        else if (frame.type === 'error') process.stderr.write(`A simulated runner was told: ${frame.message}\n`);
        else if (frame.type === 'events_ack' && frame.session_id === runner.sessions[0]?.id) {
          runner.acked = frame.seq ?? 0;
          runner.wake();
        }
      });
    });
    await once(socket, 'open');
    await resumed;
  }));
}

function shared(id: string): unknown {
  return { session_id: id, name: id, provider_id: 'demo', title: 'bench', state: 'RUNNING', status: { state: 'working' }, status_since: Date.now(), created_at: Date.now(), last_seq: 0 };
}

async function stream(perSecond: number, seconds: number): Promise<void> {
  const all = runners.flatMap(({ socket, sessions }) => sessions.map((session) => ({ socket, session })));
  const rate = (all.length * perSecond) / 1000;
  const began = performance.now();
  for (let sent = 0; sent < all.length * perSecond * seconds; ) {
    const due = Math.min(all.length * perSecond * seconds, Math.floor((performance.now() - began) * rate));
    for (; sent < due; sent++) {
      const agent = all[sent % all.length];
      if (agent === undefined) break;
      // The moment at which it was printed, for whoever receives it.
      agent.socket.send(JSON.stringify({ type: 'events', session_id: agent.session.id, events: [event(agent.session, `${now().toFixed(3)} ${'x'.repeat(60)}`)] }));
    }
    await delay(TICK_MS);
  }
}

async function flood(count: number, batch: number, bytes: number): Promise<void> {
  const [runner] = runners;
  const session = runner?.sessions[0];
  if (runner === undefined || session === undefined) throw new Error('Nobody is connected.');
  const data = 'x'.repeat(bytes);
  const last = session.seq + count;
  while (session.seq < last) {
    while (session.seq < last && session.seq - runner.acked < WINDOW) {
      const size = Math.min(batch, last - session.seq);
      runner.socket.send(JSON.stringify({ type: 'events', session_id: session.id, events: Array.from({ length: size }, () => event(session, data)) }));
    }
    if (session.seq < last) await new Promise<void>((resolve) => (runner.wake = resolve));
  }
  while (runner.acked < last) await new Promise<void>((resolve) => (runner.wake = resolve));
}

process.on('message', (command: LoadCommand) => {
  const work = command.kind === 'connect' ? connect(command.order) : command.kind === 'stream' ? stream(command.perSecond, command.seconds) : flood(command.count, command.batch, command.bytes);
  work.then(
    () => process.send?.({ done: true }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
