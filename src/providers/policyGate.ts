// What a session's rules are worth with each CLI: how its gate works, in a sentence.
import type { Provider } from './provider.ts';

export interface PolicyGate {
  /** `hook`: judged before each use of a tool. `rules`: the CLI's own, less exact. `none`: only the place keeps it in. */
  readonly means: 'hook' | 'rules' | 'none';
  readonly sentence: string;
}

const HOOKED: Readonly<Record<string, string>> = {
  claude: "Claude Code runs the gate as a PreToolUse hook, in every permission mode; what is denied by a program's name alone also stands in its own rules.",
  codex: 'Codex runs the gate as a PreToolUse hook before commands and patches; what it sends to a program that is running already (write_stdin) it does not tell of.',
  qwen: 'Qwen Code runs the gate as a PreToolUse hook.',
  copilot: 'Copilot runs the gate as a preToolUse hook.',
  opencode: "opencode runs the gate through a plugin before each tool; denied commands also stand in its own permissions.",
};

/** `isolated`: the CLI has a home of its own there, as in a container. */
export function policyGate(provider: Pick<Provider, 'id' | 'label' | 'gate'>, { isolated }: { readonly isolated: boolean }): PolicyGate {
  if (provider.gate === undefined) return { means: 'none', sentence: `${provider.label} has no gate: only container isolation counts.` };
  if (provider.gate === 'gemini') {
    const rules = 'its own policy engine denies by the first words of a command, and has everything else that acts asked about';
    return { means: 'rules', sentence: isolated ? `With Gemini CLI ${rules}; where its home is its own, the gate judges before that.` : `Gemini CLI takes hooks only from its own home: on this machine ${rules}.` };
  }
  return { means: 'hook', sentence: HOOKED[provider.id] ?? `${provider.label} runs the gate as a hook before each tool.` };
}
