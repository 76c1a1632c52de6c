// opencode. Flags as in `opencode --help` of 1.18.33; the rest was seen in it at work.
import { AIProvider } from './aiProvider.ts';
import type { McpServer } from './mcpServers.ts';
import { opencodeDenials, opencodePlugin, OPENCODE_PLUGIN_FILE } from './opencodeGate.ts';
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
  variables: ['OPENCODE_*'],
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
  gate: 'opencode',
  prepare({ autoPilot, mcpServers, environment, listen: offered, agentFolder, gate }) {
    // A password of the person's own wins in the environment, and so here.
    const listen = offered === undefined ? undefined : { ...offered, password: environment[PASSWORD] ?? offered.password };
    const servers = Object.fromEntries(Object.entries(mcpServers).map(([name, server]) => [name, opencodeServer(server)]));
    const content = { ...(Object.keys(servers).length === 0 ? {} : { mcp: servers }), ...(gate === undefined ? {} : { plugin: [`file://${agentFolder}/${OPENCODE_PLUGIN_FILE}`] }) };
    const denials = gate === undefined ? {} : opencodeDenials(gate.policy);
    const asks = autoPilot === false;
    const permission = !asks && Object.keys(denials).length === 0 ? undefined : { bash: { ...(asks ? { '*': 'ask' } : {}), ...denials }, ...(asks ? { edit: { '*': 'ask' } } : {}) };
    return {
      argv: listen === undefined ? [] : [`--port=${listen.port}`],
      env: {
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        ...(listen === undefined ? {} : { [PASSWORD]: listen.password }),
        // It asks for nothing by itself. The last rule that matches counts, and this one comes after the person's own: it asks about every command and every edit.
        ...(permission === undefined ? {} : { OPENCODE_PERMISSION: JSON.stringify(permission) }),
        ...(Object.keys(content).length === 0 ? {} : { OPENCODE_CONFIG_CONTENT: JSON.stringify(content) }),
      },
      files: [
        ...(listen === undefined ? [] : [{ name: OPENCODE_CHANNEL_FILE, content: `${JSON.stringify(listen)}\n` }]),
        ...(gate === undefined ? [] : [{ name: OPENCODE_PLUGIN_FILE, content: opencodePlugin(gate.command) }]),
      ],
    };
  },
};

function opencodeServer(server: McpServer): Readonly<Record<string, unknown>> {
  if ('url' in server) return { type: 'remote', url: server.url, ...(server.headers === undefined ? {} : { headers: server.headers }) };
  return { type: 'local', command: [server.command, ...(server.args ?? [])], ...(server.env === undefined ? {} : { environment: server.env }) };
}
