// A terminal of Claude Code's without one: it shows what a test tells it to, read by the real rules.
import { Emitter } from '../../src/base/event.ts';
import { builtInRules } from '../../src/providers/status/builtInRules.ts';
import { readScreen } from '../../src/providers/status/readScreen.ts';
import { matchScreen } from '../../src/providers/status/screenMatch.ts';
import { parseRuleFile, ruleSet } from '../../src/providers/status/screenRules.ts';
import type { AgentScreen } from '../../src/sessions/approvals/ports.ts';

const rules = ruleSet('claude', [parseRuleFile(builtInRules.get('claude'), 'claude.json')]);
const IDLE = ['● done', '', '─'.repeat(80), '❯ ', '─'.repeat(80), '  ? for shortcuts'].join('\n');

/** A terminal that shows what it is told to, and remembers what was typed. */
export class ScriptedScreen implements AgentScreen {
  readonly typed: string[] = [];
  readonly #output = new Emitter<void>();
  looks = 0;
  #shown: string;
  /** What a key makes it show. */
  readonly #after: (key: string) => string | undefined;

  constructor(shown: string, after: (key: string) => string | undefined = () => IDLE) {
    this.#shown = shown;
    this.#after = after;
  }

  show(text: string): void {
    this.#shown = text;
    this.#output.fire();
  }

  look(): Promise<ReturnType<typeof matchScreen>> {
    this.looks++;
    return Promise.resolve(matchScreen(rules, readScreen(this.#shown)));
  }

  press(_agent: unknown, keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.typed.push(key);
      const next = this.#after(key);
      if (next !== undefined) this.show(next);
    }
    return Promise.resolve();
  }

  type(_agent: unknown, text: string): Promise<void> {
    this.typed.push(text);
    const next = this.#after(text);
    if (next !== undefined) this.show(next);
    return Promise.resolve();
  }

  onOutput(_agent: unknown, listener: () => void): Promise<{ dispose(): void }> {
    return Promise.resolve(this.#output.event(listener));
  }
}
