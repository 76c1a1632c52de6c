// GitHub Copilot CLI. Flags as in `copilot --help` of 1.0.102; the rest was seen in it at work.
import { AIProvider } from './aiProvider.ts';
import { copilotHooks } from './hooks/hookSettings.ts';
import { conversationPlaces, copilotHome } from './keptHomes.ts';
import type { Provider } from './provider.ts';

const PLUGIN = 'copilot-plugin';
const MCP = 'copilot-mcp.json';

export const copilot: Provider = {
  id: AIProvider.COPILOT,
  label: 'GitHub Copilot CLI',
  description: "GitHub's coding agent",
  icon: 'github',
  executables: ['copilot'],
  variables: ['COPILOT_*', 'GH_TOKEN', 'GITHUB_TOKEN'],
  npmPackage: '@github/copilot',
  installHint: 'Install it with "npm install -g @github/copilot", then run "copilot login".',
  hosts: ['*.githubcopilot.com', 'api.github.com'],
  argv: ['copilot'],
  version: ['--version'],
  task: ['--interactive={task}'],
  model: ['--model={model}'],
  mcp: true,
  autopilot: ['--allow-all'],
  conversation: ['--session-id={session}'],
  resume: ['--resume={session}'],
  farewell: /\bResume\s+copilot --resume=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  home: copilotHome,
  conversationPlace: conversationPlaces.copilot,
  interruptKeys: ['Escape', 'Escape'],
  exit: { prompt: '/exit' },
  // No hook fires when a turn is interrupted.
  signals: { sources: ['hooks'], blind: { hooks: ['working', 'waiting'] } },
  gate: 'copilot',
  /** Hooks come as a plugin of this run. Trust it takes from its own home alone: elsewhere its dialog shows, and is answered there or from the inbox. */
  prepare({ agentFolder, report, workspace, trusted, isolated, mcpServers, gate }) {
    const hasMcp = Object.keys(mcpServers).length > 0;
    return {
      argv: ['--no-auto-update', '--plugin-dir', `${agentFolder}/${PLUGIN}`, ...(hasMcp ? [`--additional-mcp-config=@${agentFolder}/${MCP}`] : [])],
      files: [
        { name: `${PLUGIN}/plugin.json`, content: `${JSON.stringify({ name: 'tmux-agents', version: '1.0.0', description: 'Tells tmux-agents what this agent does', hooks: 'hooks.json' })}\n` },
        { name: `${PLUGIN}/hooks.json`, content: `${JSON.stringify(copilotHooks(report, gate?.command))}\n` },
        ...(hasMcp ? [{ name: MCP, content: `${JSON.stringify({ mcpServers })}\n` }] : []),
      ],
      ...(isolated && trusted ? { homeFiles: [{ name: '.copilot/config.json', content: `${JSON.stringify({ trustedFolders: [workspace] })}\n` }] } : {}),
    };
  },
};
