// The providers that come with the product, in the order pickers show them. Adding one is one entry here.
import { aider } from './aider.ts';
import { amp } from './amp.ts';
import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { copilot } from './copilot.ts';
import { cursorAgent } from './cursorAgent.ts';
import { custom } from './custom.ts';
import { demo } from './demo/demo.ts';
import { gemini } from './gemini.ts';
import { goose } from './goose.ts';
import { opencode } from './opencode.ts';
import { pi } from './pi.ts';
import type { Provider } from './provider.ts';
import { qwen } from './qwen.ts';

export const builtInProviders: readonly Provider[] = [claude, codex, gemini, opencode, copilot, qwen, cursorAgent, amp, aider, goose, pi, custom, demo];
