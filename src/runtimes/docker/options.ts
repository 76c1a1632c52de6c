// What a DockerRuntime can be told, checked, with its defaults.
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { AUTH_MOUNT_KEYS } from '../../protocol/authMountKeys.ts';
import { NetworkWish } from '../../protocol/network.ts';

const GIBIBYTE = 1024 ** 3;

const DockerSettings = z.strictObject({
  /** The engine's Unix socket (or Windows pipe). */
  socketPath: z.string().min(1).optional(),
  /** The engine's address: `unix://`, `npipe://`, `tcp://`, `ssh://`. */
  host: z.string().min(1).optional(),
  /** A context of the docker command. */
  context: z.string().min(1).optional(),
  image: z.string().min(1).default('tmux-agents-base:latest'),
  network: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'must be a network name').default('tmux-agents'),
  /** What agents may reach that ask for nothing else; its `allow` counts for all restricted ones. (`network` is the name of the bridge.) */
  egress: NetworkWish.prefault({ mode: 'open' }),
  /** `SOURCE:TARGET[:ro|rw]`, each added to every container. */
  extraBinds: z.array(z.string()).default([]),
  /** Bytes. */
  defaultMemory: z.number().int().min(6 * 1024 * 1024).default(4 * GIBIBYTE),
  defaultCpus: z.number().positive().default(2),
  pidsLimit: z.number().int().positive().default(512),
  /** Turns single auth mounts off (or on again): all are on by default. */
  authMounts: z.partialRecord(z.enum(AUTH_MOUNT_KEYS), z.boolean()).default({}),
  /** The home of the container's user; `/root` for uid 0, else `/home/agent`. */
  home: z.string().startsWith('/').optional(),
  /** `UID:GID` that agents run as; the caller's own when absent. */
  user: z.string().regex(/^\d+(:\d+)?$/, 'must be UID or UID:GID').optional(),
  /** Only agents of this owner (`user@host`) are listed; written on what is spawned. All agents of the engine when absent. */
  owner: z.string().min(1).optional(),
  /** The docker command that terminals attach with. */
  dockerPath: z.string().min(1).default('docker'),
});

export interface DockerRuntimeOptions extends Omit<z.input<typeof DockerSettings>, 'authMounts'> {
  /** By key: see `AUTH_MOUNT_KEYS`. */
  authMounts?: Readonly<Record<string, boolean>> | undefined;
  log?: Log | undefined;
}

export type DockerSettings = z.output<typeof DockerSettings>;

/** Throws `bad-input` naming each wrong key. */
export function parseDockerOptions({ log: _log, ...options }: DockerRuntimeOptions): DockerSettings {
  const parsed = DockerSettings.safeParse(options);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
  throw new AgentsError('bad-input', `The Docker runtime's settings are wrong: ${issues.join('; ')}.`);
}
