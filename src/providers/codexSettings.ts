// Codex's settings for one run, as `-c key=value` arguments: its own files stay as they are.
import { createHash } from 'node:crypto';
import { codexHooks, type HookTable } from './hooks/hookSettings.ts';
import type { McpServer } from './mcpServers.ts';
import type { Words } from './provider.ts';

/** Codex's name for the layer of settings that came as arguments. */
const LAYER = '/<session-flags>/config.toml';

/** Events on whose hooks Codex spends at most 3 seconds, whatever is asked for; the hash is of what it makes of that. */
const BRIEF: ReadonlySet<string> = new Set(['Interrupt', 'SessionEnd']);
const BRIEF_SECONDS = 3;

type HookGroup = HookTable[string][number];

function shortened(group: HookGroup): HookGroup {
  return { ...group, hooks: group.hooks.map((hook) => ({ ...hook, timeout: Math.min(hook.timeout, BRIEF_SECONDS) })) };
}

/**
 * Our hooks, each with the hash that says it was reviewed: so Codex asks nothing, and still asks about every other hook there is
 * (`--dangerously-bypass-hook-trust` would run those of the repository unseen).
 */
export function codexHookArgv(report: Words, gate?: Words): Words {
  const table = Object.fromEntries(Object.entries(codexHooks(report, gate)).map(([event, groups]) => [event, BRIEF.has(event) ? groups.map(shortened) : groups]));
  const trust = Object.entries(table).flatMap(([event, groups]) => {
    const name = snakeCase(event);
    return groups.flatMap((group, place) => group.hooks.map((_, index) => [`${LAYER}:${name}:${place}:${index}`, { trusted_hash: trustedHash(name, group, index) }] as const));
  });
  return [...Object.entries(table).flatMap(([event, groups]) => setting(`hooks.${event}`, groups)), ...setting('hooks.state', Object.fromEntries(trust))];
}

/** The folders as such that the person has said to trust; of a part of a repository its root is asked. The dotted form of the key does not take a path (0.169.0). */
export function codexTrustArgv(folders: readonly string[]): Words {
  return setting('projects', Object.fromEntries(folders.map((folder) => [folder, { trust_level: 'trusted' }])));
}

/** MCP servers; the values of their variables and headers go into the environment, whose names alone are arguments. */
export function codexMcpSettings(servers: Readonly<Record<string, McpServer>>): { readonly argv: Words; readonly env: Readonly<Record<string, string>> } {
  const env: Record<string, string> = {};
  const settings: Record<string, unknown> = {};
  for (const [name, server] of Object.entries(servers)) {
    if ('command' in server) {
      Object.assign(env, server.env);
      const names = Object.keys(server.env ?? {});
      settings[name] = { command: server.command, ...(server.args === undefined ? {} : { args: server.args }), ...(names.length === 0 ? {} : { env_vars: names }) };
    } else {
      const headers = Object.entries(server.headers ?? {}).map(([header, value], index) => ({ header, value, variable: `TMUX_AGENTS_MCP_${name.toUpperCase().replaceAll('-', '_')}_${index}` }));
      for (const { variable, value } of headers) env[variable] = value;
      settings[name] = { url: server.url, ...(headers.length === 0 ? {} : { env_http_headers: Object.fromEntries(headers.map(({ header, variable }) => [header, variable])) }) };
    }
  }
  return { argv: Object.entries(settings).flatMap(([name, server]) => setting(`mcp_servers.${name}`, server)), env };
}

/** SHA-256 over the canonical JSON (sorted keys, no spaces) of one handler, as Codex keeps it for a hook that was reviewed (seen in 0.169.0). */
function trustedHash(event: string, { matcher, hooks }: HookGroup, index: number): string {
  const hook = hooks[index];
  const identity = {
    event_name: event,
    hooks: [{ async: false, command: hook?.command, timeout: hook?.timeout, type: 'command' }],
    ...(matcher === undefined ? {} : { matcher }),
  };
  return `sha256:${createHash('sha256').update(JSON.stringify(identity)).digest('hex')}`;
}

function setting(key: string, value: unknown): string[] {
  return ['-c', `${key}=${toml(value)}`];
}

/** `PermissionRequest` as `permission_request`. */
function snakeCase(name: string): string {
  return name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

/** A JSON value as inline TOML. A basic string of TOML takes every escape that JSON writes, and DEL must be one. */
function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).replaceAll('\u007f', '\\u007f');
  return `{${Object.entries(value)
    .filter(([, held]) => held !== undefined)
    .map(([key, held]) => `${toml(key)}=${toml(held)}`)
    .join(',')}}`;
}
