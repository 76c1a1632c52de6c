// What this machine has of what agents need: independent checks, run at once, each with a deadline.
import { setMaxListeners } from 'node:events';
import { AgentsError, asAgentsError, isAgentsError, messageOf } from '../base/errors.ts';
import { stateFolder } from '../base/stateFolder.ts';
import { waitFor } from '../base/wait.ts';
import { LocalExecutor } from '../exec/localExecutor.ts';
import type { Config, DockerRuntimeConfig } from '../protocol/config.ts';
import type { Provider } from '../providers/provider.ts';
import { createProviderRegistry } from '../providers/providerRegistry.ts';
import { DockerEngine } from '../runtimes/docker/engine.ts';
import { linger, runsSystemd } from '../runtimes/local/logoutProof.ts';
import { HOW_TO_INSTALL_TMUX, isTooOld } from '../tmux/tmuxVersion.ts';
import { versionIn } from '../runtimes/programs.ts';
import { findExecutable } from '../exec/findExecutable.ts';
import { ConversationStore, conversationsFolder } from '../sessions/conversations/conversationStore.ts';
import { WorkspaceStore } from '../workspaces/workspaceStore.ts';
import { AttemptStore } from './attempts/attemptStore.ts';

/** `warn`: something optional is missing. `fail`: agents of a runtime that should work cannot run. */
export type DoctorStatus = 'ok' | 'warn' | 'fail';

export interface DoctorCheck {
  /** Stable: `tmux`, `logout`, `git`, `records`, `docker-cli`, `docker:RUNTIME`, `image:RUNTIME`, `provider:ID`. */
  readonly id: string;
  readonly title: string;
  readonly status: DoctorStatus;
  /** A sentence: what was found. */
  readonly message: string;
  /** A sentence: what to do. */
  readonly fix?: string;
}

export interface DoctorOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that one check may take. Default 5,000. */
  readonly timeoutMs?: number | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly platform?: NodeJS.Platform | undefined;
}

type Finding = Omit<DoctorCheck, 'id' | 'title'>;

interface Check {
  readonly id: string;
  readonly title: string;
  /** May throw: then the finding is `warn` with the error's sentence and hint. */
  readonly look: () => Promise<Finding>;
}

const DEFAULT_IMAGE = 'tmux-agents-base:latest';
const BUILD_IMAGE = 'Build it: run docker/build.sh of the project, or the command "Build Docker Image" in VS Code.';

/** Looks at everything that the settings speak of. Never throws, except `cancelled`. */
export async function runDoctor(config: Config, options: DoctorOptions = {}): Promise<DoctorCheck[]> {
  const { timeoutMs = 5_000 } = options;
  // One of our own, which may be listened to by as many as there are checks.
  const signal = AbortSignal.any(options.signal === undefined ? [] : [options.signal]);
  setMaxListeners(0, signal);
  return Promise.all(checksFor(config, { ...options, signal, timeoutMs }).map(async ({ id, title, look }) => ({ id, title, ...(await waitFor(look(), { signal, timeoutMs, what: title }).catch(finding)) })));
}

function finding(error: unknown): Finding {
  if (isAgentsError(error, 'cancelled')) throw error;
  const { message, hint } = asAgentsError(error);
  return { status: 'warn', message, ...(hint === undefined ? {} : { fix: hint }) };
}

function checksFor(config: Config, options: DoctorOptions & { readonly timeoutMs: number }): Check[] {
  const { env = process.env, platform = process.platform, timeoutMs } = options;
  const locals = Object.values(config.runtimes).filter((runtime) => runtime.type === 'local');
  const dockers = Object.entries(config.runtimes).flatMap(([id, runtime]) => (runtime.type === 'docker' ? [[id, runtime] as const] : []));
  const version = (program: string, flag: string) => firstLine([program, flag], { env, timeoutMs, signal: options.signal });
  return [
    ...(locals.length > 0 ? [{ id: 'tmux', title: 'tmux', look: () => lookAtTmux(locals[0]?.tmuxPath ?? 'tmux', platform, version) }] : []),
    ...(locals.length > 0 && runsSystemd() ? [{ id: 'logout', title: 'Logging out', look: () => lookAtLinger(env) }] : []),
    { id: 'git', title: 'git', look: () => lookAtGit(version) },
    { id: 'records', title: 'Records', look: () => Promise.resolve(lookAtRecords(env)) },
    ...dockers.flatMap(([id, runtime]) => dockerChecks(id, runtime, timeoutMs)),
    ...(dockers.length > 0 ? [{ id: 'docker-cli', title: 'docker command', look: () => lookAtDockerCommand(dockers[0]?.[1].dockerPath ?? 'docker', version) }] : []),
    ...createProviderRegistry(config.providers).all.filter((provider) => provider.executables.length > 0).map((provider) => ({ id: `provider:${provider.id}`, title: provider.label, look: () => lookAtProvider(provider, { ...options, env }) })),
  ];
}

type Version = (program: string, flag: string) => Promise<string>;

async function lookAtTmux(tmuxPath: string, platform: NodeJS.Platform, version: Version): Promise<Finding> {
  if (platform === 'win32') return { status: 'warn', message: 'Local agents need tmux, which Windows does not have.', fix: 'Open the folder in WSL, or spawn agents in Docker.' };
  const found = await version(tmuxPath, '-V').catch((error: unknown) => {
    if (isAgentsError(error, 'command-not-found')) return undefined;
    throw error;
  });
  if (found === undefined) return { status: 'fail', message: `tmux was not found${tmuxPath === 'tmux' ? ' on the PATH' : ` at ${tmuxPath}`}.`, fix: HOW_TO_INSTALL_TMUX };
  return isTooOld(found) ? { status: 'fail', message: `${found} is too old.`, fix: HOW_TO_INSTALL_TMUX } : { status: 'ok', message: `${found}.` };
}

async function lookAtLinger(env: Readonly<Record<string, string | undefined>>): Promise<Finding> {
  switch (await linger(new LocalExecutor(), { env: defined(env) })) {
    case undefined:
      return { status: 'ok', message: 'Whether your systemd lingers cannot be told; agents are started in a scope of it.' };
    case 'yes':
      return { status: 'ok', message: 'Agents go on when you log out: your systemd lingers.' };
    case 'no':
      return { status: 'warn', message: 'Your systemd ends with your last login; where it ends your programs too, agents end with them.', fix: 'Run "loginctl enable-linger" once.' };
  }
}

async function lookAtGit(version: Version): Promise<Finding> {
  try {
    return { status: 'ok', message: `${await version('git', '--version')}.` };
  } catch (error) {
    if (!isAgentsError(error, 'command-not-found')) throw error;
    return { status: 'warn', message: 'git was not found on the PATH.', fix: 'Install git: most agents work with it.' };
  }
}

/** What no listing shows, as it cannot be read. */
function lookAtRecords(env: Readonly<Record<string, string | undefined>>): Finding {
  const stores = [new WorkspaceStore(stateFolder(env, 'workspaces')), new ConversationStore(conversationsFolder(env)), new AttemptStore(stateFolder(env, 'attempts'))];
  const damaged = stores.flatMap((store) => store.damaged());
  const [first] = damaged;
  if (first === undefined) return { status: 'ok', message: 'All records of workspaces, conversations and attempts can be read.' };
  const others = damaged.length === 1 ? '' : ` So are ${damaged.length - 1} more: ${damaged.slice(1, 10).map(({ path }) => path).join(', ')}.`;
  return { status: 'warn', message: `The record ${first.path} is damaged (${first.reason.replace(/\s+/g, ' ').slice(0, 200)}), so what it is of is not listed.${others}`, fix: 'Mend it by hand, or move it away: work in a workspace without a record is listed by "tmux-agents workspaces orphans".' };
}

async function lookAtDockerCommand(dockerPath: string, version: Version): Promise<Finding> {
  try {
    return { status: 'ok', message: `${await version(dockerPath, '--version')}.` };
  } catch (error) {
    if (!isAgentsError(error, 'command-not-found')) throw error;
    return { status: 'warn', message: 'The docker command was not found: agents in containers run, but cannot be attached to.', fix: 'Install the Docker command line, or set "dockerPath".' };
  }
}

/** dockerode takes options here, which its types do not know; without the signal a deaf engine's connection would stay open. */
interface VersionTeller {
  version(options: { readonly abortSignal: AbortSignal }): Promise<{ readonly Version: string }>;
}

/** The engine and the image of one runtime; the second waits for the first's answer by asking the same engine itself. */
function dockerChecks(id: string, runtime: DockerRuntimeConfig, timeoutMs: number): Check[] {
  const engine = new DockerEngine({ socketPath: runtime.socketPath, host: runtime.host, context: runtime.context });
  const image = runtime.image ?? DEFAULT_IMAGE;
  const asked = engine.call({ what: 'tell its version', timeoutMs }, (docker, abortSignal) => (docker as VersionTeller).version({ abortSignal }));
  asked.catch(() => undefined);
  return [
    { id: `docker:${id}`, title: `Docker (${id})`, look: async () => ({ status: 'ok', message: `Docker ${(await asked).Version} answers at ${engine.endpoint.url}.` }) },
    {
      id: `image:${id}`,
      title: `Docker image (${id})`,
      look: async () => {
        await asked.catch((error: unknown) => {
          throw new AgentsError('docker-unavailable', `The image ${image} could not be looked for: Docker does not answer.`, { cause: error });
        });
        try {
          await engine.call({ what: `look for the image ${image}`, timeoutMs }, (docker) => docker.getImage(image).inspect());
          return { status: 'ok', message: `The image ${image} is there.` };
        } catch (error) {
          if (!isAgentsError(error, 'not-found')) throw error;
          return { status: 'warn', message: `The image ${image} is missing: no agent can start in a container yet.`, fix: BUILD_IMAGE };
        }
      },
    },
  ];
}

async function lookAtProvider(provider: Provider, options: DoctorOptions & { readonly env: Readonly<Record<string, string | undefined>>; readonly timeoutMs: number }): Promise<Finding> {
  for (const program of provider.executables) {
    const path = await findExecutable(program, options.env);
    if (path === undefined) continue;
    const version = provider.version === undefined ? undefined : await versionOf([path, ...provider.version], options);
    return { status: 'ok', message: version === undefined ? `Found at ${path}.` : `${version}, found at ${path}.` };
  }
  return { status: 'warn', message: `"${provider.executables.join('", "')}" was not found on the PATH of this machine.`, fix: provider.installHint };
}

/** What a program says of its version; undefined where it does not say, or takes more than half of the check's time. */
async function versionOf(argv: readonly string[], { env, timeoutMs, signal }: { readonly env: Readonly<Record<string, string | undefined>>; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined }): Promise<string | undefined> {
  return firstLine(argv, { env, timeoutMs: timeoutMs / 2, signal }).then(versionIn, () => undefined);
}

async function firstLine(argv: readonly string[], options: { readonly env: Readonly<Record<string, string | undefined>>; readonly timeoutMs: number; readonly signal: AbortSignal | undefined }): Promise<string> {
  const { code, stdout, stderr } = await new LocalExecutor().run(argv, { env: defined(options.env), timeoutMs: options.timeoutMs, ...(options.signal === undefined ? {} : { signal: options.signal }) });
  const line = stdout.toString('utf8').trim().split('\n', 1)[0] ?? '';
  if (code !== 0 || line === '') throw new AgentsError('internal', `${argv.join(' ')} failed: ${messageOf(stderr.toString('utf8').trim() || `exit code ${String(code)}`)}.`);
  return line;
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
