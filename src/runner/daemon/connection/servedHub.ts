// A runner at work for one hub: its sessions, its tasks, its token and its connection, put together, and let go in order.
import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DisposableStore } from '../../../base/disposable.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Event } from '../../../base/event.ts';
import type { Log } from '../../../base/log.ts';
import { Redactor } from '../../../base/redact.ts';
import { waitForEvent } from '../../../base/wait.ts';
import type { DaemonStatus } from '../../../protocol/daemonStatus.ts';
import { isFinal } from '../../../sessions/states/transitions.ts';
import { HubLink } from '../../hubLink/hubLink.ts';
import type { LinkTimers } from '../../hubLink/linkTimers.ts';
import { runnerFleet } from '../../hubLink/runnerFleet.ts';
import type { RunnerService } from '../../runnerService.ts';
import { daemonService } from '../daemonService.ts';
import type { Environment } from '../settings/configPath.ts';
import { readDaemonSettings, type DaemonSettings } from '../settings/daemonSettings.ts';
import { readProjectMap, type ProjectMap } from '../settings/projectMap.ts';
import { updateRunnerFile } from '../settings/runnerFile.ts';
import { ledgerPath, TaskLedger } from '../tasks/taskLedger.ts';
import { TaskPlaces } from '../tasks/taskPlaces.ts';
import { TaskRunner } from '../tasks/taskRunner.ts';
import { registerRunner } from './registerRunner.ts';
import { guardedFleet } from './guardedFleet.ts';
import { RunnerToken } from './runnerToken.ts';

export interface ServedHubParts {
  /** Of a runner that is registered. */
  readonly settings: DaemonSettings;
  readonly env: Environment;
  /** Where it keeps what outlives it. */
  readonly folder: string;
  readonly version: string;
  readonly timers?: Partial<LinkTimers> | undefined;
  /** Somebody changed the settings' file. */
  readonly onDidChangeFile: Event<void>;
  readonly log: Log;
}

export type ServedEnd = { readonly how: 'told' } | { readonly how: 'changed' } | { readonly how: 'refused'; readonly reason: string };

interface Running {
  readonly service: RunnerService;
  readonly ledger: TaskLedger;
  readonly tasks: TaskRunner;
  readonly token: RunnerToken;
  readonly link: HubLink;
}

/** Milliseconds that results have to reach the hub before a daemon ends that has nothing else to wait for. */
const DELIVER_MS = 3_000;
/** Milliseconds between two renewals because of a refusal. */
const RENEW_MS = 60_000;
/** Refusals that another token may end. */
const OF_TOKEN = /Authentication required|\(401\)|token/i;

export class ServedHub {
  readonly #parts: ServedHubParts;
  readonly #log: Log;
  readonly #serverUrl: string;
  readonly #runnerId: string;
  readonly #owned = new DisposableStore();
  #running: Running | undefined;
  #renewedAt = -Infinity;
  /** Because of the present refusal; one is tried at most. */
  #isRenewing = false;

  constructor(parts: ServedHubParts) {
    const { serverUrl = '', runnerId = '' } = parts.settings;
    this.#parts = parts;
    this.#log = parts.log;
    this.#serverUrl = serverUrl;
    this.#runnerId = runnerId;
  }

  /** Resolves when it is told to end and nothing needs to be waited for any more, or when the hub refuses it and nothing runs. */
  async serve({ drain, atOnce }: { readonly drain: AbortSignal; readonly atOnce: AbortSignal }): Promise<ServedEnd> {
    const running = await this.#begin();
    const over = await this.#over(running, drain);
    if (over.how === 'told') await this.#drain(running, atOnce);
    return over;
  }

  /** Lets go of everything; agents go on. */
  async end(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    this.#owned.dispose();
    if (running === undefined) return;
    const { link, token, tasks, service, ledger } = running;
    link.dispose();
    token.dispose();
    tasks.dispose();
    await service.stop({ sessions: 'keep' });
    await tasks.settled();
    await ledger.close();
  }

  status(): Partial<DaemonStatus> {
    const running = this.#running;
    if (running === undefined) return { connection: { state: 'connecting', attempt: 0 } };
    const { link, tasks, token, service, ledger } = running;
    const byStatus = tasks.status();
    const taskOf = new Map(ledger.list().map(({ sessionId, taskId }) => [sessionId, taskId]));
    return {
      connection: link.state,
      status: byStatus.status,
      agentCount: byStatus.agentCount,
      agents: service
        .listSessions()
        .filter(({ runnerState }) => !isFinal(runnerState))
        .map(({ sessionId, providerId, runnerState, workspacePath, createdAt }) => {
          const taskId = taskOf.get(sessionId);
          return { sessionId, providerId, state: runnerState, createdAt, ...(workspacePath === undefined ? {} : { workspace: workspacePath }), ...(taskId === undefined ? {} : { taskId }) };
        }),
      resultsWaiting: tasks.results().length,
      ...(token.endsAt === undefined ? {} : { tokenEndsAt: token.endsAt }),
      ...(token.problem === undefined ? {} : { tokenProblem: token.problem }),
    };
  }

  async #begin(): Promise<Running> {
    const { settings, folder, version, timers, env } = this.#parts;
    const log = this.#log;
    const projects = (): ProjectMap => this.#projects();
    const places = this.#owned.add(new TaskPlaces({ settings, projects, cache: join(folder, 'repositories'), log }));
    const service = daemonService({ settings, owner: ownerOf(this.#runnerId), workspaces: places, log });
    const ledger = await TaskLedger.open(ledgerPath(folder, this.#runnerId), { log });
    const redactor = Redactor.fromEnvironment(process.env, env, { RUNNER_TOKEN: settings.runnerToken, ACCESS_TOKEN: settings.accessToken });
    const tasks = new TaskRunner({ service, ledger, places, settings, projects, redactor, outcomes: join(folder, 'outcomes'), log });
    const token = new RunnerToken({ stored: () => this.#stored(), renew: (by) => this.#renew(by), keep: (fresh) => updateRunnerFile(settings.path, { runner_token: fresh }), log });
    await service.start();
    tasks.takeUp();
    const fleet = this.#owned.add(runnerFleet(service, { log }));
    const link = new HubLink({
      serverUrl: this.#serverUrl,
      runnerId: this.#runnerId,
      token: () => token.current(),
      fleet: guardedFleet(fleet, () => tasks.status().status === 'draining'),
      tasks,
      instance: randomUUID(),
      clientVersion: `tmux-agents ${version}`,
      timers: { firstMs: settings.reconnectSeconds * 1000, ...timers },
      log,
    });
    this.#running = { service, ledger, tasks, token, link };
    this.#owned.add(link.onDidChangeState(({ state }) => state === 'refused' && void this.#refused()));
    link.start();
    return this.#running;
  }

  /** Whichever comes first: told to end, another hub in the settings, refused with nothing left to do. */
  async #over({ link, tasks, service }: Running, drain: AbortSignal): Promise<ServedEnd> {
    if (drain.aborted) return { how: 'told' };
    const { onDidChangeFile } = this.#parts;
    return new Promise((resolve) => {
      const own = this.#owned.add(new DisposableStore());
      const settle = (end: ServedEnd): void => {
        drain.removeEventListener('abort', told);
        own.dispose();
        resolve(end);
      };
      const told = (): void => settle({ how: 'told' });
      const look = (): void => {
        const state = link.state;
        if (state.state === 'refused' && !this.#isRenewing && tasks.open().length === 0 && !isBusy(service)) settle({ how: 'refused', reason: state.reason });
      };
      drain.addEventListener('abort', told);
      own.add(link.onDidChangeState(look));
      own.add(tasks.onDidChangeStatus(look));
      own.add(onDidChangeFile(() => this.#changed(() => settle({ how: 'changed' }))));
    });
  }

  /** Running tasks have their time; then results have theirs; the rest is left to the next daemon. */
  async #drain({ tasks, link }: Running, atOnce: AbortSignal): Promise<void> {
    const { drainSeconds } = this.#parts.settings;
    tasks.drain();
    const open = tasks.open().length;
    this.#log.info(open === 0 ? 'It takes no more tasks.' : `It takes no more tasks; ${open} that run have ${drainSeconds} s to end, and go on by themselves after that.`);
    const until = (isOver: () => boolean, timeoutMs: number): Promise<unknown> =>
      isOver() ? Promise.resolve() : waitForEvent(tasks.onDidChangeStatus, isOver, { timeoutMs, signal: atOnce, what: 'the tasks to end' }).catch(() => undefined);
    await until(() => tasks.open().length === 0, drainSeconds * 1000);
    if (link.state.state === 'connected') await until(() => tasks.results().length === 0, Math.min(DELIVER_MS, Math.max(1, drainSeconds * 1000)));
    const left = tasks.open().length;
    if (left > 0) this.#log.info(`${left} tasks go on without it: the next daemon takes them up.`);
  }

  #changed(other: () => void): void {
    const { settings, env } = this.#parts;
    let now: DaemonSettings;
    try {
      now = readDaemonSettings(settings.path, env);
    } catch (error) {
      this.#log.warn(`The settings were changed, and what was before holds on: ${messageOf(error)}`);
      return;
    }
    if (now.serverUrl !== this.#serverUrl || now.runnerId !== this.#runnerId) {
      this.#log.info('The settings name another hub or runner.');
      return other();
    }
    if (this.#running?.link.state.state === 'refused') this.#running.link.start();
  }

  /** Another token may end it; nothing is tried in a circle. */
  async #refused(): Promise<void> {
    const running = this.#running;
    const state = running?.link.state;
    if (running === undefined || state?.state !== 'refused' || this.#isRenewing || !this.#mayRenew(state.reason)) return;
    this.#isRenewing = true;
    const fresh = await running.token.renewed().catch(() => undefined);
    this.#isRenewing = false;
    this.#renewedAt = performance.now();
    if (this.#running === running && running.link.state.state === 'refused') {
      if (fresh !== undefined) running.link.start();
      // Somebody waits to hear that nothing more is tried.
      else running.tasks.statusChanged();
    }
  }

  #mayRenew(reason: string): boolean {
    return OF_TOKEN.test(reason) && performance.now() - this.#renewedAt > RENEW_MS;
  }

  async #renew(by: string): Promise<string | undefined> {
    const { name, capabilities, maxAgents } = this.#parts.settings;
    const { token, id } = await registerRunner({ serverUrl: this.#serverUrl, token: by }, { name, hostname: hostname(), capabilities: [...capabilities], max_concurrent_agents: maxAgents, client_version: `tmux-agents ${this.#parts.version}`.slice(0, 32) });
    if (id === this.#runnerId) return token;
    this.#log.warn(`The hub knows this machine as ${id} by now, not as ${this.#runnerId}. Register it again: tmux-agents runner register`);
    return undefined;
  }

  #stored(): Pick<DaemonSettings, 'runnerToken' | 'accessToken'> {
    try {
      return readDaemonSettings(this.#parts.settings.path, this.#parts.env);
    } catch {
      return this.#parts.settings;
    }
  }

  #projects(): ProjectMap {
    const { projectMap, home } = this.#parts.settings;
    try {
      return readProjectMap(projectMap, home);
    } catch (error) {
      this.#log.warn(messageOf(error));
      return new Map();
    }
  }
}

/** Whose its sessions are among those of this machine. */
function ownerOf(runnerId: string): string {
  return `sibyl-runner ${runnerId.length <= 100 ? runnerId : createHash('sha256').update(runnerId).digest('hex')}`;
}

function isBusy(service: RunnerService): boolean {
  return service.listSessions().some(({ runnerState }) => !isFinal(runnerState));
}
