// The settings, typed once: key, shape and default of each. A test compares them with package.json.
import * as z from 'zod';
import { isAgentsError } from '../base/errors.ts';
import { ApprovalPolicy } from '../protocol/approvalPolicy.ts';
import { Environment, RuntimeConfig, ProviderConfig, parseConfig, faultLines } from '../protocol/config.ts';
import type { Config } from '../protocol/config.ts';
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
  'docker.memory': z.string().default(''),
  'docker.cpus': z.number().positive().nullable().default(null),
  'docker.pidsLimit': z.int().positive().nullable().default(null),
  'docker.extraBinds': words.default([]),
  'docker.authMounts': z.record(z.string(), z.boolean()).default({}),
  'docker.buildBaseImage': z.string().default(''),
  'docker.buildCaCertificates': path.default(''),
  'docker.buildBootstrap': z.boolean().default(false),
  runtimes: z.record(z.string(), RuntimeConfig).default({}),
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

/** The settings in the form that every face of the product shares. Throws a SettingsError that names the first key at fault. */
export function configOf(settings: Settings): Config {
  const custom = settings['custom.argv'];
  return parseOurs(
    {
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
    },
  );
}

/** Without a rule there is nothing to hold, and no gate to run. */
function saysNothing(policy: Settings['policy']): boolean {
  return Object.values(policy).every((rule) => rule === undefined || rule === 'open' || rule.length === 0);
}

function parseOurs(config: unknown): Config {
  try {
    return parseConfig(config, 'the VS Code settings');
  } catch (error) {
    const [fault] = isAgentsError(error, 'bad-input') && error.cause instanceof z.ZodError ? error.cause.issues : [];
    if (fault === undefined) throw error;
    const key = settingAt(fault.path);
    throw new SettingsError(key, `A setting is not valid: ${key}: ${fault.message}.`, error);
  }
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
  return value === '' || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}
