// Qwen Code. Flags as in `qwen --help` of 0.24.4; the rest was seen in it at work.
import { AIProvider } from './aiProvider.ts';
import { qwenHooks } from './hooks/hookSettings.ts';
import { conversationPlaces, qwenHome } from './keptHomes.ts';
import type { Provider } from './provider.ts';

const DEFAULTS = 'qwen.json';
const MCP = 'qwen-mcp.json';

export const qwen: Provider = {
  id: AIProvider.QWEN,
  label: 'Qwen Code',
  description: "Alibaba's coding agent",
  icon: 'comment-discussion',
  executables: ['qwen'],
  variables: ['QWEN_*', 'OPENAI_*', 'DASHSCOPE_*'],
  npmPackage: '@qwen-code/qwen-code',
  installHint: 'Install it with "npm install -g @qwen-code/qwen-code", then run "qwen" once to sign in, or give it OPENAI_API_KEY.',
  hosts: ['dashscope.aliyuncs.com', 'chat.qwen.ai', 'portal.qwen.ai'],
  argv: ['qwen'],
  version: ['--version'],
  task: ['--prompt-interactive={task}'],
  model: ['--model={model}'],
  permission: ['--approval-mode={mode}'],
  mcp: true,
  autopilot: ['--approval-mode=yolo'],
  ask: ['--approval-mode=default'],
  conversation: ['--session-id={session}'],
  resume: ['--resume={session}'],
  farewell: /^qwen --resume ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  home: qwenHome,
  conversationPlace: conversationPlaces.qwen,
  interruptKeys: ['Escape'],
  exit: { prompt: '/quit' },
  // An interrupted turn ends with a mere notification.
  signals: { sources: ['hooks', 'title'], blind: { hooks: ['working', 'waiting'] } },
  gate: 'claude',
  prepare({ agentFolder, report, mcpServers, gate }) {
    const hasMcp = Object.keys(mcpServers).length > 0;
    return {
      argv: hasMcp ? [`--mcp-config=${agentFolder}/${MCP}`] : [],
      // The lowest layer of its settings: everything that the person set wins, and hooks add up.
      env: { QWEN_CODE_SYSTEM_DEFAULTS_PATH: `${agentFolder}/${DEFAULTS}` },
      files: [
        { name: DEFAULTS, content: `${JSON.stringify({ general: { enableAutoUpdate: false }, hooks: qwenHooks(report, gate?.command) })}\n` },
        ...(hasMcp ? [{ name: MCP, content: `${JSON.stringify({ mcpServers })}\n` }] : []),
      ],
    };
  },
};
