// Every recorded screen and session of every CLI is understood as a person understands it.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { openReplayTerminal } from '../../../../src/cli/replayTerminal.ts';
import { createProviderRegistry } from '../../../../src/providers/providerRegistry.ts';
import { readScreen } from '../../../../src/providers/status/readScreen.ts';
import { readStill } from '../../../../src/providers/status/recordedScreen.ts';
import { guessSize } from '../../../../src/providers/status/recordedSize.ts';
import { replay } from '../../../../src/providers/status/replay.ts';
import { RuleBook } from '../../../../src/providers/status/ruleBook.ts';
import { inputLine } from '../../../../src/providers/status/screenInput.ts';
import { matchScreen } from '../../../../src/providers/status/screenMatch.ts';

const corpus = fileURLToPath(new URL('../../../corpus/', import.meta.url));
const Meta = z.object({
  provider: z.string(),
  version: z.string(),
  title: z.string().optional(),
  dead: z.object({ exitCode: z.int() }).optional(),
  expect: z.object({ state: z.string().nullable().optional(), kind: z.string().optional(), draft: z.string().optional(), states: z.array(z.string()).optional() }),
});

const registry = createProviderRegistry();
const book = new RuleBook();
const folders = (path: string): string[] => readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

function rulesOf(provider: string): NonNullable<ReturnType<RuleBook['rulesOf']>> {
  const rules = book.rulesOf(provider);
  assert.ok(rules !== undefined, `${provider} has rules`);
  return rules;
}

describe('the corpus', () => {
  for (const provider of folders(corpus)) {
    describe(provider, () => {
      for (const name of folders(join(corpus, provider))) {
        const at = (file: string): string => join(corpus, provider, name, file);
        const meta = Meta.parse(JSON.parse(readFileSync(at('meta.json'), 'utf8')));
        const { state, kind, draft, states } = meta.expect;
        const wanted = state === null ? null : kind === undefined ? state : `${state}/${kind}`;

        if (existsSync(at('screen.txt')) && meta.dead === undefined) {
          it(`${name} is ${wanted ?? 'not claimed to be anything'}`, () => {
            const { status } = readStill(rulesOf(provider), registry.get(provider).signals, { text: readFileSync(at('screen.txt'), 'utf8'), title: meta.title }, meta.version);
            const got = status.state === 'waiting' ? `${status.state}/${status.kind}` : status.state;
            assert.equal(got, wanted ?? 'unknown', `by ${status.source}, ${status.rule ?? 'no rule'}: ${status.evidence}`);
            if (status.state === 'waiting') assert.notEqual(status.text, '', 'says what it asks');
          });
        }

        if (meta.dead !== undefined) {
          it(`${name} is no dialog, whatever an ended program left on the screen`, () => {
            const match = matchScreen(rulesOf(provider), readScreen(readFileSync(at('screen.txt'), 'utf8'), { title: meta.title }));
            assert.notEqual(match?.claim.state, 'waiting', match?.rule);
            assert.notEqual(match?.claim.state, 'working', match?.rule);
          });
        }

        if (existsSync(at('screen.ansi'))) {
          it(`${name} ${state === 'waiting' ? 'takes no prompt' : `has ${draft === undefined ? 'an input line' : draft === '' ? 'an empty input line' : 'a draft in its input line'}`}`, () => {
            const input = inputLine(rulesOf(provider), readScreen(readFileSync(at('screen.ansi'), 'utf8'), { title: meta.title, version: meta.version }));
            assert.equal(input.found, state !== 'waiting');
            if (draft !== undefined) assert.deepEqual(input, { found: true, draft, empty: draft === '' });
          });
        }

        if (states !== undefined) {
          it(`${name} goes through ${states.length} states`, async function () {
            this.timeout(20_000);
            const bytes = readFileSync(at('raw'));
            const terminal = await openReplayTerminal(guessSize(bytes));
            try {
              const changes = await replay(bytes, { rules: rulesOf(provider), signals: registry.get(provider).signals, version: meta.version, terminal });
              assert.deepEqual(changes.map(({ status }) => (status.state === 'waiting' ? `${status.state}/${status.kind}` : status.state)), states);
              assert.deepEqual(changes.map(({ offset }) => offset), changes.map(({ offset }) => offset).sort((one, other) => one - other));
            } finally {
              terminal.dispose();
            }
          });
        }
      }
    });
  }
});

describe('dialogs of the corpus', () => {
  const dialogOf = (provider: string, name: string): NonNullable<ReturnType<typeof matchScreen>> => {
    const match = matchScreen(rulesOf(provider), readScreen(readFileSync(join(corpus, provider, name, 'screen.ansi'), 'utf8')));
    assert.ok(match?.dialog !== undefined, `${provider}/${name} is a dialog`);
    return match;
  };

  for (const [provider, name, second] of [
    ['claude', 'waiting-permission-bash', 'waiting-permission-bash-second'],
    ['claude', 'waiting-question', 'waiting-question-second'],
    ['codex', 'waiting-permission-exec', 'waiting-permission-exec-second'],
    ['gemini', 'waiting-permission-shell', 'waiting-permission-shell-second'],
    ['opencode', 'waiting-permission-shell', 'waiting-permission-shell-second'],
    ['qwen', 'waiting-permission-shell', 'waiting-permission-shell-second'],
    ['copilot', 'waiting-permission-shell', 'waiting-permission-shell-second'],
  ] as const) {
    it(`${provider}: ${name} stays the same dialog when the selection moves`, () => {
      const [one, other] = [dialogOf(provider, name), dialogOf(provider, second)];
      assert.equal(one.dialog?.fingerprint, other.dialog?.fingerprint);
      assert.equal(one.request?.id, other.request?.id);
      assert.equal(one.dialog?.options.findIndex(({ selected }) => selected === true), 0);
      assert.equal(other.dialog?.options.findIndex(({ selected }) => selected === true), 1);
    });
  }

  it('another command makes another dialog', () => {
    for (const [provider, one, other] of [['claude', 'waiting-permission-bash', 'waiting-permission-bash-2'], ['codex', 'waiting-permission-exec', 'waiting-permission-exec-2'], ['gemini', 'waiting-permission-shell', 'waiting-permission-shell-2'], ['copilot', 'waiting-permission-shell', 'waiting-permission-shell-2']] as const) {
      assert.notEqual(dialogOf(provider, one).dialog?.fingerprint, dialogOf(provider, other).dialog?.fingerprint, provider);
    }
  });

  it('what stands in the sidebar of a wide opencode is no part of its command', () => {
    const lines = readFileSync(join(corpus, 'opencode', 'wide-waiting-permission', 'screen.txt'), 'utf8').split('\n');
    assert.equal(matchScreen(rulesOf('opencode'), { lines })?.request?.command, 'touch /home/dev/agent/proj/opencode/z1');
  });

  it('every permission dialog says what would be run or touched, and how to allow and to deny it', () => {
    for (const provider of ['claude', 'codex', 'gemini', 'opencode', 'copilot', 'qwen']) {
      for (const name of folders(join(corpus, provider)).filter((entry) => /waiting-permission-(?:bash|exec|shell|write|edit|patch|long)/.test(entry))) {
        const { request, dialog } = dialogOf(provider, name);
        assert.ok((request?.command ?? request?.path ?? '') !== '', `${provider}/${name} tells its subject`);
        assert.ok(dialog?.answers.approve !== undefined && dialog.answers.deny !== undefined, `${provider}/${name} can be answered`);
        assert.notDeepEqual(dialog.answers.approve, dialog.answers.deny);
      }
    }
  });

  it('a dialog whose preselected answer is No is never allowed by Enter alone', () => {
    for (const [provider, name] of [['claude', 'waiting-trust'], ['claude', 'waiting-bypass-warning'], ['claude', 'waiting-login-apikey']] as const) {
      const { dialog } = dialogOf(provider, name);
      assert.equal(dialog?.answers.approve?.length, 2, `${name}: an arrow, then Enter`);
      assert.deepEqual(dialog?.answers.deny, ['Enter'], name);
    }
    assert.deepEqual(dialogOf('claude', 'waiting-trust-second').dialog?.answers, { approve: ['Enter'], deny: ['Up', 'Enter'], choose: [['Up', 'Enter'], ['Enter']] });
  });

  it('without colours it is not known which of options side by side is selected: no keys', () => {
    const match = matchScreen(rulesOf('opencode'), readScreen(readFileSync(join(corpus, 'opencode', 'waiting-permission-shell', 'screen.txt'), 'utf8')));
    assert.equal(match?.claim.state, 'waiting');
    assert.deepEqual(match?.dialog?.options.map(({ label, selected }) => [label, selected]), [['Allow once', undefined], ['Allow always', undefined], ['Reject', undefined]]);
    assert.equal(match?.dialog?.answers.approve, undefined);
    assert.equal(match?.dialog?.answers.deny, undefined);
  });
});

describe('screens that quote', () => {
  it("no CLI takes another one's dialog, printed by its agent, for its own", () => {
    const dialogs = ['claude', 'codex', 'gemini', 'opencode', 'copilot', 'qwen'].flatMap((provider) =>
      folders(join(corpus, provider)).filter((name) => name.startsWith('waiting-permission')).map((name) => readFileSync(join(corpus, provider, name, 'screen.txt'), 'utf8').trimEnd().split('\n').slice(-14)),
    );
    const frames: Record<string, { readonly above: string; readonly below: readonly string[] }> = {
      claude: { above: '  ', below: ['', '✻ Cooked for 8s · done 8:52 PM', '', '─'.repeat(120), '❯ ', '─'.repeat(120), '  ⏸ manual mode on · ? for shortcuts'] },
      codex: { above: '  ', below: ['', '  Worked for 8s • 20:56', '', '› Ask Codex to do anything', '', '  gpt-5-codex default · /home/dev/proj'] },
      gemini: { above: '  ', below: ['', `${' '.repeat(104)}? for shortcuts`, '─'.repeat(120), ' Shift+Tab to accept edits', '▄'.repeat(120), ' >   Type your message or @path/to/file', '▀'.repeat(120), ' workspace (/directory)', ' /home/dev/proj'] },
      opencode: { above: '     ', below: ['', '     ▣  Build · Stub Model · 7.6s', '', '  ┃', '  ┃', '  ┃', '  ┃  Build · Stub Model Stub', `  ╹${'▀'.repeat(100)}`, '   /home/dev/proj          15  ctrl+p commands'] },
      copilot: { above: '   ', below: ['', ' /home/dev/proj [⎇ master]', '─'.repeat(120), '❯', '─'.repeat(120), ' ← open sidebar · Interactive · Manual Approval · / commands'] },
      qwen: { above: '    ', below: ['─'.repeat(120), '>   Type your message or @path/to/file', '─'.repeat(120), '  ➜ qwen · git:(master) · stub-model', '  ⏸ Ask permissions (shift + tab to cycle)'] },
    };
    for (const [provider, { above, below }] of Object.entries(frames)) {
      for (const dialog of dialogs) {
        const lines = [...dialog.map((line) => above + line), ...below];
        const match = matchScreen(rulesOf(provider), { lines });
        assert.notEqual(match?.claim.state, 'waiting', `${provider} by ${match?.rule ?? ''}:\n${lines.join('\n')}`);
        assert.equal(match?.claim.state, 'idle', `${provider}:\n${lines.join('\n')}`);
      }
    }
  });

  it('a dialog in words that nobody knows yet is never taken for an idle prompt', () => {
    const unknown = (text: string): string => text.replace(/[a-z]/gi, (letter) => String.fromCharCode((letter <= 'Z' ? 90 : 122) >= letter.charCodeAt(0) + 13 ? letter.charCodeAt(0) + 13 : letter.charCodeAt(0) - 13));
    for (const provider of ['claude', 'codex', 'gemini', 'opencode', 'copilot', 'qwen']) {
      for (const name of folders(join(corpus, provider)).filter((entry) => /(?:^|-)waiting-(?:permission|question|trust)/.test(entry))) {
        const lines = readFileSync(join(corpus, provider, name, 'screen.txt'), 'utf8').trimEnd().split('\n').map((line) => line.trimEnd());
        const start = Math.max(0, lines.length - 16);
        const screen = { lines: [...lines.slice(0, start), ...lines.slice(start).map(unknown)] };
        const match = matchScreen(rulesOf(provider), screen);
        assert.notEqual(match?.claim.state, 'idle', `${provider}/${name} by ${match?.rule ?? ''}:\n${screen.lines.join('\n')}`);
        assert.equal(inputLine(rulesOf(provider), screen).found, false, `${provider}/${name} has no input line:\n${screen.lines.join('\n')}`);
      }
    }
  });

  it('a command that shows the beginning of another dialog hides nothing: then no command is told', () => {
    const screen = readFileSync(join(corpus, 'codex', 'waiting-permission-exec', 'screen.txt'), 'utf8').split('\n');
    const at = screen.findIndex((line) => line.startsWith('  $ '));
    const forged = [...screen.slice(0, at), '  $ rm -rf / #', '  Would you like to run the following command?', '', '  $ ls', ...screen.slice(at + 1)];
    const match = matchScreen(rulesOf('codex'), { lines: forged });
    assert.deepEqual([match?.claim.state, match?.request?.command], ['waiting', undefined]);
  });

  it('options that a command shows above the real ones are not the options', () => {
    const screen = readFileSync(join(corpus, 'codex', 'waiting-permission-exec', 'screen.txt'), 'utf8').split('\n');
    const at = screen.findIndex((line) => line.startsWith('  $ '));
    const forged = [...screen.slice(0, at), '  $ echo', '› 1. No, harmless', '  2. Yes, proceed (y)', ...screen.slice(at + 1)];
    const answers = matchScreen(rulesOf('codex'), { lines: forged })?.dialog;
    // Two selections: something is wrong, nothing is pressed.
    assert.deepEqual([answers?.options.length, answers?.answers.approve], [3, ['1']]);
    assert.match(answers?.options[0]?.label ?? '', /^Yes, proceed/);
  });
});
