// A hub with the parts of sessions and of the live socket, and runners that the test speaks for, without their wire.
import { randomUUID } from 'node:crypto';
import { Emitter } from '../../src/base/event.ts';
import { AgentsError } from '../../src/base/errors.ts';
import { openSessions, type OpenSessions } from '../../src/hub/events/sessionsPart.ts';
import type { HubBase, HubOptions, RunnerRef, Runners, Tasks } from '../../src/hub/parts.ts';
import type { SessionRequest } from '../../src/protocol/hubWire/extension.ts';
import type { SharedSession } from '../../src/protocol/hubWire/sharedSession.ts';
import type { Runner } from '../../src/protocol/hubWire/sibylRest.ts';
import type { RunnerEvent } from '../../src/protocol/runnerEvent.ts';
import { hubWorld, type HubWorld } from './hubWorld.ts';

export interface SessionsWorld extends HubWorld {
  readonly sessions: OpenSessions;
  readonly runners: SpokenRunners;
  /** A runner's row, connected to this hub. */
  runner(owner?: { readonly orgId?: string; readonly userId?: string }): Promise<RunnerRef>;
}

/** What is asked of runners is kept, and answered by `answer`; terminal frames are kept. */
export class SpokenRunners implements Runners {
  readonly asked: { readonly runnerId: string; readonly sessionId: string; readonly request: SessionRequest; readonly by: string }[] = [];
  readonly terminals: Parameters<Runners['terminal']>[1][] = [];
  readonly onTerminalFrame = new Emitter<Parameters<Runners['terminal']>[1]>();
  answer: (request: SessionRequest) => unknown = () => undefined;
  readonly changes = new Emitter<{ readonly orgId: string; readonly runner: Runner } | { readonly orgId: string; readonly gone: string }>();
  readonly onDidChange = this.changes.event;
  readonly #base: HubBase;

  constructor(base: HubBase) {
    this.#base = base;
  }

  async list(orgId: string): Promise<readonly Runner[]> {
    return (await this.#rows().where('org_id', '=', orgId).execute()).map(({ id, name }) => shown(id, name));
  }

  async find(id: string): ReturnType<Runners['find']> {
    const row = await this.#rows().where('id', '=', id).executeTakeFirst();
    return row && { ...shown(row.id, row.name), org_id: row.org_id, user_id: row.user_id };
  }

  async request(runnerId: string, sessionId: string, request: SessionRequest, by: string): Promise<unknown> {
    this.asked.push({ runnerId, sessionId, request, by });
    return await Promise.resolve(this.answer(request));
  }

  terminal(_runnerId: string, frame: Parameters<Runners['terminal']>[1]): void {
    this.terminals.push(frame);
    this.onTerminalFrame.fire(frame);
  }

  register(): never {
    throw new AgentsError('unsupported', 'The test makes its runners itself.');
  }

  #rows() {
    return this.#base.database.selectFrom('runners').selectAll();
  }
}

function shown(id: string, name: string): Runner {
  return { id, name, hostname: 'here', graph_runner_id: 'runner_0', capabilities: [], max_concurrent_agents: 3, current_agent_count: 0, status: 'online', last_heartbeat: null, client_version: null, created_at: '', updated_at: '' };
}

const refused = (): Promise<never> => Promise.reject(new AgentsError('unsupported', 'No tasks here.'));
export const noTasks: Tasks = { create: refused, list: () => Promise.resolve([]), find: refused, placement: refused, preview: refused, cancel: refused, retry: refused, onDidChange: new Emitter<never>().event };

export async function sessionsWorld(options: Partial<HubOptions> = {}): Promise<SessionsWorld> {
  let sessions: OpenSessions | undefined;
  let runners: SpokenRunners | undefined;
  const world = await hubWorld(options, {
    parts: [
      (base) => {
        const made = (sessions = openSessions(base));
        runners = new SpokenRunners(base);
        made.useRunners(runners);
        return made;
      },
    ],
  });
  if (sessions === undefined || runners === undefined) throw new Error('The parts were not made.');
  return { ...world, sessions, runners, runner: (owner) => addRunner(world, owner) };
}

export async function addRunner({ hub: { base } }: HubWorld, { orgId = 'acme', userId = 'somebody' }: { readonly orgId?: string; readonly userId?: string } = {}): Promise<RunnerRef> {
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
