// opencode. Flags as in `opencode --help` of 1.18.33; the rest was seen in it at work.
import { AIProvider } from './aiProvider.ts';
import type { McpServer } from './mcpServers.ts';
import { opencodeHome } from './keptHomes.ts';
import type { Provider } from './provider.ts';

/** In the agent's own folder: `{"port": number, "password": text}` of its HTTP interface on the place's loopback; the user name is `opencode`. */
export const OPENCODE_CHANNEL_FILE = 'opencode.json';

const PASSWORD = 'OPENCODE_SERVER_PASSWORD';

export const opencode: Provider = {
  id: AIProvider.OPENCODE,
  label: 'opencode',
  description: 'The open source coding agent',
  icon: 'code',
  executables: ['opencode'],
  npmPackage: 'opencode-ai',
  installHint: 'Install it with "npm install -g opencode-ai", then run "opencode auth login".',
  hosts: ['opencode.ai', 'models.dev'],
  argv: ['opencode'],
  version: ['--version'],
  task: ['--prompt={task}'],
  // Quotes around the whole value are taken off.
  misreads: /^["']/,
  model: ['--model={model}'],
  mcp: true,
  port: true,
  autopilot: ['--auto'],
  resume: ['--session={session}'],
  farewell: /^Continue\s+opencode -s (ses_[A-Za-z0-9]+)$/,
  home: opencodeHome,
  interruptKeys: ['Escape', 'Escape'],
  exit: { prompt: '/exit' },
  signals: { sources: ['channel'] },
  prepare({ autoPilot, mcpServers, environment, listen: offered }) {
    // A password of the person's own wins in the environment, and so here.
    const listen = offered === undefined ? undefined : { ...offered, password: environment[PASSWORD] ?? offered.password };
    const servers = Object.fromEntries(Object.entries(mcpServers).map(([name, server]) => [name, opencodeServer(server)]));
    return {
      argv: listen === undefined ? [] : [`--port=${listen.port}`],
      env: {
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        ...(listen === undefined ? {} : { [PASSWORD]: listen.password }),
        // It asks for nothing by itself. The last rule that matches counts, and this one comes after the person's own: it asks about every command and every edit.
        ...(autoPilot === false ? { OPENCODE_PERMISSION: JSON.stringify({ bash: { '*': 'ask' }, edit: { '*': 'ask' } }) } : {}),
        ...(Object.keys(servers).length === 0 ? {} : { OPENCODE_CONFIG_CONTENT: JSON.stringify({ mcp: servers }) }),
      },
      files: listen === undefined ? [] : [{ name: OPENCODE_CHANNEL_FILE, content: `${JSON.stringify(listen)}\n` }],
    };
  },
};

function opencodeServer(server: McpServer): Readonly<Record<string, unknown>> {
  if ('url' in server) return { type: 'remote', url: server.url, ...(server.headers === undefined ? {} : { headers: server.headers }) };
  return { type: 'local', command: [server.command, ...(server.args ?? [])], ...(server.env === undefined ? {} : { environment: server.env }) };
}
