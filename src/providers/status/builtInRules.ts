// The rule files that come with the product: one for each CLI whose screen is known.
import aider from '../rules/aider.json' with { type: 'json' };
import amp from '../rules/amp.json' with { type: 'json' };
import claude from '../rules/claude.json' with { type: 'json' };
import codex from '../rules/codex.json' with { type: 'json' };
import copilot from '../rules/copilot.json' with { type: 'json' };
import cursorAgent from '../rules/cursor-agent.json' with { type: 'json' };
import demo from '../rules/demo.json' with { type: 'json' };
import gemini from '../rules/gemini.json' with { type: 'json' };
import goose from '../rules/goose.json' with { type: 'json' };
import opencode from '../rules/opencode.json' with { type: 'json' };
import pi from '../rules/pi.json' with { type: 'json' };
import qwen from '../rules/qwen.json' with { type: 'json' };

/** By provider id; not yet parsed. */
export const builtInRules: ReadonlyMap<string, unknown> = new Map<string, unknown>(
  [aider, amp, claude, codex, copilot, cursorAgent, demo, gemini, goose, opencode, pi, qwen].map((file) => [file.provider, file]),
);
