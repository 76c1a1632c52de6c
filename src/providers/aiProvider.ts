// The ids of the built-in providers, as constants.

export const AIProvider = {
  CLAUDE: 'claude',
  CODEX: 'codex',
  GEMINI: 'gemini',
  OPENCODE: 'opencode',
  AIDER: 'aider',
  COPILOT: 'copilot',
  QWEN: 'qwen',
  CURSOR_AGENT: 'cursor-agent',
  AMP: 'amp',
  GOOSE: 'goose',
  PI: 'pi',
  CUSTOM: 'custom',
  DEMO: 'demo',
} as const;
export type AIProvider = (typeof AIProvider)[keyof typeof AIProvider];
