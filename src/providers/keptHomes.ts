// Which parts of its home each CLI must write to, and what of the person's own it is given there. Seen in the versions that the tests pin.
import type { KeptHome } from '../runtimes/keptHome.ts';
import type { ConversationPlace } from './provider.ts';

/** With a folder of its own Claude Code keeps `.claude.json` inside of it. */
export const claudeHome: KeptHome = {
  folders: [
    {
      from: '.claude',
      to: 'claude',
      links: ['.credentials.json', 'settings.json', 'settings.local.json', 'CLAUDE.md', 'agents', 'commands', 'skills', 'plugins', 'output-styles', 'rules', 'hooks', 'keybindings.json', 'themes'],
    },
    { from: '.', to: 'claude', links: [], copies: ['.claude.json'] },
  ],
  env: { CLAUDE_CONFIG_DIR: '{home}/claude' },
};

/** It does not start where CODEX_HOME is read-only. */
export const codexHome: KeptHome = {
  folders: [{ from: '.codex', to: 'codex', links: ['auth.json', '.credentials.json', 'AGENTS.md', 'AGENTS.override.md', 'prompts', 'skills', 'rules', 'hooks.json', 'plugins'], copies: ['config.toml', '*.config.toml'] }],
  env: { CODEX_HOME: '{home}/codex' },
};

/** It does not start where ~/.gemini is read-only. */
export const geminiHome: KeptHome = {
  folders: [
    {
      from: '.gemini',
      to: 'gemini/.gemini',
      links: ['oauth_creds.json', 'mcp-oauth-tokens*.json', 'gemini-credentials.json', 'GEMINI.md', 'extensions', 'commands', 'skills', 'agents', 'policies', 'keybindings.json', '.env'],
      copies: ['settings.json', 'google_accounts.json', 'trustedFolders.json', 'installation_id'],
    },
  ],
  env: { GEMINI_CLI_HOME: '{home}/gemini' },
};

/** It does not start where ~/.config/opencode is read-only, and knows no variable for that folder alone. */
export const opencodeHome: KeptHome = {
  folders: [
    {
      from: '.config/opencode',
      to: 'config/opencode',
      links: ['*.json', '*.jsonc', 'AGENTS.md', 'agent', 'agents', 'command', 'commands', 'plugin', 'plugins', 'skill', 'skills', 'theme', 'themes', 'tool', 'tools', 'mode', 'modes'],
    },
    { from: '.config', to: 'config', links: ['*'] },
    { from: '.local/share/opencode', to: 'share/opencode', links: ['auth.json', 'mcp-auth.json'] },
    { from: '.local/share', to: 'share', links: ['*'] },
  ],
  env: { XDG_CONFIG_HOME: '{home}/config', XDG_DATA_HOME: '{home}/share' },
};

export const copilotHome: KeptHome = {
  folders: [{ from: '.copilot', to: 'copilot', links: ['agents', 'skills', 'hooks', 'copilot-instructions.md'], copies: ['config.json', 'settings.json', 'mcp-config.json', 'permissions-config.json'] }],
  env: { COPILOT_HOME: '{home}/copilot' },
};

export const qwenHome: KeptHome = {
  folders: [{ from: '.qwen', to: 'qwen', links: ['oauth_creds.json', 'QWEN.md', 'extensions', 'commands', 'skills', 'agents', '.env'], copies: ['settings.json', 'trustedFolders.json'] }],
  env: { QWEN_HOME: '{home}/qwen' },
};

export const piHome: KeptHome = {
  folders: [{ from: '.pi/agent', to: 'pi', links: ['auth.json', 'models.json', 'AGENTS.md', 'SYSTEM.md', 'prompts', 'skills', 'extensions', 'themes'], copies: ['settings.json'] }],
  env: { PI_CODING_AGENT_DIR: '{home}/pi' },
};

/** By provider; opencode has them in a database. */
export const conversationPlaces = {
  claude: { home: '.claude/projects', variable: { name: 'CLAUDE_CONFIG_DIR', folder: 'projects' }, kept: 'claude/projects' },
  codex: { home: '.codex/sessions', variable: { name: 'CODEX_HOME', folder: 'sessions' }, kept: 'codex/sessions' },
  gemini: { home: '.gemini/tmp', variable: { name: 'GEMINI_CLI_HOME', folder: '.gemini/tmp' }, kept: 'gemini/.gemini/tmp', idLength: 8 },
  copilot: { home: '.copilot/session-state', variable: { name: 'COPILOT_HOME', folder: 'session-state' }, kept: 'copilot/session-state' },
  qwen: { home: '.qwen/projects', variable: { name: 'QWEN_HOME', folder: 'projects' }, kept: 'qwen/projects' },
  pi: { home: '.pi/agent/sessions', variable: { name: 'PI_CODING_AGENT_DIR', folder: 'sessions' }, kept: 'pi/sessions' },
} as const satisfies Record<string, ConversationPlace>;
