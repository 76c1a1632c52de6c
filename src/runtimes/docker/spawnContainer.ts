// Spawning: the steps from a config to a running agent in its container, and the way back when a step fails or is cancelled.
import type Docker from 'dockerode';
import { AgentsError, asAgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { throwIfCancelled, waitFor } from '../../base/wait.ts';
import type { AgentRecord } from '../../protocol/agentRecord.ts';
import { DockerExecutor } from '../../exec/dockerExecutor.ts';
import { AGENT_OPTION } from '../agentPanes.ts';
import { encodeFiles, FOLDER_VARIABLE, PLACE_SCRIPT } from '../agentFiles.ts';
import { KEPT_HOME, keptPath, TAKE_OVER_SCRIPT, takeOverWords, type KeptHome } from '../keptHome.ts';
import { encodeEnvFile, launcherArgv } from '../launcher.ts';
import type { AgentConfig, AgentFile, SpawnOptions } from '../types.ts';
import { checkWorkspaceFolder } from '../workspaceFolder.ts';
import type { AgentLink } from './agentLink.ts';
import { findAuthMounts } from './authMounts.ts';
import { parseBind, type BindMount } from './bindMount.ts';
import { lastLogLines, removeContainer } from './containerRemoval.ts';
import { containerName, containerSpec, AGENT_FOLDER, caller, containerUser, ENV_FILE, WORKSPACE } from './containerSpec.ts';
import type { Egress } from './egress/egress.ts';
import { RestrictedSpawn } from './egress/restrictedSpawn.ts';
import type { DockerEngine } from './engine.ts';
import { createError, mostCpus, engineError, isNetworkGone } from './engineErrors.ts';
import type { AgentNetwork, EnsuredNetwork } from './network.ts';
import { KeptHomes } from './keptHomes.ts';
import type { DockerSettings } from './options.ts';

/** Milliseconds until tmux in a started container must have answered. */
const READY_TIMEOUT_MS = 15_000;

/** Milliseconds that a cancelled spawn waits for what the engine is just making. */
const CANCEL_WAIT_MS = 3_000;

export interface SpawnPlace {
  readonly engine: DockerEngine;
  readonly network: AgentNetwork;
  readonly egress: Egress;
  readonly settings: DockerSettings;
  readonly log: Log;
  /** True when the engine's root is the caller: agents then run as root in their containers. */
  readonly isRootless: () => Promise<boolean>;
  /** The link to the tmux of a container that was started. */
  readonly link: (containerId: string) => AgentLink;
  /** Lets go of the link to a container that is removed again. */
  readonly unlink: (containerId: string) => void;
}

export interface Spawned {
  readonly containerId: string;
  readonly sessionName: string;
}

/** Starts an agent. On failure or cancellation everything that was made is removed before it rejects. */
export async function spawnContainer(place: SpawnPlace, config: AgentConfig, record: AgentRecord, options: SpawnOptions = {}): Promise<Spawned> {
  const { signal, onProgress } = options;
  const { argv } = config;
  if (argv === undefined) throw new AgentsError('bad-input', 'The agent cannot be spawned: argv: names no program.');
  throwIfCancelled(signal);
  onProgress?.('check', 'Checking the folder');
  const mounts = await waitFor(findMounts(place, config), { signal, timeoutMs: READY_TIMEOUT_MS, what: 'the folders to be checked' });

  const restricted = record.network === 'restricted' ? new RestrictedSpawn(place, config, containerUser(place.settings, caller(), mounts.rootless)) : undefined;
  let network: EnsuredNetwork | undefined;
  let container: Docker.Container | undefined;
  const undo = async (): Promise<void> => {
    if (container !== undefined) {
      place.unlink(container.id);
      await removeContainer(place.engine, container.id);
    }
    // Without a container of its own it may be the network of another agent of that id.
    if (restricted !== undefined) await (container !== undefined || network?.made === true ? restricted.undo() : undefined);
    else if (network?.made === true) await place.network.removeIfUnused(network.id);
    if (mounts.madeHome) await new KeptHomes().remove(config.agentId);
  };
  try {
    for (let attempt = 1; ; attempt++) {
      throwIfCancelled(signal);
      onProgress?.('network', restricted === undefined ? `Joining the network ${place.settings.network}` : 'Making a restricted network');
      network = await finished<EnsuredNetwork>(restricted?.ensureNetwork() ?? place.network.ensure(), signal, {
        keep: (late) => (network = late),
        discard: async (late) => (late.made ? (restricted?.undo() ?? place.network.removeIfUnused(late.id)) : undefined),
      });
      throwIfCancelled(signal);
      onProgress?.('create', `Creating a container from ${place.settings.image}`);
      container = await finished(create(place, config, record, mounts, network.id, restricted?.environment), signal, { keep: (late) => (container = late), discard: (late) => removeContainer(place.engine, late.id) });
      throwIfCancelled(signal);
      // While the agent's own container starts.
      restricted?.startProxy(signal);
      onProgress?.('start', 'Starting the container');
      try {
        await start(place, container, signal);
        break;
      } catch (error) {
        // Somebody removed the network since it was looked up: once more, with a new one.
        if (attempt > 1 || restricted !== undefined || !isNetworkGone(error)) throw error;
        await removeContainer(place.engine, container.id);
        container = undefined;
        place.network.forget();
      }
    }
    return await launch(place, container.id, { ...config, argv, userHome: mounts.userHome }, record, options, restricted);
  } catch (error) {
    await undo().catch((fault: unknown) => place.log.error(`docker: what a failed spawn of ${config.agentId} made could not be removed: ${messageOf(fault)}`));
    throw error;
  }
}

/**
 * Waits for something that makes something. When cancelled, waits on a little to get hold of what is made, so that it can be
 * removed; from an engine that hangs it is removed when it comes, behind the caller's back.
 */
async function finished<T>(making: Promise<T>, signal: AbortSignal | undefined, made: { readonly keep: (made: T) => void; readonly discard: (made: T) => Promise<void> }): Promise<T> {
  try {
    return await waitFor(making, { signal, what: 'the engine' });
  } catch (error) {
    if (!signal?.aborted) throw error;
    await waitFor(making, { timeoutMs: CANCEL_WAIT_MS, what: 'the engine' }).then(made.keep, (fault: unknown) => {
      if (isAgentsError(fault, 'timeout')) making.then(made.discard).catch(() => undefined);
    });
    throw error;
  }
}

interface Mounts {
  readonly all: BindMount[];
  readonly rootless: boolean;
  readonly homeInMemory: boolean;
  /** The home of the container's user. */
  readonly userHome: string;
  /** True when the kept home was made just now: a failed spawn takes it away again. */
  readonly madeHome: boolean;
}

async function findMounts(place: SpawnPlace, config: AgentConfig): Promise<Mounts> {
  const { settings, engine, log } = place;
  const extra = settings.extraBinds.map(parseBind);
  const [rootless] = await Promise.all([settings.user === undefined ? place.isRootless() : false, engine.isLocal ? checkWorkspaceFolder(config.workingDirectory) : undefined]);
  const user = containerUser(settings, caller(), rootless);
  const auth = engine.isLocal ? await findAuthMounts(settings.authMounts, { containerHome: user.home, log }) : [];
  const home = engine.isLocal && config.home !== undefined ? await new KeptHomes().make(config.agentId, user) : undefined;
  const kept: BindMount[] = home === undefined ? [] : [{ source: home.path, target: KEPT_HOME, readOnly: false }];
  const workspace: BindMount = { source: config.workingDirectory, target: WORKSPACE, readOnly: false };
  // One mount a target: what the settings add wins over what is found.
  return { all: [...new Map([...auth, ...kept, ...extra, workspace].map((mount) => [mount.target, mount])).values()], rootless, homeInMemory: config.home !== undefined && home === undefined, madeHome: home?.made === true, userHome: user.home };
}

async function create(place: SpawnPlace, config: AgentConfig, record: AgentRecord, mounts: Mounts, networkId: string, proxyEnv: Readonly<Record<string, string>> | undefined): Promise<Docker.Container> {
  const { settings, engine, log } = place;
  const wish = {
    settings,
    record,
    user: containerUser(settings, caller(), mounts.rootless),
    networkId,
    mounts: mounts.all,
    homeInMemory: mounts.homeInMemory,
    memory: config.resources?.memory ?? settings.defaultMemory,
    cpus: config.resources?.cpus ?? settings.defaultCpus,
    proxyEnv,
  };
  const attempt = (cpus: number): Promise<Docker.Container> =>
    engine.call({ what: 'create the container' }, (docker) => docker.createContainer(containerSpec({ ...wish, cpus })));
  try {
    return await attempt(wish.cpus).catch((error: unknown) => {
      // Who asks for more processors than the host has gets all of them.
      const most = mostCpus(error);
      if (most === undefined || most >= wish.cpus) throw error;
      log.info(`docker: ${config.agentId} asked for ${wish.cpus} CPUs; the host has ${most}`);
      return attempt(most);
    });
  } catch (error) {
    const cause = isAgentsError(error) && error.cause !== undefined ? error.cause : error;
    if (isAgentsError(error, 'docker-unavailable')) throw error;
    throw createError(cause, { image: settings.image, name: containerName(record.agentId), url: engine.endpoint.url, workingDirectory: config.workingDirectory });
  }
}

async function start({ engine }: SpawnPlace, container: Docker.Container, signal: AbortSignal | undefined): Promise<void> {
  await engine.call({ what: 'start the container', signal, timeoutMs: 60_000 }, () => container.start());
}

async function launch(place: SpawnPlace, containerId: string, config: AgentConfig & { readonly argv: readonly string[]; readonly userHome: string }, record: AgentRecord, { signal, onProgress }: SpawnOptions, restricted: RestrictedSpawn | undefined): Promise<Spawned> {
  const link = place.link(containerId);
  const { tmux } = link;
  const { files = [], homeFiles = [], home, userHome } = config;
  const env = { ...withoutKeys(config.env, restricted?.environment), ...(files.length === 0 ? {} : { [FOLDER_VARIABLE]: AGENT_FOLDER }) };
  const hasEnv = Object.keys(env).length > 0;
  throwIfCancelled(signal);
  onProgress?.('connect', 'Connecting to tmux in the container');
  try {
    const connect = (): Promise<void> => tmux.connect({ timeoutMs: READY_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) });
    // tmux 3.3a can crash while its server starts; nothing is lost by starting it once more.
    const connecting = connect().catch((error: unknown) => (/server exited|stream ended/.test(messageOf(error)) ? connect() : Promise.reject(asAgentsError(error))));
    await Promise.all([connecting, hasEnv ? handOver(place, containerId, { env, files, homeFiles, home, userHome }, { signal, onProgress }) : undefined]);
  } catch (error) {
    throw await notReady(place, containerId, error);
  }
  await restricted?.serving(onProgress);
  throwIfCancelled(signal);
  onProgress?.('launch', `Launching ${record.aiProvider}`);
  const made = tmux.newSession({
    name: record.sessionName,
    windowName: record.name,
    cwd: WORKSPACE,
    argv: launcherArgv({ cwd: WORKSPACE, argv: config.argv, ...(hasEnv ? { envFile: ENV_FILE } : {}) }),
    paneOptions: { [AGENT_OPTION]: JSON.stringify(record) },
  });
  const { name } = await waitFor(made, { signal, timeoutMs: READY_TIMEOUT_MS, what: 'the agent to be launched' });
  // Who looked before found no agent in there.
  link.forget();
  return { containerId, sessionName: name };
}

/** The proxy that the container's environment names is the only way out: no wish replaces it. */
function withoutKeys(env: Readonly<Record<string, string>> = {}, taken: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !(name in taken)));
}

interface HandedOver {
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly AgentFile[];
  readonly homeFiles: readonly AgentFile[];
  readonly home: KeptHome | undefined;
  readonly userHome: string;
}

/** Environment and files go over the stdin of one exec into a tmpfs: they are in no argument, no label and no answer of the engine. */
async function handOver(place: SpawnPlace, containerId: string, { env, files, homeFiles, home, userHome }: HandedOver, { signal, onProgress }: SpawnOptions): Promise<void> {
  onProgress?.('secrets', 'Handing over the environment');
  const executor = new DockerExecutor(() => place.engine.docker(), containerId);
  // What the person has comes first: what is offered fills only gaps.
  const script = home === undefined ? PLACE_SCRIPT : `umask 077${TAKE_OVER_SCRIPT}env=$1\nshift\ntake_over "$@" || exit\nset -- "$env"${PLACE_SCRIPT}`;
  const offered = homeFiles.flatMap((file) => {
    const name = home === undefined ? file.name : keptPath(home, file.name);
    return name === undefined ? [] : [{ ...file, name }];
  });
  const { code, stderr } = await executor.run(['/bin/sh', '-c', script, 'sh', ENV_FILE, ...(home === undefined ? [] : [KEPT_HOME, ...takeOverWords(home)])], {
    input: `${encodeEnvFile(env)}\n${encodeFiles(AGENT_FOLDER, files)}${encodeFiles(home === undefined ? userHome : KEPT_HOME, offered, { offered: true })}`,
    timeoutMs: READY_TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  if (code !== 0) throw new AgentsError('docker-failed', `The environment cannot be handed to the container: ${stderr.toString().trim() || `exit code ${code}`}.`);
}

/** Why tmux in a container that was just started did not answer. */
async function notReady(place: SpawnPlace, containerId: string, error: unknown): Promise<AgentsError> {
  const cause = engineError(error, { url: place.engine.endpoint.url, what: 'reach tmux in the container' });
  if (cause.reason === 'cancelled' || cause.reason === 'docker-unavailable' || cause.reason === 'docker-failed') return cause;
  if (isMissingProgram(cause)) {
    return new AgentsError('tmux-missing', `The image ${place.settings.image} has no tmux.`, { hint: 'Use an image with tmux in it, such as the one that docker/build.sh makes.', cause });
  }
  const id = containerId.slice(0, 12);
  const lines = await lastLogLines(place.engine, containerId);
  const said = lines === '' ? 'Its log is empty.' : `The last lines of its log: ${lines}`;
  return new AgentsError(cause.reason, `Tmux session did not become ready in container ${id}: ${cause.message} ${said}`, { hint: 'Check that the image can run `tail` and `tmux`.', cause });
}

/** True when the error, or what caused it, is that there is no tmux. */
function isMissingProgram(error: unknown): boolean {
  if (isAgentsError(error, 'tmux-missing') || isAgentsError(error, 'command-not-found')) return true;
  return error instanceof Error && error.cause !== undefined && isMissingProgram(error.cause);
}
