// The settings, typed once: key, shape and default of each. A test compares them with package.json.
import * as z from 'zod';
import { isAgentsError } from '../base/errors.ts';
import { ApprovalPolicy } from '../protocol/approvalPolicy.ts';
import { Environment, RuntimeConfig, ProviderConfig, parseConfig, faultLines } from '../protocol/config.ts';
import type { Config } from '../protocol/config.ts';
import { AllowedHost, NetworkMode, type NetworkWish } from '../protocol/network.ts';
import { WrittenPolicy } from '../protocol/sessionConfig.ts';
import { SECTION } from './ids.ts';
import { SettingsError } from './settingsError.ts';

const path = z.string();
const words = z.array(z.string());

/** One entry per setting, by its key below `tmuxAgents.`. An empty text means "not set". */
export const Settings = z.object({
  'view.groupBy': z.enum(['runtime', 'status', 'folder']).default('runtime'),
  'attach.onSpawn': z.enum(['ask', 'always', 'never']).default('always'),
  'attach.location': z.enum(['panel', 'editor']).default('panel'),
  'kill.confirm': z.boolean().default(true),
  'kill.graceSeconds': z.number().min(0).max(600).default(5),
  'notifications.enabled': z.boolean().default(true),
  'approvals.auto': ApprovalPolicy.partial().default({}),
  policy: WrittenPolicy.partial().default({}),
  'output.lines': z.int().min(1).max(1_000_000).default(10_000),
  'spawn.autopilot': z.boolean().default(false),
  'spawn.model': z.string().default(''),
  'spawn.environment': Environment.default({}),
  'spawn.trustFolders': z.boolean().default(true),
  'workspaces.default': z.enum(['folder', 'worktree', 'copy']).default('folder'),
  'custom.argv': words.default([]),
  providers: z.record(z.string(), ProviderConfig).default({}),
  'local.enabled': z.boolean().default(true),
  'local.tmuxPath': path.default(''),
  'local.socketName': z.string().default(''),
  'local.environment': z.enum(['inherit', 'allowlist']).default('inherit'),
  'local.environmentNames': words.default([]),
  'docker.enabled': z.boolean().default(true),
  'docker.dockerPath': path.default(''),
  'docker.socketPath': path.default(''),
  'docker.host': z.string().default(''),
  'docker.context': z.string().default(''),
  'docker.image': z.string().default(''),
  'docker.network': z.string().default(''),
  'docker.egress': NetworkMode.default('open'),
  'docker.allowedHosts': z.array(AllowedHost).default([]),
  'docker.memory': z.string().default(''),
  'docker.cpus': z.number().positive().nullable().default(null),
  'docker.pidsLimit': z.int().positive().nullable().default(null),
  'docker.extraBinds': words.default([]),
  'docker.authMounts': z.record(z.string(), z.boolean()).default({}),
  'docker.buildBaseImage': z.string().default(''),
  'docker.buildCaCertificates': path.default(''),
  'docker.buildBootstrap': z.boolean().default(false),
  runtimes: z.record(z.string(), RuntimeConfig).default({}),
  'hub.url': z.string().default(''),
  'hub.share': z.enum(['nothing', 'state', 'terminal']).default('state'),
  'sessions.record': z.boolean().default(true),
  'sessions.maxMegabytes': z.number().min(1).max(1_000).default(32),
  'sessions.keptDays': z.number().min(1).max(3_650).default(30),
});
export type Settings = z.infer<typeof Settings>;
export type SettingKey = keyof Settings;

export const settingKeys = Object.keys(Settings.shape) as readonly SettingKey[];

/** Settings that name programs, paths, hosts or environment: a workspace that is not trusted cannot give them. */
export const restrictedSettings: readonly SettingKey[] = [
  'spawn.autopilot',
  'spawn.model',
  'spawn.environment',
  'spawn.trustFolders',
  'approvals.auto',
  'policy',
  'custom.argv',
  'hub.url',
  'hub.share',
  'providers',
  'local.tmuxPath',
  'local.socketName',
  'local.environment',
  'local.environmentNames',
  'docker.dockerPath',
  'docker.socketPath',
  'docker.host',
  'docker.context',
  'docker.image',
  'docker.network',
  'docker.egress',
  'docker.allowedHosts',
  'docker.memory',
  'docker.cpus',
  'docker.pidsLimit',
  'docker.extraBinds',
  'docker.authMounts',
  'docker.buildBaseImage',
  'docker.buildCaCertificates',
  'docker.buildBootstrap',
  'runtimes',
];

/** Checks raw values, by key. Throws a SettingsError that names the first key at fault. */
export function parseSettings(raw: Readonly<Record<string, unknown>>): Settings {
  const parsed = Settings.safeParse(raw);
  if (parsed.success) return parsed.data;
  const key = `${SECTION}.${String(parsed.error.issues[0]?.path[0] ?? '')}`;
  throw new SettingsError(key, `A setting is not valid: ${SECTION}.${faultLines(parsed.error).join(`; ${SECTION}.`)}.`, parsed.error);
}

/** Checks one raw value, whatever is wrong with the others. Throws a SettingsError that names its key. */
export function parseSetting<K extends SettingKey>(key: K, raw: unknown): Settings[K] {
  return parseSettings({ [key]: raw })[key];
}

/** What can be used of settings of which some may be wrong. */
export interface UsableConfig {
  readonly config: Config;
  /** The runtimes that cannot be used until their settings are mended, by id. */
  readonly unusable: ReadonlyMap<string, { readonly type: string; readonly error: SettingsError }>;
  readonly faults: readonly SettingsError[];
}

const NOTHING_RUNS = { shellDenylist: ['*'] };

/** A wrong setting costs the runtime or the provider that it is about; elsewhere its default holds, or what allows less. */
export function usableConfig(raw: Readonly<Record<string, unknown>>): UsableConfig {
  const faults: SettingsError[] = [];
  const unusable = new Map<string, { readonly type: string; readonly error: SettingsError }>();
  const attempt = <T>(work: () => T, otherwise: (error: SettingsError) => T): T => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      faults.push(error);
      return otherwise(error);
    }
  };
  /** The entries that are right, one by one. */
  const entries = (key: 'providers' | 'runtimes'): unknown => {
    const all = raw[key];
    if (typeof all !== 'object' || all === null || Array.isArray(all)) return attempt(() => parseSetting(key, all), () => undefined);
    return Object.fromEntries(
      Object.entries(all as Readonly<Record<string, unknown>>).filter(([id, entry]) =>
        attempt(
          () => parseSetting(key, { [id]: entry }) !== undefined,
          (error) => {
            if (key === 'runtimes') unusable.set(id, { type: typeof entry === 'object' && entry !== null && 'type' in entry ? String(entry.type) : id, error });
            return false;
          },
        ),
      ),
    );
  };
  const good = settingKeys.map((key): readonly [string, unknown] => {
    if (key === 'providers' || key === 'runtimes') return [key, entries(key)];
    const value = attempt<unknown>(
      () => parseSetting(key, raw[key]),
      (error) => {
        const runtime = /^(local|docker)\.(?!build)/.exec(key)?.[1];
        if (runtime !== undefined) unusable.set(runtime, { type: runtime, error });
        // A consent that cannot be read is none, and rules that cannot be read let nothing run.
        return { 'spawn.trustFolders': false, policy: NOTHING_RUNS }[key as string];
      },
    );
    return [key, value];
  });
  const ours = rawConfig(parseSettings(Object.fromEntries(good)));
  for (const id of unusable.keys()) ours.runtimes[id] = false;
  for (;;) {
    const found = attempt<Config | SettingsError>(() => parseOurs(ours), (error) => error);
    if (!(found instanceof SettingsError)) return { config: found, unusable, faults };
    const [kind, id] = placeOf(found);
    if (kind === 'runtimes' && typeof id === 'string' && ours.runtimes[id] !== false) {
      unusable.set(id, { type: id === 'local' ? id : 'docker', error: found });
      ours.runtimes[id] = false;
    } else if (kind === 'providers' && typeof id === 'string' && id in ours.providers) delete ours.providers[id];
    else throw found;
  }
}

/** The settings in the form that every face of the product shares. Throws a SettingsError that names the first key at fault. */
export function configOf(settings: Settings): Config {
  return parseOurs(rawConfig(settings));
}

interface RawConfig {
  readonly runtimes: Record<string, unknown>;
  readonly trustFolders: boolean;
  readonly approvals: unknown;
  readonly policy?: unknown;
  readonly providers: Record<string, unknown>;
}

function rawConfig(settings: Settings): RawConfig {
  const custom = settings['custom.argv'];
  return {
    runtimes: {
      local: settings['local.enabled'] && given({ type: 'local', tmuxPath: settings['local.tmuxPath'], socketName: settings['local.socketName'], environment: settings['local.environment'] === 'allowlist' ? 'allowlist' : '', environmentNames: settings['local.environmentNames'] }),
      docker:
        settings['docker.enabled'] &&
        given({
          type: 'docker',
          dockerPath: settings['docker.dockerPath'],
          socketPath: settings['docker.socketPath'],
          host: settings['docker.host'],
          context: settings['docker.context'],
          image: settings['docker.image'],
          network: settings['docker.network'],
          egress: egressOf(settings),
          memory: settings['docker.memory'],
          cpus: settings['docker.cpus'],
          pidsLimit: settings['docker.pidsLimit'],
          extraBinds: settings['docker.extraBinds'],
          authMounts: settings['docker.authMounts'],
        }),
      ...settings.runtimes,
    },
    trustFolders: settings['spawn.trustFolders'],
    approvals: { auto: settings['approvals.auto'] },
    ...(saysNothing(settings.policy) ? {} : { policy: settings.policy }),
    providers: { ...settings.providers, ...(custom.length > 0 ? { custom: { ...settings.providers['custom'], argv: custom } } : {}) },
  };
}

/** Nothing where both are as they are by themselves. */
function egressOf({ 'docker.egress': mode, 'docker.allowedHosts': allow }: Settings): NetworkWish | undefined {
  return mode === 'open' && allow.length === 0 ? undefined : { mode, ...(allow.length === 0 ? {} : { allow }) };
}

/** Without a rule there is nothing to hold, and no gate to run. */
function saysNothing(policy: Settings['policy']): boolean {
  return Object.values(policy).every((rule) => rule === undefined || rule === 'open' || rule.length === 0);
}

function parseOurs(config: unknown): Config {
  try {
    return parseConfig(config, 'the VS Code settings');
  } catch (error) {
    const fault = issueOf(error);
    if (fault === undefined) throw error;
    const key = settingAt(fault.path);
    throw new SettingsError(key, `A setting is not valid: ${key}: ${fault.message}.`, error);
  }
}

function issueOf(error: unknown): z.core.$ZodIssue | undefined {
  return isAgentsError(error, 'bad-input') && error.cause instanceof z.ZodError ? error.cause.issues[0] : undefined;
}

/** Where in the config the fault is. */
function placeOf({ cause }: SettingsError): readonly PropertyKey[] {
  return issueOf(cause)?.path ?? [];
}

/** The setting that a place in the config comes from: `tmuxAgents.docker.memory` for `runtimes.docker.memory`. */
function settingAt([kind, ...path]: readonly PropertyKey[]): string {
  if (kind === 'trustFolders') return `${SECTION}.spawn.trustFolders`;
  const own = path.slice(0, 2).map(String).join('.');
  return `${SECTION}.${kind === 'runtimes' && own in Settings.shape ? own : String(kind)}`;
}

/** Without the entries that were left empty. */
function given(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return value === '' || value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
}
