// A daemon's task runner for a test: real tmux, real git, a ledger on disk, without a hub.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redactor } from '../../src/base/redact.ts';
import { waitForEvent } from '../../src/base/wait.ts';
import type { TaskConfig, TaskResult } from '../../src/protocol/hubWire/sibylFrames.ts';
import { daemonService } from '../../src/runner/daemon/daemonService.ts';
import { readDaemonSettings, type DaemonSettings } from '../../src/runner/daemon/settings/daemonSettings.ts';
import { TaskLedger, ledgerPath } from '../../src/runner/daemon/tasks/taskLedger.ts';
import { TaskPlaces } from '../../src/runner/daemon/tasks/taskPlaces.ts';
import { TaskRunner } from '../../src/runner/daemon/tasks/taskRunner.ts';
import type { RunnerService } from '../../src/runner/runnerService.ts';
import { makeTmuxHome, type TmuxHome } from './tmuxHome.ts';
import { silentLog } from '../../src/base/log.ts';

const SLOW_MS = 30_000;

export type Progress = { readonly agentId: string; readonly status: string; readonly activity: string | null };

/** One process's daemon. */
export interface TaskDaemon {
  readonly service: RunnerService;
  readonly ledger: TaskLedger;
  readonly runner: TaskRunner;
  readonly progress: Progress[];
  /** As a process that dies does: nothing is told, nothing is ended. */
  letGo(): Promise<void>;
}

export class TaskWorld {
  readonly home: TmuxHome = makeTmuxHome();
  readonly repository = join(this.home.directory, 'project');
  readonly #daemons: TaskDaemon[] = [];

  constructor() {
    mkdirSync(this.repository);
    writeFileSync(join(this.repository, 'readme.txt'), 'one\n');
    this.git('init', '-q', '-b', 'main');
    this.git('add', '.');
    this.git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '-q', '-m', 'first');
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-C', this.repository, ...args], { encoding: 'utf8' }).trimEnd();
  }

  settings(more: Partial<DaemonSettings> = {}): DaemonSettings {
    return { ...readDaemonSettings(join(this.home.directory, 'runner.yaml'), { HOME: this.home.directory }), worktreeBase: join(this.home.directory, 'worktrees'), allowCommands: true, defaultProvider: 'demo', idleSeconds: 0.2, autopilot: true, ...more };
  }

  async open(more: Partial<DaemonSettings> = {}, secrets: readonly string[] = []): Promise<TaskDaemon> {
    const settings = this.settings(more);
    const log = silentLog;
    const projects = new Map([['known', this.repository]]);
    const places = new TaskPlaces({ settings, projects: () => projects, cache: join(this.home.directory, 'cache'), log });
    const service = daemonService({ settings, owner: 'test', workspaces: places, log });
    const ledger = await TaskLedger.open(ledgerPath(join(this.home.directory, 'ledger'), 'r'), { log });
    const runner = new TaskRunner({ service, ledger, places, settings, projects: () => projects, redactor: new Redactor(secrets), outcomes: join(this.home.directory, 'outcomes'), log });
    const progress: Progress[] = [];
    runner.onDidProgress((each) => progress.push(each));
    await service.start();
    runner.takeUp();
    const daemon: TaskDaemon = {
      service,
      ledger,
      runner,
      progress,
      letGo: async () => {
        runner.dispose();
        await service.stop({ sessions: 'keep' });
        await runner.settled();
        await ledger.close();
        places.dispose();
      },
    };
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Asks and expects to be taken. */
  async assign({ runner }: TaskDaemon, taskId: string, config: Partial<TaskConfig>, { agentId = `agent-${taskId}`, projectId = 'known' }: { readonly agentId?: string; readonly projectId?: string } = {}): Promise<void> {
    const answer = await runner.assign({ taskId, agentId, projectId, config: { prompt: 'do it', ...config } });
    if (!answer.accepted) throw new Error(`${taskId} was rejected: ${answer.reason}`);
  }

  async result({ runner, ledger }: TaskDaemon, taskId: string): Promise<TaskResult> {
    const known = (): TaskResult | undefined => ledger.get(taskId)?.result;
    if (known() === undefined) await waitForEvent(runner.onDidFinish, (finished) => finished === taskId, { timeoutMs: SLOW_MS, what: `the result of ${taskId}` });
    const result = known();
    if (result === undefined) throw new Error(`${taskId} has no result.`);
    return result;
  }

  async end(): Promise<void> {
    for (const { runner, service, ledger } of this.#daemons) {
      runner.dispose();
      await service.stop().catch(() => undefined);
      await runner.settled();
      await ledger.close();
    }
    this.home.end();
  }
}
