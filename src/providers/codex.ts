// OpenAI Codex CLI. Flags as in `codex --help` and `codex resume --help` of 0.169.0; the rest was seen in it at work.
import { AIProvider } from './aiProvider.ts';
import { codexHookArgv, codexMcpSettings, codexTrustArgv } from './codexSettings.ts';
import { conversationPlaces, codexHome } from './keptHomes.ts';
import type { Provider } from './provider.ts';

export const codex: Provider = {
  id: AIProvider.CODEX,
  label: 'Codex',
  description: "OpenAI's coding agent",
  icon: 'hubot',
  executables: ['codex'],
  variables: ['OPENAI_*', 'CODEX_*'],
  npmPackage: '@openai/codex',
  installHint: 'Install it with "npm install -g @openai/codex", then run "codex login".',
  hosts: ['api.openai.com', 'chatgpt.com', 'auth.openai.com'],
  // Without it a shared server outlives the terminal, and one agent's environment leaks into another's.
  argv: ['codex', '--no-daemon'],
  version: ['--version'],
  task: ['--', '{task}'],
  model: ['--model', '{model}'],
  permission: ['--ask-for-approval', '{mode}'],
  mcp: true,
  autopilot: ['--dangerously-bypass-approvals-and-sandbox'],
  ask: ['--ask-for-approval', 'on-request'],
  // Its own sandbox cannot start in a default container, which is a sandbox already.
  isolated: ['--sandbox', 'danger-full-access'],
  resume: ['resume', '{session}'],
  farewell: /\bcodex resume ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  home: codexHome,
  conversationPlace: conversationPlaces.codex,
  interruptKeys: ['Escape'],
  exit: { prompt: '/quit' },
  // No hook fires when the API fails, nor when a request is denied.
  signals: { sources: ['osc7501', 'hooks', 'title'], blind: { hooks: ['working', 'waiting'] } },
  gate: 'claude',
  prepare({ trustedFolders, trusted, report, mcpServers, gate }) {
    const mcp = codexMcpSettings(mcpServers);
    return {
      argv: ['-c', 'check_for_update_on_startup=false', ...(trusted ? codexTrustArgv(trustedFolders) : []), ...codexHookArgv(report, gate?.command), ...mcp.argv],
      env: mcp.env,
    };
  },
};
