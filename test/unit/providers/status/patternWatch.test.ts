// A person's own pattern that does not come to an end: refused when its file is read, or stopped at the screen that shows it, and named.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../../src/base/errors.ts';
import { waitForEvent } from '../../../../src/base/wait.ts';
import { readScreen } from '../../../../src/providers/status/readScreen.ts';
import { RuleBook } from '../../../../src/providers/status/ruleBook.ts';
import { inputLine } from '../../../../src/providers/status/screenInput.ts';
import { matchScreen, matchTitle } from '../../../../src/providers/status/screenMatch.ts';
import { parseOwnRuleFile } from '../../../../src/providers/status/screenRules.ts';

const rule = (pattern: string): object => ({ provider: 'mine', rules: [{ id: 'one', state: 'idle', all: ['^ready', { match: pattern, in: 'here' }] }], regions: { here: { last: 5 } } });

describe('a pattern that does not come to an end', () => {
  // As people write them by mistake; below, harmless ways to say the same.
  for (const pattern of ['(a+)+$', '(a|a)*$', '^(?:ab|ab)+$', '^Running: (\\S+\\s?)*$', '(.*)*x', '^(([a-z])+.)+[A-Z]([a-z])+$', '(?:\\d+|\\d+\\.)*!', '(?<x>(?:─+)*)│', '\\s*\\S*\\s*.*x']) {
    it(`is refused: ${pattern}`, () => {
      assert.throws(
        () => parseOwnRuleFile(rule(pattern), '/rules/mine.json'),
        (error) => isAgentsError(error, 'bad-input') && error.message === 'The status rules in /rules/mine.json are not right: the pattern "rules[0].all[1].match" does not come to an end on some lines.' && (error.hint ?? '').includes('(a+)+'),
      );
    });
  }

  for (const pattern of ['a+$', '^(?:ab)+$', '^Running: (?:\\S+\\s)*\\S*$', '.*x', '^(?:\\d+\\.)*!']) {
    it(`is none: ${pattern}`, () => {
      assert.doesNotThrow(() => parseOwnRuleFile(rule(pattern), '/rules/mine.json'));
    });
  }

  it('is none of the built-in ones, which people begin with', function () {
    this.timeout(60_000);
    const folder = new URL('../../../../src/providers/rules/', import.meta.url);
    for (const name of readdirSync(folder)) assert.doesNotThrow(() => parseOwnRuleFile(JSON.parse(readFileSync(new URL(name, folder), 'utf8')), name));
  });

  describe('on a line that nobody thought of', () => {
    /** Bad only behind words that a look at the pattern alone does not find. */
    const hidden = '^(?:note|hint) (?:x+)+$';
    const bad = `note ${'x'.repeat(60)}!`;
    const files: Record<string, object> = {
      rules: { provider: 'mine', rules: [{ id: 'one', state: 'working', all: [hidden] }, { id: 'two', state: 'idle', all: ['^ready'] }] },
      titles: { provider: 'mine', titles: [{ id: 'one', state: 'working', match: hidden }] },
      input: { provider: 'mine', input: [{ line: hidden }] },
    };
    let folder: string;
    let book: RuleBook;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'ta-rules-'));
      book = new RuleBook({ folder });
    });
    afterEach(() => {
      book.dispose();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const [part, look, key] of [
      ['rules', () => matchScreen(rules(), readScreen(`${bad}\nready`)), 'rules[0].all[0]'],
      ['titles', () => matchTitle(rules(), bad), 'titles[0].match'],
      ['input', () => (inputLine(rules(), readScreen(bad)).found ? 'found' : undefined), 'input[0].line'],
    ] as const) {
      it(`stops the look, names file and key, and counts no more, among ${part}`, async () => {
        const path = join(folder, 'mine.json');
        writeFileSync(path, JSON.stringify(files[part]));
        writeFileSync(join(folder, 'other.json'), JSON.stringify({ provider: 'mine', rules: [{ id: 'three', state: 'error', all: ['^broken'] }] }));
        assert.deepEqual([rules().provider, book.errors], ['mine', []]);
        const changed = waitForEvent(book.onDidChange, () => true, { timeoutMs: 10_000, what: 'the rules to be read again' });
        const began = performance.now();
        const before = rules();
        assert.equal(look(), undefined);
        assert.ok(performance.now() - began < 10_000);
        assert.equal(matchScreen(before, readScreen(`${bad}\n${bad}`)), undefined, 'whoever has the old rules still is not held again');
        assert.ok(performance.now() - began < 10_000);
        await changed;
        assert.deepEqual(book.errors.map(({ message }) => message), [`The status rules in ${path} are not right: the pattern "${key}" does not come to an end on some lines.`]);
        assert.equal(matchScreen(rules(), readScreen('broken'))?.rule, 'mine/three', 'other files count');
        writeFileSync(path, JSON.stringify({ provider: 'mine', rules: [{ id: 'four', state: 'idle', all: ['^fine'] }] }));
        book.reload();
        assert.deepEqual([book.errors, matchScreen(rules(), readScreen('fine'))?.rule], [[], 'mine/four'], 'a changed file counts again');
      });
    }

    function rules(): Parameters<typeof matchScreen>[0] {
      const found = book.rulesOf('mine');
      assert.ok(found);
      return found;
    }
  });

  it('does not let a built-in pattern see more of a line than a terminal has', () => {
    const book = new RuleBook();
    for (const provider of ['claude', 'codex', 'gemini', 'opencode', 'qwen', 'copilot']) {
      const rules = book.rulesOf(provider);
      assert.ok(rules);
      const began = performance.now();
      for (const filler of [' ', 'a', '│ ', '┃  ']) matchScreen(rules, readScreen(`${filler.repeat(1_000_000)}\u0001`));
      assert.ok(performance.now() - began < 10_000, provider);
    }
    book.dispose();
  });
});
