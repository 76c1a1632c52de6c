// Rule files: what is right, what is wrong and where, what counts first, and the reading of them anew.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../../src/base/errors.ts';
import { waitForEvent } from '../../../../src/base/wait.ts';
import { builtInRules } from '../../../../src/providers/status/builtInRules.ts';
import { readScreen } from '../../../../src/providers/status/readScreen.ts';
import { RuleBook, userRulesFolder } from '../../../../src/providers/status/ruleBook.ts';
import { inputLine } from '../../../../src/providers/status/screenInput.ts';
import { matchScreen, matchTitle } from '../../../../src/providers/status/screenMatch.ts';
import { parseRuleFile, ruleSet } from '../../../../src/providers/status/screenRules.ts';
import { versionRange } from '../../../../src/providers/status/versionRange.ts';

const idle = { id: 'idle', state: 'idle', all: ['^>'] };
const rules = (content: object): ReturnType<typeof ruleSet> => ruleSet('mine', [parseRuleFile({ provider: 'mine', ...content }, 'test')]);
const stateOf = (content: object, text: string, facts: Parameters<typeof readScreen>[1] = {}): string | undefined => matchScreen(rules(content), readScreen(text, facts))?.rule;

describe('rule files', () => {
  it('the built-in ones are all right', () => {
    assert.ok(builtInRules.size >= 12);
    for (const [provider, content] of builtInRules) assert.equal(parseRuleFile(content, provider).provider, provider);
  });

  for (const [what, content, words] of [
    ['a pattern that is none', { rules: [{ ...idle, all: ['('] }] }, ['mine.json', '"rules[0].all[0]', 'regular expression']],
    ['a key that is unknown', { rules: [{ ...idle, regoin: 'x' }] }, ['"rules[0]"', 'regoin']],
    ['a state that is none', { rules: [{ ...idle, state: 'sleeping' }] }, ['"rules[0].state"']],
    ['a rule that needs nothing to be seen', { rules: [{ id: 'idle', state: 'idle', not: ['x'] }] }, ['"rules[0].all"', 'must be seen']],
    ['a kind where nothing waits', { rules: [{ ...idle, kind: 'permission' }] }, ['"rules[0].kind"']],
    ['a region that there is not', { rules: [{ ...idle, region: 'footer' }] }, ['"rules[0].region"', 'no region "footer"']],
    ['two rules of one name', { rules: [idle, idle] }, ['"rules[1].id"', 'two rules "idle"']],
    ['a range that is none', { rules: [{ ...idle, versions: 'latest' }] }, ['"rules[0].versions"', 'range of versions']],
    ['keys that are none', { rules: [{ ...idle, state: 'waiting', dialog: { answers: { approve: { keys: ['rm -rf'] } } } }] }, ['answers.approve']],
  ] as const) {
    it(`says where ${what} stands`, () => {
      assert.throws(
        () => parseRuleFile({ provider: 'mine', ...content }, 'mine.json'),
        (error: unknown) => isAgentsError(error, 'bad-input') && words.every((word) => error.message.includes(word)) && error.message.includes('mine.json'),
      );
    });
  }

  it('the state that matters most is tried first; a priority goes before that', () => {
    const both = { rules: [idle, { id: 'asks', state: 'waiting', kind: 'question', all: ['\\?$'] }, { id: 'works', state: 'working', all: ['^\\*'] }] };
    assert.equal(stateOf(both, '* busy\n> really?'), 'mine/asks');
    assert.equal(stateOf(both, '* busy\n> '), 'mine/works');
    assert.equal(stateOf({ rules: [...both.rules, { ...idle, id: 'first', priority: 900 }] }, '* busy\n> really?'), 'mine/first');
    assert.equal(stateOf(both, 'nothing of this'), undefined);
  });

  it('a version that is outside of a rule\'s range does not see it; an unknown one does', () => {
    const old = { rules: [{ ...idle, versions: '<2' }] };
    assert.equal(stateOf(old, '> ', { version: '1.9.9' }), 'mine/idle');
    assert.equal(stateOf(old, '> ', { version: '2.0.0 (Mine)' }), undefined);
    assert.equal(stateOf(old, '> '), 'mine/idle');
  });

  it('versions compare as numbers', () => {
    const range = versionRange('>=2.1.0 <3 || 4');
    assert.deepEqual(['2.0.9', '2.1.0', '2.10.1', '3.0.0', '4', '4.0.0', '4.1'].map((version) => range?.(version)), [false, true, true, false, true, true, false]);
    assert.equal(versionRange('^1.2'), undefined);
  });

  it('regions cut the screen: above, the last lines, from, after, until', () => {
    const screen = 'top\n----\nbody one\nbody two\n----\nfoot\n';
    const seen = (region: object, pattern: string): boolean => stateOf({ rules: [{ ...idle, region, all: [pattern] }] }, screen) !== undefined;
    assert.deepEqual([seen({ last: 1 }, 'foot'), seen({ last: 1 }, 'body')], [true, false]);
    assert.deepEqual([seen({ before: '^----' }, 'two'), seen({ before: '^----' }, 'foot')], [true, false]);
    assert.deepEqual([seen({ after: '^body' }, 'two'), seen({ from: '^body' }, 'two')], [false, true]);
    assert.deepEqual([seen({ from: '^top', until: '^body two' }, 'one'), seen({ from: '^top', until: '^body two' }, 'two')], [true, false]);
    assert.deepEqual([seen({ after: '^nowhere' }, 'top'), seen({ before: '^nowhere' }, 'top')], [false, false], 'a pattern that is not there leaves nothing');
  });

  it('a title is judged by rules of its own', () => {
    const set = rules({ titles: [{ id: 'busy', state: 'working', match: '^\\* ' }] });
    assert.deepEqual(matchTitle(set, '* mine')?.claim, { state: 'working' });
    assert.equal(matchTitle(set, 'mine *'), undefined);
  });

  it('takes what is asked from groups, from between lines, or as it is told', () => {
    const set = rules({
      rules: [
        {
          id: 'asks', state: 'waiting', kind: 'permission', all: ['^May I'], text: '^(May I .*\\?)',
          request: { tool: { is: 'Shell' }, command: { after: '^---', until: '^---', strip: '^\\$ ' }, path: '^in (\\S+)' },
        },
      ],
    });
    const match = matchScreen(set, readScreen('May I run this?\n---\n$ one\n$ two\n---\nin /tmp'));
    assert.deepEqual(match?.claim, { state: 'waiting', kind: 'permission', text: 'May I run this? one two' });
    assert.deepEqual({ ...match?.request, id: '' }, { id: '', tool: 'Shell', command: 'one\ntwo', path: '/tmp' });
  });
});

describe('the input line', () => {
  const set = rules({ rules: [idle, { id: 'asks', state: 'waiting', kind: 'other', all: ['^pick'] }], input: [{ line: '^> ?(?<draft>.*)$', more: '^ {2}(?<draft>.+)$', placeholder: ['^Type here$'] }] });

  it('holds what is typed, over several lines', () => {
    assert.deepEqual(inputLine(set, readScreen('> one\n  two\n\nfoot')), { found: true, draft: 'one\ntwo', empty: false });
  });

  it('is empty but for a placeholder: one that is known, one that is faint, one behind the cursor', () => {
    for (const screen of ['> ', '> Type here', '> \u001b[2mAnything else\u001b[22m', '> \u001b[7mA\u001b[27;2mnything else\u001b[m', '> \u001b[4mA\u001b[24;38;5;103mnything else\u001b[m']) {
      assert.deepEqual(inputLine(set, readScreen(screen)), { found: true, draft: '', empty: true }, JSON.stringify(screen));
    }
  });

  it('keeps what stands before and behind the cursor of a person', () => {
    assert.deepEqual(inputLine(set, readScreen('> one \u001b[7mt\u001b[27mwo')).draft, 'one two');
  });

  it('is none while something is asked, and none where no rule sees it', () => {
    assert.equal(inputLine(set, readScreen('> \npick one')).found, false);
    assert.equal(inputLine(set, readScreen('$ ')).found, false);
  });
});

describe('the rule book', () => {
  let folder: string;
  const write = (name: string, content: unknown): void => writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tmux-agents-rules-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("puts a person's own rules before the built-in ones, or in their place", () => {
    write('a.json', { provider: 'claude', rules: [{ id: 'mine', state: 'error', priority: 999, all: ['^boom'] }] });
    write('b.json', { provider: 'codex', mode: 'replace', rules: [idle] });
    write('c.json', { provider: 'own-cli', rules: [idle] });
    const book = new RuleBook({ folder });
    assert.equal(book.rulesOf('claude')?.rules[0]?.rule.id, 'mine');
    assert.ok((book.rulesOf('claude')?.rules.length ?? 0) > 5);
    assert.deepEqual(book.rulesOf('codex')?.rules.map(({ rule }) => rule.id), ['idle']);
    assert.deepEqual(book.rulesOf('own-cli')?.rules.map(({ rule }) => rule.id), ['idle']);
    assert.equal(book.rulesOf('nobody'), undefined);
    assert.deepEqual(book.errors, []);
  });

  it('leaves a faulty file out, says which and why, and goes on with the rest', () => {
    write('bad.json', { provider: 'claude', rules: [{ id: 'x', state: 'idle', all: ['['] }] });
    write('torn.json', '{ "provider": ');
    write('good.json', { provider: 'own-cli', rules: [idle] });
    const book = new RuleBook({ folder });
    assert.ok((book.rulesOf('claude')?.rules.length ?? 0) > 5);
    assert.ok(book.rulesOf('own-cli') !== undefined);
    assert.deepEqual(book.errors.map(({ message }) => [message.includes('bad.json'), message.includes('torn.json')]), [[true, false], [false, true]]);
    assert.match(book.errors[0]?.message ?? '', /rules\[0\]\.all\[0\]/);
  });

  it('reads the files again when one is written, without a restart', async () => {
    const book = new RuleBook({ folder: join(folder, 'rules') });
    const watching = book.watch();
    try {
      assert.equal(book.rulesOf('own-cli'), undefined);
      const appeared = waitForEvent(book.onDidChange, () => book.rulesOf('own-cli') !== undefined, { timeoutMs: 5_000, what: 'the new file' });
      mkdirSync(join(folder, 'rules'));
      folder = join(folder, 'rules');
      write('own.json', { provider: 'own-cli', rules: [idle] });
      await appeared;
      const changed = waitForEvent(book.onDidChange, () => book.rulesOf('own-cli')?.rules[0]?.rule.id === 'other', { timeoutMs: 5_000, what: 'the change' });
      write('own.json', { provider: 'own-cli', rules: [{ ...idle, id: 'other' }] });
      await changed;
    } finally {
      watching.dispose();
      book.dispose();
      folder = join(folder, '..');
    }
  });

  it('looks below the configuration folder', () => {
    assert.equal(userRulesFolder({ XDG_CONFIG_HOME: '/c' }, '/h'), '/c/tmux-agents/rules');
    assert.equal(userRulesFolder({}, '/h'), '/h/.config/tmux-agents/rules');
  });
});
