// A hub with all that concerns agents: Sibyl's side, sessions, the live socket. Runners are sockets that the test speaks for.
import { randomUUID } from 'node:crypto';
import { openLive, type LiveOptions } from '../../src/hub/live/livePart.ts';
import { openSessions, type OpenSessions } from '../../src/hub/events/sessionsPart.ts';
import type { Hub, HubOptions, RunnerRef } from '../../src/hub/parts.ts';
import { openSibyl } from '../../src/hub/sibyl/sibylPart.ts';
import type { SharedSession } from '../../src/protocol/hubWire/sharedSession.ts';
import type { RunnerEvent } from '../../src/protocol/runnerEvent.ts';
import { hubWorld, type HubWorld, type Person } from './hubWorld.ts';
import { sibylClient, type SibylClient } from './sibylClient.ts';

export interface SessionsWorld extends HubWorld {
  readonly parts: Hub;
  readonly sessions: OpenSessions;
  /** A runner's row, without a socket: for what is told of it directly. */
  runnerRow(owner?: { readonly orgId?: string; readonly userId?: string }): Promise<RunnerRef>;
  /** A runner of that person, connected, which shares these sessions and answers each request with `answer`. */
  runner(owner: Person, sessions: readonly SharedSession[], options?: { readonly answer?: (request: Readonly<Record<string, unknown>>) => unknown; readonly at?: SessionsWorld; readonly again?: SpokenRunner }): Promise<SpokenRunner>;
}

export interface SpokenRunner extends SibylClient {
  readonly id: string;
  readonly token: string;
  /** Its session's events `from` to `to`; resolves once the hub has them on disk. */
  events(sessionId: string, from: number, to: number, data?: string): Promise<void>;
}

/** The server waits for what `dispose` returns. */
class AsyncEnd {
  readonly dispose: () => Promise<void>;
  constructor(end: () => Promise<void>) {
    this.dispose = end;
  }
}

export async function sessionsWorld(options: Partial<HubOptions> = {}, live: LiveOptions = {}): Promise<SessionsWorld> {
  let made: { readonly parts: Hub; readonly sessions: OpenSessions } | undefined;
  const world = await hubWorld(options, {
    parts: [
      async (base) => {
        const sessions = openSessions(base);
        const sibyl = await openSibyl(base, sessions.intake);
        sessions.useRunners(sibyl.runners);
        const parts: Hub = { ...base, ...sibyl, sessions };
        const socket = openLive(parts, live);
        made = { parts, sessions };
        const ending = new AsyncEnd(async () => {
          socket.dispose();
          await sibyl.dispose();
          await sessions.dispose();
        });
        return ending;
      },
    ],
  });
  if (made === undefined) throw new Error('The parts were not made.');
  const { parts, sessions } = made;
  return {
    ...world,
    parts,
    sessions,
    runnerRow: (owner) => addRunner(world, owner),
    runner: async (owner, shared, { answer, at, again } = {}) => {
      const { id, token } = again ?? (await registered(parts, owner));
      return await speak({ url: (at ?? world).hub.url, id, token, shared, answer });
    },
  };
}

async function registered({ runners }: Hub, owner: Person): Promise<{ readonly id: string; readonly token: string }> {
  const { runner, token } = await runners.register({ orgId: owner.orgId, userId: owner.id }, { name: `runner-${randomUUID().slice(0, 8)}`, hostname: 'here', capabilities: [], maxAgents: 3, embedded: false });
  return { id: runner.id, token };
}

async function speak({ url, id, token, shared, answer = () => undefined }: { readonly url: string; readonly id: string; readonly token: string; readonly shared: readonly SharedSession[]; readonly answer: ((request: Readonly<Record<string, unknown>>) => unknown) | undefined }): Promise<SpokenRunner> {
  const client = await sibylClient(url, id, token, { headers: { 'x-tmux-agents-extension': '1' } });
  client.socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as { readonly type: string; readonly id: string; readonly request: Readonly<Record<string, unknown>> };
    if (frame.type === 'request') client.say({ type: 'response', id: frame.id, ok: true, result: answer(frame.request) });
  });
  await client.hear('hello');
  client.say({ type: 'hello', protocol: 1, client: 'test', instance: randomUUID(), sessions: shared, tasks: [] });
  await client.hear('resume');
  return {
    ...client,
    id,
    token,
    events: async (sessionId, from, to, data) => {
      for (let at = from; at <= to; at += 1000) client.say({ type: 'events', session_id: sessionId, events: outputs(sessionId, at, Math.min(at + 999, to), data) });
      await client.hear('events_ack', ({ session_id, seq }) => session_id === sessionId && Number(seq) >= to);
    },
  };
}

async function addRunner({ hub: { base } }: HubWorld, { orgId = 'acme', userId = 'somebody' }: { readonly orgId?: string; readonly userId?: string } = {}): Promise<RunnerRef> {
  const id = randomUUID();
  const name = `runner-${id.slice(0, 4)}`;
  const now = Date.now();
  await base.database
    .insertInto('runners')
    .values({ id, org_id: orgId, user_id: userId, name, hostname: 'here', graph_runner_id: 'runner_0', capabilities: '[]', max_concurrent_agents: 3, client_version: null, status: 'online', agent_count: 0, last_heartbeat: now, last_assigned_at: null, connected_to: base.bus.processId, connection_id: null, embedded: 0, created_at: now, updated_at: now })
    .execute();
  return { id, name, orgId, userId };
}

export function sharedSession(id: string, more: Partial<SharedSession> = {}): SharedSession {
  return { session_id: id, name: id, provider_id: 'demo', title: '', state: 'RUNNING', status: { state: 'working' }, status_since: 1, asks: [], queued_prompts: 0, created_at: 1, last_seq: 0, terminal: true, ...more };
}

/** Events `from` to `to` of a session. */
export function outputs(sessionId: string, from: number, to: number, data = 'output'): RunnerEvent[] {
  return Array.from({ length: to - from + 1 }, (_, n) => ({ sessionId, orgId: 'acme', ts: 1_790_000_000_000 + from + n, seq: from + n, type: 'TERMINAL_CHUNK' as const, data: `${data} ${from + n}`, stream: 'stdout' as const }));
}
