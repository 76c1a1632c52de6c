// The real agent CLIs, and a home for each that needs no account: a fake key, and the stand-in model for a provider.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Context } from 'mocha';
import { cliNames, clisState } from '../../scripts/ensureClis.mjs';
import { needsThat } from './requirements.ts';

export type CliName = 'claude' | 'codex' | 'gemini' | 'opencode' | 'copilot' | 'qwen' | 'pi';
export const allClis = cliNames as readonly CliName[];

/** Not below the user's home: containers may not enter that. */
const MOUNT = '/opt/agent-clis';
const KEY = 'test-key';
const MODEL = 'stub-model';

export interface AgentClis {
  readonly folder: string;
  /** For containers: `extraBinds` that show the CLIs there, and the PATH to find them with. */
  readonly inContainer: { readonly bind: string; readonly path: string };
  /** Holds each CLI by its name. */
  readonly bin: string;
  /** A PATH with the CLIs and this process's own Node first. */
  readonly path: string;
  /** The program of one CLI. */
  of(name: CliName): string;
}

/** The CLIs where they are installed. Skips the test or suite where they are not; fails under REQUIRE_ALL=1. */
export function needsAgentClis(context: Context): AgentClis {
  const { ok, folder, sentence } = state();
  needsThat(context, ok, sentence);
  const bin = join(folder, 'bin');
  const inContainer = { bind: `${folder}:${MOUNT}:ro`, path: `${MOUNT}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` };
  return { folder, bin, inContainer, path: [bin, dirname(process.execPath), process.env['PATH']].join(delimiter), of: (name) => join(bin, name) };
}

let known: ReturnType<typeof clisState> | undefined;

/** Looked up once, and before a suite moves HOME or the cache elsewhere. */
function state(): ReturnType<typeof clisState> {
  known ??= clisState();
  return known;
}
state();

export interface CliHome {
  /** A throw-away HOME. */
  readonly home: string;
  /** What to add to the CLI's environment, HOME included. */
  readonly env: Readonly<Record<string, string>>;
  dispose(): void;
}

export interface CliHomeOptions {
  /** The stand-in model's address, without a path. */
  readonly stubUrl: string;
  /** The folder that the CLI works in, as it sees it: trusted where the CLI asks. */
  readonly workspace: string;
  /** Where the CLI sees its home, when that is not where it is made: a container's mount. */
  readonly seenAs?: string;
  /** False leaves out what only keeps the CLI from asking at its first start (trust, onboarding): then that is the provider's to do. Default true. */
  readonly seeded?: boolean;
}

/** Makes a home with the settings that `provider` needs to work without an account. */
export function cliHome(provider: CliName, { stubUrl, workspace, seenAs, seeded = true }: CliHomeOptions): CliHome {
  const home = mkdtempSync(join(tmpdir(), `ta-home-${provider}-`));
  const seen = seenAs ?? home;
  const { files, env } = settings[provider]({ stubUrl, workspace, home: seen, seeded });
  for (const [name, content] of Object.entries(files)) {
    const path = join(home, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`);
  }
  const base = { HOME: seen, XDG_CONFIG_HOME: join(seen, '.config'), XDG_DATA_HOME: join(seen, '.local', 'share'), XDG_CACHE_HOME: join(seen, '.cache'), NO_PROXY: '*', no_proxy: '*' };
  return { home, env: { ...base, ...env }, dispose: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }) };
}

interface Place {
  readonly stubUrl: string;
  readonly workspace: string;
  readonly home: string;
  readonly seeded: boolean;
}

interface Settings {
  readonly files: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
}

const settings: Readonly<Record<CliName, (place: Place) => Settings>> = {
  claude: ({ stubUrl, workspace, seeded }) => ({
    files: {
      '.claude.json': {
        hasCompletedOnboarding: true,
        theme: 'dark',
        customApiKeyResponses: { approved: [KEY], rejected: [] },
        ...(seeded ? { projects: { [workspace]: { hasTrustDialogAccepted: true } } } : {}),
      },
    },
    env: {
      ANTHROPIC_BASE_URL: stubUrl,
      ANTHROPIC_API_KEY: KEY,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
    },
  }),
  codex: ({ stubUrl, workspace, home, seeded }) => ({
    files: {
      '.codex/config.toml': [
        `model = "${MODEL}"`,
        'model_provider = "stub"',
        'check_for_update_on_startup = false',
        '[model_providers.stub]',
        'name = "stub"',
        `base_url = "${stubUrl}/v1"`,
        'env_key = "STUB_KEY"',
        'wire_api = "responses"',
        'request_max_retries = 0',
        'stream_max_retries = 0',
        ...(seeded ? [`[projects.${JSON.stringify(workspace)}]`, 'trust_level = "trusted"'] : []),
        '[analytics]',
        'enabled = false',
        // Without it Codex asks questions in its plan mode alone.
        '[features]',
        'default_mode_request_user_input = true',
        '',
      ].join('\n'),
      // In a container, where it runs without a sandbox of its own, it asks for nothing but what such a rule names.
      '.codex/rules/default.rules': 'prefix_rule(pattern = ["touch"], decision = "prompt")\n',
    },
    env: { STUB_KEY: KEY, CODEX_HOME: `${home}/.codex` },
  }),
  gemini: ({ stubUrl, seeded }) => ({
    files: {
      '.gemini/settings.json': {
        security: { auth: { selectedType: 'gemini-api-key' }, ...(seeded ? { folderTrust: { enabled: false } } : {}) },
        privacy: { usageStatisticsEnabled: false },
        general: { enableAutoUpdate: false },
        ...(seeded ? { ide: { hasSeenNudge: true } } : {}),
      },
    },
    env: { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: stubUrl },
  }),
  opencode: ({ stubUrl }) => ({
    files: {
      '.config/opencode/opencode.json': {
        $schema: 'https://opencode.ai/config.json',
        model: `stub/${MODEL}`,
        small_model: `stub/${MODEL}`,
        provider: { stub: { npm: '@ai-sdk/openai-compatible', name: 'stub', options: { baseURL: `${stubUrl}/v1`, apiKey: KEY }, models: { [MODEL]: { name: MODEL, tool_call: true } } } },
        permission: { bash: 'ask', edit: 'ask' },
        autoupdate: false,
        share: 'disabled',
        // A git repository of its own for each step's changes: seconds of a busy machine.
        snapshot: false,
        enabled_providers: ['stub'],
      },
    },
    env: { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' },
  }),
  copilot: ({ stubUrl, workspace, seeded }) => ({
    files: { '.copilot/config.json': seeded ? { trustedFolders: [workspace] } : {} },
    env: { COPILOT_OFFLINE: 'true', COPILOT_AUTO_UPDATE: 'false', COPILOT_PROVIDER_BASE_URL: `${stubUrl}/v1`, COPILOT_PROVIDER_API_KEY: KEY, COPILOT_MODEL: MODEL },
  }),
  qwen: ({ stubUrl, seeded }) => ({
    files: {
      '.qwen/settings.json': {
        security: { auth: { selectedType: 'openai' }, ...(seeded ? { folderTrust: { enabled: false } } : {}) },
        privacy: { usageStatisticsEnabled: false },
        general: { enableAutoUpdate: false },
      },
    },
    env: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${stubUrl}/v1`, OPENAI_MODEL: MODEL },
  }),
  pi: ({ stubUrl }) => ({
    files: {
      '.pi/agent/models.json': { providers: { stub: { baseUrl: `${stubUrl}/v1`, api: 'openai-completions', apiKey: KEY, models: [{ id: MODEL }] } } },
      '.pi/agent/settings.json': { defaultProvider: 'stub', defaultModel: MODEL },
    },
    env: { PI_OFFLINE: '1' },
  }),
};
