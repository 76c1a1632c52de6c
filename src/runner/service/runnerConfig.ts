// How a runner is set up: the village runner's options and ours, checked, with what the environment and we ourselves add.
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { faultLines, type ProviderConfig } from '../../protocol/config.ts';
import type { UsageThresholds } from '../../sessions/usage/alerts.ts';
import type { SessionLimits } from '../../sessions/usage/limits.ts';
import type { Managed } from '../createRuntimeManager.ts';
import type { WorkspacePort } from './workspacePort.ts';

/** Everything may be left out. Times are in milliseconds. */
export interface RunnerConfig {
  /** Default: `RUNNER_MAX_SESSIONS`, or 10. */
  readonly maxConcurrentSessions?: number | undefined;
  /** How long a session may live, from its creation. 0: as long as it wants. Default an hour. */
  readonly sessionTimeout?: number | undefined;
  /** Between two USAGE_TICK events. Default 30,000. */
  readonly heartbeatInterval?: number | undefined;
  /** Below it every session's workspace is made. Default: `RUNNER_WORKSPACE_DIR`, or `/tmp/workspaces`. */
  readonly workspacePath?: string | undefined;
  /** Where repositories are kept between sessions. Default: `RUNNER_CACHE_DIR`, or `$XDG_STATE_HOME/tmux-agents/cache`. */
  readonly cachePath?: string | undefined;
  /** The ids of the providers whose sessions are taken. Default `['codex']`; `registerAdapter` adds to them. */
  readonly providers?: readonly string[] | undefined;
  /** Providers of one's own, and changes to the built-in ones, as in the settings' `providers`. */
  readonly providerSettings?: Readonly<Record<string, z.input<typeof ProviderConfig>>> | undefined;
  /** As in the settings' `runtimes`. Default: this machine alone. */
  readonly runtimes?: Readonly<Record<string, unknown>> | undefined;
  /** The id of the runtime that sessions run in. Default `local`. */
  readonly runtime?: string | undefined;
  /** Where sessions are kept, a folder each. Default `$XDG_STATE_HOME/tmux-agents/sessions`. */
  readonly stateFolder?: string | undefined;
  /**
   * Whose sessions these are, where several runners share the folder: those of another owner, and those without one, are left alone, running or ended.
   * Default: nobody's in particular, which leaves alone those that have an owner.
   */
  readonly owner?: string | undefined;
  /** How long an approval may wait; then it is denied. Default: as long as its session lives. */
  readonly approvalTimeout?: number | undefined;
  /** How long an agent has to end by itself when it is stopped. Default 5,000. */
  readonly stopGrace?: number | undefined;
  /**
   * A session whose CLI stays when its turn is over: is it completed then? True: after ten quiet seconds; a number: after so many milliseconds; false: never by
   * itself. Default: true for sessions created in the README's form, whose only task is then done, and false for those of the wire, which people talk to.
   */
  readonly endWhenIdle?: boolean | number | undefined;
  /** What each session may use; what is over it is paused or stopped. Cost and tokens count where the CLI tells them. Default: no limit. */
  readonly limits?: Pick<SessionLimits, 'maxCostUsd' | 'maxTokens' | 'onBudget' | 'onTime'> | undefined;
  /** Use that raises an alert. Default: none does. */
  readonly alerts?: UsageThresholds | undefined;
  /** Milliseconds that ended sessions are kept, from when their files were last written. 0: for ever. Default 30 days. */
  readonly keepEnded?: number | undefined;
  /** Lets the CLIs act without asking. Default false. */
  readonly autoPilot?: boolean | undefined;
  /** Runtimes that are there already; the runner disposes only those that it made itself. */
  readonly managed?: Managed | undefined;
  /** Where workspaces come from, instead of git worktrees below `workspacePath`. */
  readonly workspaces?: WorkspacePort | undefined;
  readonly log?: Log | undefined;
}

const Ms = z.number().min(0);
/** A timer of Node's counts in 32 bits. */
const Timer = Ms.max(2_147_483_647, 'is longer than 24 days');

const Limit = z.enum(['pause', 'stop']).optional();
const Most = z.number().positive().optional();

const Schema = z.object({
  maxConcurrentSessions: z.int().min(1),
  sessionTimeout: Timer,
  heartbeatInterval: Timer.min(10),
  workspacePath: z.string().min(1).refine((path) => path.startsWith('/'), 'must be an absolute path'),
  cachePath: z.string().min(1).refine((path) => path.startsWith('/'), 'must be an absolute path'),
  providers: z.array(z.string().min(1)),
  runtime: z.string().min(1),
  stateFolder: z.string().min(1).refine((path) => path.startsWith('/'), 'must be an absolute path'),
  owner: z.string().min(1).max(200).optional(),
  approvalTimeout: Timer.min(1).optional(),
  stopGrace: Timer,
  endWhenIdle: z.union([z.boolean(), Timer]).optional(),
  autoPilot: z.boolean(),
  limits: z.strictObject({ maxCostUsd: Most, maxTokens: Most, onBudget: Limit, onTime: Limit }),
  alerts: z.strictObject({ cpuPercent: Most, memoryBytes: Most, diskBytes: Most, pids: Most, costUsd: Most, tokensIn: Most, tokensOut: Most, agentSeconds: Most, terminalKb: Most }),
  keepEnded: Ms,
});
export type RunnerSettings = z.infer<typeof Schema>;

/** Throws `bad-input` with one line per fault. */
export function runnerSettings(config: RunnerConfig, env: NodeJS.ProcessEnv = process.env): RunnerSettings {
  const folder = config.stateFolder ?? stateFolder(env, 'sessions');
  const parsed = Schema.safeParse({
    maxConcurrentSessions: config.maxConcurrentSessions ?? numberIn(env, 'RUNNER_MAX_SESSIONS') ?? 10,
    sessionTimeout: config.sessionTimeout ?? 3_600_000,
    heartbeatInterval: config.heartbeatInterval ?? 30_000,
    workspacePath: config.workspacePath ?? textIn(env, 'RUNNER_WORKSPACE_DIR') ?? '/tmp/workspaces',
    cachePath: config.cachePath ?? textIn(env, 'RUNNER_CACHE_DIR') ?? stateFolder(env, 'cache'),
    providers: config.providers ?? ['codex'],
    runtime: config.runtime ?? 'local',
    stateFolder: folder,
    owner: config.owner,
    approvalTimeout: config.approvalTimeout,
    stopGrace: config.stopGrace ?? 5_000,
    endWhenIdle: config.endWhenIdle,
    autoPilot: config.autoPilot ?? false,
    limits: config.limits ?? {},
    alerts: config.alerts ?? {},
    keepEnded: config.keepEnded ?? 30 * 24 * 60 * 60 * 1000,
  });
  if (parsed.success) return parsed.data;
  throw new AgentsError('bad-input', `The runner's configuration is not valid: ${faultLines(parsed.error).join('; ')}.`);
}

function textIn(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/** A text that is no number is a fault, not a default. */
function numberIn(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = textIn(env, name);
  return text === undefined ? undefined : Number(text);
}
