// A runner for a test: real tmux, real git, a state folder and workspaces of its own, and everything taken away at the end.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAgentsError } from '../../src/base/errors.ts';
import { waitForEvent } from '../../src/base/wait.ts';
import type { RunnerEvent, RunnerEventType, SessionState } from '../../src/protocol/runnerEvent.ts';
import { RunnerService } from '../../src/runner/runnerService.ts';
import type { RunnerConfig } from '../../src/runner/service/runnerConfig.ts';
import type { CreateSessionRequest } from '../../src/runner/service/sessionRequest.ts';
import { strays } from '../../src/runner/service/strays.ts';
import { makeTmuxHome, type TmuxHome } from './tmuxHome.ts';

/** Milliseconds that anything may take on a loaded machine. */
export const SLOW_MS = 30_000;

type EventOf<Type extends RunnerEventType> = Extract<RunnerEvent, { readonly type: Type }>;

export class RunnerWorld {
  readonly home: TmuxHome = makeTmuxHome();
  readonly repository = join(this.home.directory, 'project');
  readonly runners: RunnerService[] = [];
  /** Every event that was told, by session. */
  readonly heard = new Map<string, RunnerEvent[]>();
  runner: RunnerService;
  #count = 0;

  private constructor() {
    mkdirSync(this.repository);
    writeFileSync(join(this.repository, 'readme.txt'), 'one\n');
    this.git('init', '-q', '-b', 'main');
    this.git('add', '.');
    this.git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '-q', '-m', 'first');
    this.runner = this.newRunner();
  }

  static async open(config: RunnerConfig = {}): Promise<RunnerWorld> {
    const world = new RunnerWorld();
    world.runners.length = 0;
    world.runner = world.newRunner(config);
    await world.runner.start();
    return world;
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-C', this.repository, ...args], { encoding: 'utf8' });
  }

  newRunner(config: RunnerConfig = {}): RunnerService {
    const runner = new RunnerService({ ...this.config(), ...config });
    runner.onEvent((event) => this.heard.set(event.sessionId, [...(this.heard.get(event.sessionId) ?? []), event]));
    this.runners.push(runner);
    return runner;
  }

  config(): RunnerConfig {
    return {
      workspacePath: join(this.home.directory, 'workspaces'),
      cachePath: join(this.home.directory, 'cache'),
      stateFolder: join(this.home.directory, 'sessions'),
      providers: ['custom', 'demo', 'claude_code'],
      stopGrace: 2_000,
    };
  }

  request(more: Partial<CreateSessionRequest> = {}): CreateSessionRequest {
    return { sessionId: `s-${++this.#count}`, orgId: 'org-1', providerId: 'custom', repo: { url: this.repository, branch: 'main' }, ...more };
  }

  /** Creates a session that runs this script. */
  async shell(script: string, more: Partial<CreateSessionRequest> = {}): Promise<string> {
    return (await this.runner.createSession(this.request({ argv: ['sh', '-c', script], ...more }))).sessionId;
  }

  /** The first event of that type that `accept` takes, told already or to come. */
  async event<Type extends RunnerEventType>(sessionId: string, type: Type, accept: (event: EventOf<Type>) => boolean = () => true, runner = this.runner, timeoutMs = SLOW_MS): Promise<EventOf<Type>> {
    const fits = (event: RunnerEvent): event is EventOf<Type> => event.sessionId === sessionId && event.type === type && accept(event as EventOf<Type>);
    const known = this.heard.get(sessionId)?.find(fits);
    if (known !== undefined) return known;
    const event = await waitForEvent(runner.onEvent, fits, { timeoutMs, what: `${type} of ${sessionId}` }).catch((error: unknown) => {
      throw new Error(`${String(error)} It was told: ${this.told(sessionId)}`);
    });
    assert(fits(event));
    return event;
  }

  /** Resolves when the session is in that state. */
  async state(sessionId: string, state: SessionState, runner = this.runner): Promise<void> {
    if (runner.getSession(sessionId)?.state === state) return;
    await waitForEvent(runner.onEvent, (event) => event.sessionId === sessionId && event.type === 'SESSION_STATE_CHANGED' && event.newState === state, { timeoutMs: SLOW_MS, what: `${sessionId} to be ${state}` }).catch((error: unknown) => {
      throw new Error(`${String(error)} It was told: ${this.told(sessionId)}`);
    });
  }

  async ended(sessionId: string, runner = this.runner): Promise<EventOf<'SESSION_ENDED'>> {
    return this.event(sessionId, 'SESSION_ENDED', () => true, runner);
  }

  async output(sessionId: string, text: string): Promise<void> {
    const all = (): string => (this.heard.get(sessionId) ?? []).map((event) => (event.type === 'TERMINAL_CHUNK' ? event.data : '')).join('');
    if (all().includes(text)) return;
    await waitForEvent(this.runner.onEvent, (event) => event.sessionId === sessionId && all().includes(text), { timeoutMs: SLOW_MS, what: `"${text}" from ${sessionId}` }).catch((error: unknown) => {
      throw new Error(`${String(error)} It was told: ${this.told(sessionId)}`);
    });
  }

  /** The journal on disk. */
  async journal(sessionId: string, runner = this.runner): Promise<RunnerEvent[]> {
    const events: RunnerEvent[] = [];
    for await (const event of runner.readEvents(sessionId)) events.push(event);
    return events;
  }

  told(sessionId: string): string {
    return (this.heard.get(sessionId) ?? []).filter(({ type }) => type !== 'USAGE_TICK').map((event) => JSON.stringify({ ...event, repoRef: undefined }).slice(0, 300)).join('\n');
  }

  /** Ends every runner and all that they run. */
  async end(): Promise<void> {
    await Promise.allSettled(this.runners.map((runner) => runner.stop()));
    this.home.end();
  }
}

/** `R`, `S`, `T`, ...; undefined when the process is gone. */
export async function processState(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[0];
}

/** Fails when a process of the session's agent lives. */
export async function nothingRuns(sessionId: string): Promise<void> {
  assert.deepEqual(await strays(sessionId), []);
}

export const refused = (reason: string, words?: RegExp) => (error: unknown) => isAgentsError(error) && error.reason === reason && (words === undefined || words.test(error.message));

/** The numbers have no gap, and the last event is the end. */
export function assertWhole(events: readonly RunnerEvent[]): void {
  assert.deepEqual(events.map(({ seq }) => seq), events.map((_, index) => index + 1));
  assert.equal(events.at(-1)?.type, 'SESSION_ENDED');
  assert.equal(events.filter(({ type }) => type === 'SESSION_ENDED').length, 1);
}
