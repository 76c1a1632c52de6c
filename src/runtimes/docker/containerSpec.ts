// What the engine is asked for when an agent is spawned: a pure function from settings and record to the create call.
import type { ContainerCreateOptions } from 'dockerode';
import type { AgentRecord } from '../../protocol/agentRecord.ts';
import { KEPT_HOME } from '../keptHome.ts';
import type { BindMount } from './bindMount.ts';
import { labelsOf } from './labels.ts';
import type { DockerSettings } from './options.ts';

/** Where the agent works, in its container. */
export const WORKSPACE = '/workspace';

/** A tmpfs of the agent's user: what is written here is in memory only. */
const SECRETS_FOLDER = '/run/tmux-agents';
export const ENV_FILE = `${SECRETS_FOLDER}/env`;

/** The agent's own folder: in memory, and gone with the container. */
export const AGENT_FOLDER = `${SECRETS_FOLDER}/agent`;

export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export interface ContainerRequest {
  readonly settings: DockerSettings;
  readonly record: AgentRecord;
  readonly user: ContainerUser;
  readonly networkId: string;
  readonly mounts: readonly BindMount[];
  /** True where the CLI needs a home of its own and no folder of the host can be it: then it is in memory. */
  readonly homeInMemory?: boolean;
  readonly memory: number;
  readonly cpus: number;
  /** Where the network is restricted: what makes programs use the proxy. */
  readonly proxyEnv?: Readonly<Record<string, string>> | undefined;
}

/** The container's name: the same agent cannot be spawned twice. */
export function containerName(agentId: string): string {
  return `tmux-agents-${agentId}`;
}

export function containerSpec({ settings, record, user, networkId, mounts, homeInMemory = false, memory, cpus, proxyEnv }: ContainerRequest): ContainerCreateOptions {
  const owner = `${user.uid}:${user.gid}`;
  const ownedBy = user.uid === 0 ? '' : `,uid=${user.uid},gid=${user.gid}`;
  return {
    name: containerName(record.agentId),
    Image: settings.image,
    Entrypoint: [],
    Cmd: ['tail', '-f', '/dev/null'],
    User: owner,
    WorkingDir: WORKSPACE,
    Env: [`HOME=${user.home}`, 'TERM=xterm-256color', 'LANG=C.UTF-8', ...Object.entries(proxyEnv ?? {}).map(([name, value]) => `${name}=${value}`)],
    Labels: labelsOf(record),
    HostConfig: {
      Init: true,
      NetworkMode: networkId,
      // The engine's own name server would ask the host's on the agent's behalf. Told to ask the container itself, it asks nobody: the proxy resolves names.
      ...(proxyEnv === undefined ? {} : { Dns: ['127.0.0.1'], DnsSearch: ['.'], DnsOptions: ['timeout:1', 'attempts:1'] }),
      Memory: memory,
      NanoCpus: Math.round(cpus * 1e9),
      PidsLimit: settings.pidsLimit,
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      // Podman knows no owner here, and needs none where it is root.
      Tmpfs: {
        [SECRETS_FOLDER]: `rw,noexec,nosuid,nodev,size=4m,mode=0700${ownedBy}`,
        ...(homeInMemory ? { [KEPT_HOME]: `rw,nosuid,nodev,mode=0700${ownedBy}` } : {}),
      },
      // Mounts, not Binds: a path may hold colons, and a missing folder is an error instead of an empty one made by root.
      Mounts: mounts.map(({ source, target, readOnly }) => ({ Type: 'bind', Source: source, Target: target, ReadOnly: readOnly })),
    },
  };
}

/** Who agents run as: what the settings say, or the caller; a rootless engine's root is the caller itself. */
export function containerUser(settings: DockerSettings, caller: { readonly uid: number; readonly gid: number } | undefined, rootless: boolean): ContainerUser {
  const [uid, gid] = settings.user === undefined ? [] : settings.user.split(':').map(Number);
  const user = uid !== undefined ? { uid, gid: gid ?? uid } : rootless ? { uid: 0, gid: 0 } : (caller ?? { uid: 1000, gid: 1000 });
  return { ...user, home: settings.home ?? (user.uid === 0 ? '/root' : '/home/agent') };
}

/** Who runs this process; undefined where the system has no such ids. */
export function caller(): { readonly uid: number; readonly gid: number } | undefined {
  return process.getuid === undefined || process.getgid === undefined ? undefined : { uid: process.getuid(), gid: process.getgid() };
}
