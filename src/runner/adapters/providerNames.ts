// Provider ids of the runner's world, which has names of its own for some, and the environment that each provider calls its own.

/** The runner's ids that are another here. */
const names: Readonly<Record<string, string>> = { claude_code: 'claude', gemini_cli: 'gemini', cursor_agent: 'cursor-agent' };

/** This project's id of a provider: `claude_code` is `claude`. */
export function providerOf(id: string): string {
  return names[id] ?? id;
}

interface OwnVariables {
  /** The variable that an API key goes into. */
  readonly apiKey?: string;
  /** What the names of its own variables begin with. */
  readonly prefixes: readonly string[];
}

/** By this project's ids. */
const variables: Readonly<Record<string, OwnVariables>> = {
  claude: { apiKey: 'ANTHROPIC_API_KEY', prefixes: ['ANTHROPIC_', 'CLAUDE_'] },
  codex: { apiKey: 'OPENAI_API_KEY', prefixes: ['OPENAI_', 'CODEX_'] },
  gemini: { apiKey: 'GEMINI_API_KEY', prefixes: ['GEMINI_', 'GOOGLE_'] },
  qwen: { apiKey: 'OPENAI_API_KEY', prefixes: ['OPENAI_', 'QWEN_', 'DASHSCOPE_'] },
  opencode: { prefixes: ['OPENCODE_', 'ANTHROPIC_', 'OPENAI_', 'GEMINI_', 'GOOGLE_'] },
  copilot: { apiKey: 'COPILOT_GITHUB_TOKEN', prefixes: ['COPILOT_'] },
  'cursor-agent': { apiKey: 'CURSOR_API_KEY', prefixes: ['CURSOR_'] },
  amp: { apiKey: 'AMP_API_KEY', prefixes: ['AMP_'] },
  aider: { prefixes: ['AIDER_', 'ANTHROPIC_', 'OPENAI_', 'GEMINI_'] },
  goose: { prefixes: ['GOOSE_', 'ANTHROPIC_', 'OPENAI_', 'GOOGLE_'] },
  pi: { prefixes: ['PI_', 'ANTHROPIC_', 'OPENAI_', 'GEMINI_'] },
  demo: { prefixes: ['TMUX_AGENTS_DEMO_'] },
  omnara: { apiKey: 'OMNARA_API_KEY', prefixes: ['OMNARA_'] },
};

/** The variable that takes the provider's API key; undefined where it has none, or several. */
export function apiKeyVariable(provider: string): string | undefined {
  return variables[provider]?.apiKey;
}

/** Those of `env` that are the provider's own. */
export function ownVariables(provider: string, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const { prefixes } = variables[provider] ?? { prefixes: [] };
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && prefixes.some((prefix) => entry[0].startsWith(prefix))));
}
