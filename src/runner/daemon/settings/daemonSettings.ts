// The settings of the runner daemon: Sibyl's runner.yaml with its environment variables and defaults, and our own keys beside them.
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { AgentsError } from '../../../base/errors.ts';
import { faultLines } from '../../../protocol/config.ts';
import { WrittenPolicy } from '../../../protocol/sessionConfig.ts';
import { homeOf, pathIn, textIn, type Environment } from './configPath.ts';
import { readRunnerFile } from './runnerFile.ts';
import { longerLived } from './tokenLife.ts';

/** As other clients write it, a value that is not set may be `null`. */
const opt = <T extends z.ZodType>(schema: T): z.ZodPreprocess<z.ZodOptional<T>> => z.preprocess((value) => value ?? undefined, schema.optional());

const Text = z.string().trim().min(1, 'must not be empty');
/** A timer of Node's counts in 32 bits. */
const Seconds = z.number().min(0).max(2_147_483, 'is longer than 24 days');
const Url = Text.transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === '') return text.replace(/\/+$/, '');
  context.addIssue({ code: 'custom', message: `${JSON.stringify(text.replace(/\/\/[^@/]*@/, '//'))} is no address of a server: use http://HOST[:PORT] or https://HOST[:PORT]` });
  return z.NEVER;
});

const FileSchema = z.object({
  // Sibyl's own.
  server_url: opt(Url),
  runner_id: opt(Text.max(255)),
  graph_runner_id: opt(z.string()),
  name: opt(Text.max(255)),
  max_concurrent_agents: opt(z.int().min(1).max(20)),
  capabilities: opt(z.array(Text.max(100)).max(100)),
  worktree_base: opt(Text),
  log_dir: opt(Text),
  /** Seconds before the first attempt to reconnect. */
  reconnect_interval: opt(Seconds.min(0.01)),
  /** Other clients give up then; this one never does on a fault of the network. */
  max_reconnect_attempts: opt(z.number()),
  /** Seconds. */
  heartbeat_interval: opt(Seconds.min(0.01)),
  access_token: opt(z.string()),
  runner_token: opt(z.string()),
  // Ours.
  allow_commands: opt(z.boolean()),
  allow_unknown_projects: opt(z.boolean()),
  /** Repositories that a hub may name lie below one of these; all that its user can read where none is set. */
  allowed_repo_roots: opt(z.array(Text)),
  /** The file with the map of projects. */
  project_map: opt(Text),
  default_provider: opt(Text),
  /** A provider for each capability or agent type. */
  providers: opt(z.record(z.string(), Text)),
  autopilot: opt(z.boolean()),
  policy: opt(WrittenPolicy),
  /** Seconds an approval may wait; then it is denied. */
  approval_timeout: opt(Seconds.min(0.01)),
  /** Seconds of quiet after which an agent's turn counts as over. */
  idle_seconds: opt(Seconds),
  /** Seconds that running tasks have to end by themselves once the daemon is told to. */
  drain_seconds: opt(Seconds),
  /** Seconds a task may take that names no limit of its own. 0: no limit. */
  execution_timeout: opt(Seconds),
  state_dir: opt(Text),
});
type FileValues = z.infer<typeof FileSchema>;

export interface DaemonSettings {
  /** Where they stand. */
  readonly path: string;
  readonly serverUrl: string | undefined;
  readonly runnerId: string | undefined;
  readonly graphRunnerId: string | undefined;
  readonly name: string;
  readonly maxAgents: number;
  readonly capabilities: readonly string[];
  /** Absolute paths from here on. */
  readonly worktreeBase: string;
  readonly logDir: string;
  readonly stateDir: string | undefined;
  readonly projectMap: string;
  readonly home: string;
  readonly reconnectSeconds: number;
  readonly heartbeatSeconds: number;
  readonly accessToken: string | undefined;
  readonly runnerToken: string | undefined;
  readonly allowCommands: boolean;
  readonly allowUnknownProjects: boolean;
  readonly allowedRepoRoots: readonly string[];
  readonly defaultProvider: string;
  readonly providers: Readonly<Record<string, string>>;
  readonly autopilot: boolean;
  readonly policy: WrittenPolicyValue | undefined;
  readonly approvalTimeoutSeconds: number | undefined;
  readonly idleSeconds: number;
  readonly drainSeconds: number;
  /** 0: none. */
  readonly executionTimeoutSeconds: number;
}
type WrittenPolicyValue = z.infer<typeof WrittenPolicy>;

const DEFAULT_PROVIDER = 'claude';

/** The file, and over it the environment; of two tokens of a runner the one that ends later, as a renewed one is kept in the file. A file that is not there is an empty one. Throws `bad-input` with one line per fault, `folder-unreadable`. */
export function readDaemonSettings(path: string, env: Environment): DaemonSettings {
  const parsed = FileSchema.safeParse(readRunnerFile(path) ?? {});
  if (!parsed.success) throw new AgentsError('bad-input', `The runner's configuration ${path} is not valid: ${faultLines(parsed.error).join('; ')}.`, { hint: 'See docs/daemon.md.' });
  const overriding = FileSchema.safeParse(fromEnvironment(env));
  if (!overriding.success) throw new AgentsError('bad-input', `The environment's settings of the runner are not valid: ${faultLines(overriding.error).map(asVariable).join('; ')}.`, { hint: 'See docs/daemon.md.' });
  const given = Object.entries(overriding.data).filter(([, value]) => value !== undefined);
  const values = { ...parsed.data, ...(Object.fromEntries(given) as FileValues) };
  const kept = filled(parsed.data.runner_token);
  if (values.runner_token !== undefined && kept !== undefined) values.runner_token = longerLived(values.runner_token, kept);
  return settingsOf(values, path, homeOf(env));
}

function settingsOf(values: FileValues, path: string, home: string): DaemonSettings {
  const at = (text: string): string => pathIn(dirname(path), text, home);
  return {
    path,
    serverUrl: values.server_url,
    runnerId: values.runner_id,
    graphRunnerId: values.graph_runner_id,
    name: values.name ?? hostname(),
    maxAgents: values.max_concurrent_agents ?? 3,
    capabilities: values.capabilities ?? [],
    worktreeBase: at(values.worktree_base ?? '~/.sibyl/worktrees'),
    logDir: at(values.log_dir ?? '~/.sibyl/logs'),
    stateDir: values.state_dir === undefined ? undefined : at(values.state_dir),
    projectMap: at(values.project_map ?? join(home, '.sibyl', 'config.toml')),
    home,
    reconnectSeconds: values.reconnect_interval ?? 5,
    heartbeatSeconds: values.heartbeat_interval ?? 30,
    accessToken: filled(values.access_token),
    runnerToken: filled(values.runner_token),
    allowCommands: values.allow_commands ?? false,
    allowUnknownProjects: values.allow_unknown_projects ?? false,
    allowedRepoRoots: (values.allowed_repo_roots ?? []).map(at),
    defaultProvider: values.default_provider ?? DEFAULT_PROVIDER,
    providers: values.providers ?? {},
    autopilot: values.autopilot ?? false,
    policy: values.policy,
    approvalTimeoutSeconds: values.approval_timeout,
    idleSeconds: values.idle_seconds ?? 10,
    drainSeconds: values.drain_seconds ?? 30,
    executionTimeoutSeconds: values.execution_timeout ?? 3600,
  };
}

const variables = {
  SIBYL_SERVER_URL: 'server_url',
  SIBYL_RUNNER_ID: 'runner_id',
  SIBYL_RUNNER_NAME: 'name',
  SIBYL_RUNNER_TOKEN: 'runner_token',
  SIBYL_ACCESS_TOKEN: 'access_token',
  SIBYL_MAX_AGENTS: 'max_concurrent_agents',
  SIBYL_WORKTREE_BASE: 'worktree_base',
  SIBYL_LOG_DIR: 'log_dir',
  SIBYL_EXECUTION_TIMEOUT: 'execution_timeout',
} as const;
const numbers: readonly string[] = ['max_concurrent_agents', 'execution_timeout'];

/** A text that is no number is a fault, not a default. */
function fromEnvironment(env: Environment): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([variable, key]) => {
      const text = textIn(env, variable);
      return text === undefined ? [] : [[key, numbers.includes(key) ? Number(text) : text]];
    }),
  );
}

/** A fault's line names a key of the file; whoever set a variable looks for that. */
function asVariable(line: string): string {
  for (const [variable, key] of Object.entries(variables)) if (line.startsWith(key)) return variable + line.slice(key.length);
  return line;
}

/** As `server_url`. Throws `bad-input`. */
export function parseServerUrl(text: string): string {
  const parsed = Url.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new AgentsError('bad-input', `${faultLines(parsed.error).join('; ')}.`);
}

/** Whether a hub knows this machine, as far as the settings say. */
export function isRegistered({ serverUrl, runnerId, runnerToken, accessToken }: DaemonSettings): boolean {
  return serverUrl !== undefined && runnerId !== undefined && (runnerToken !== undefined || accessToken !== undefined);
}

/** The names of variables that hold a hub's tokens: nothing that the daemon starts gets them. */
export const TOKEN_VARIABLES: readonly string[] = ['SIBYL_RUNNER_TOKEN', 'SIBYL_ACCESS_TOKEN'];

function filled(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === '' ? undefined : trimmed;
}
