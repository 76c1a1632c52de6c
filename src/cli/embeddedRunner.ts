// The hub's own runner: sessions on the hub's machine, for people who have no other. It comes in like any runner, over loopback; what it runs outlives the hub.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { AgentsError, messageOf } from '../base/errors.ts';
import { jsonOf } from '../base/json.ts';
import type { Log } from '../base/log.ts';
import { holdProcessLock } from '../base/processLock.ts';
import { writeStateJson } from '../base/stateFile.ts';
import { pause } from '../base/wait.ts';
import { HubLink } from '../runner/hubLink/hubLink.ts';
import { runnerFleet } from '../runner/hubLink/runnerFleet.ts';
import { RunnerService } from '../runner/runnerService.ts';
import type { RunnerConfig } from '../runner/service/runnerConfig.ts';

/** Registers it with its hub: undefined as long as there is no organization for it. */
export type RegisterOwn = (own: { readonly runnerId?: string | undefined; readonly name: string; readonly hostname: string; readonly capabilities: readonly string[]; readonly maxAgents: number }) => Promise<{ readonly runnerId: string; readonly token: string } | undefined>;

export interface EmbeddedRunnerOptions {
  /** Of the hub, as this machine reaches it. */
  readonly url: string;
  /** Of a hub with TLS: PEM. */
  readonly certificate?: string | undefined;
  /** Of the hub's data: what it runs is written down below it. */
  readonly dataFolder: string;
  readonly register: RegisterOwn;
  /** Resolves once the hub has its socket, from now on. */
  readonly came: (runnerId: string, signal: AbortSignal) => Promise<void>;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  readonly log: Log;
  /** Tests have places and providers of their own. */
  readonly config?: Partial<RunnerConfig> | undefined;
}

export interface EmbeddedRunner {
  /** Resolves once it has come in, or has to wait for the first organization, or was refused. Never fails. */
  readonly settled: Promise<void>;
  /** Leaves the agents to the next hub. Idempotent; never throws. */
  stop(): Promise<void>;
}

/** Providers whose CLIs a session can be run with. */
const PROVIDERS = ['codex', 'claude_code', 'gemini_cli', 'opencode', 'demo'] as const;
/** By the village runner's book. */
const WORKSPACES = '/tmp/ai-village-workspaces';
const CACHE = '/tmp/ai-village-cache';
/** Milliseconds between two looks for an organization, and after a fault. */
const AGAIN_MS = 1_000;
const MOST_AGENTS = 10;

/** `runnerId`: since it was registered. */
const Identity = z.object({ name: z.string().min(1).max(255), hostname: z.string().min(1).max(255), runnerId: z.string().min(1).max(255).optional() });
type Identity = z.infer<typeof Identity>;

/** Resolves once it has taken up what an earlier hub's runner left; it comes in as soon as there is an organization. Undefined where another hub of this folder has it. Throws as `RunnerService.start`. */
export async function startEmbeddedRunner(options: EmbeddedRunnerOptions): Promise<EmbeddedRunner | undefined> {
  const { dataFolder, env } = options;
  // That it comes and goes is of no interest to who runs the hub; what goes wrong is.
  const log = quieter(options.log);
  const folder = join(dataFolder, 'runner');
  let identity = identityIn(folder);
  const lock = await holdProcessLock(join(folder, 'lock'), { timeoutMs: 2_000 });
  if (lock === undefined) {
    log.warn(`Another hub runs what is in ${folder}: this one has no runner of its own.`);
    return undefined;
  }
  const maxAgents = mostAgents(env);
  const service = new RunnerService({
    providers: PROVIDERS,
    workspacePath: textIn(env, 'RUNNER_WORKSPACE_DIR') ?? WORKSPACES,
    cachePath: textIn(env, 'RUNNER_CACHE_DIR') ?? CACHE,
    stateFolder: join(folder, 'sessions'),
    maxConcurrentSessions: maxAgents,
    log,
    ...options.config,
  });
  try {
    await service.start();
  } catch (error) {
    lock.dispose();
    throw error;
  }
  const over = new AbortController();
  const fleet = runnerFleet(service, { log });
  let link: HubLink | undefined;
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => (settle = resolve));
  const register: () => ReturnType<RegisterOwn> = async () => {
    const found = await options.register({ ...identity, capabilities: service.adapters.map(({ id }) => id), maxAgents });
    if (found !== undefined && found.runnerId !== identity.runnerId) {
      identity = { ...identity, runnerId: found.runnerId };
      keepIdentity(folder, identity);
    }
    return found;
  };
  const coming = (async () => {
    const first = await registered(register, over.signal, log, settle);
    if (first === undefined) return;
    let token: string | undefined = first.token;
    link = new HubLink({
      serverUrl: options.url,
      certificate: options.certificate,
      runnerId: first.runnerId,
      // A token is for a day, a connection may be made anew later.
      token: async () => {
        const given = token ?? (await register())?.token;
        token = undefined;
        return given;
      },
      fleet,
      clientVersion: `tmux-agents ${options.version} (hub)`,
      log,
    });
    options.came(first.runnerId, over.signal).then(settle, settle);
    link.onDidChangeState(({ state }) => state === 'refused' && settle());
    link.start();
  })();
  let stopping: Promise<void> | undefined;
  return {
    settled,
    stop: () =>
      (stopping ??= (async () => {
        over.abort();
        settle();
        await coming;
        link?.dispose();
        fleet.dispose();
        await service.stop({ sessions: 'keep' }).catch((error: unknown) => log.error(`The hub's own runner did not end well: ${messageOf(error)}`));
        lock.dispose();
      })()),
  };
}

async function registered(register: () => ReturnType<RegisterOwn>, signal: AbortSignal, log: Log, waits: () => void): ReturnType<RegisterOwn> {
  while (!signal.aborted) {
    try {
      const found = await register();
      if (found !== undefined) return found;
      waits();
    } catch (error) {
      log.warn(`The hub's own runner could not be registered: ${messageOf(error)}`);
    }
    await pause(AGAIN_MS, signal).catch(() => undefined);
  }
  return undefined;
}

/** Who it is to the hub, for as long as its folder is there: machines change their names, and people runners'. */
function identityIn(folder: string): Identity {
  const known = Identity.safeParse(jsonOf(textOf(identityPath(folder)) ?? '')).data;
  if (known !== undefined) return known;
  const made = { name: `hub-${randomBytes(4).toString('hex')}`, hostname: hostname() };
  keepIdentity(folder, made);
  return made;
}

function keepIdentity(folder: string, identity: Identity): void {
  writeStateJson(identityPath(folder), identity, "The hub's own runner");
}

function identityPath(folder: string): string {
  return join(folder, 'runner.json');
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function quieter(log: Log): Log {
  const debug = (message: string): void => log.debug(message);
  return { trace: (message) => log.trace(message), debug, info: debug, warn: (message) => log.warn(message), error: (message) => log.error(message) };
}

function mostAgents(env: NodeJS.ProcessEnv): number {
  const text = textIn(env, 'RUNNER_MAX_SESSIONS');
  if (text === undefined) return MOST_AGENTS;
  if (/^\d{1,4}$/.test(text) && Number(text) > 0) return Number(text);
  throw new AgentsError('bad-input', `RUNNER_MAX_SESSIONS is "${text}".`, { hint: 'It is a number of sessions: 1 or more.' });
}

function textIn(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}
