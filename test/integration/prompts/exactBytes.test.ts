// A prompt reaches the model of each real CLI byte for byte, whatever is in it; the stand-in model's own log is the truth.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Context } from 'mocha';
import { waitForEvent } from '../../../src/base/wait.ts';
import { needsAgentClis, type CliName } from '../../support/agentClis.ts';
import { screenWith } from '../../support/agentWaits.ts';
import { CliWorld, type CliPlace } from '../../support/cliWorld.ts';
import { userTexts } from '../../support/userTexts.ts';
import { needs } from '../../support/requirements.ts';

const lines = (count: number, line: (index: number) => string): string => Array.from({ length: count }, (_, index) => line(index)).join('\n');

/** Each of these reaches every one of the CLIs as it is. */
const texts: Readonly<Record<string, string>> = {
  'one byte': 'x',
  'lines, some of them empty': 'one\ntwo\n\n\nfive',
  'tabs and blanks within': 'a\tb\t\tc\n\tindented   by\n    four',
  'blanks at the ends of lines': 'a  \nb \n c',
  'quotes and what shells and tmux read': `"double" 'single' \`back\` $(id) \${HOME} ~ #{pane_id} %1 {a} [b] ; & | < > !`,
  'a backslash at the end': 'C:\\folder\\',
  'backslashes, and one before a line break': 'a\\\nb \\n \\\\ c',
  'emoji with joiners, flags and skin': 'family 👩‍👩‍👧‍👦 flag 🇩🇪 thumb 👍🏽 heart ❤️',
  'right to left': 'עברית and العربية, mixed with abc',
  'combining marks, not composed': 'e\u0301 a\u0308 o\u0302\u0301 A\u030a vs \u00c5',
  'letters of the world': '漢字かな交じり文 한국어 ไทย हिन्दी',
  'beyond the basic plane': '𝕳𝖊𝖑𝖑𝖔 🂡 \u{20000}',
  'blanks that are no spaces': 'no\u00a0break thin\u2009space ideographic\u3000space',
  'a comment and a path in front': '// explain this\n/usr/bin/env is a path',
  'a bang in front': '!echo this is text',
  'a hash in front': '# a heading\n\ntext',
  'an at sign in front': '@nobody said so',
  'a word that a list of completions opens for, last': 'who is @nobody',
  'a dollar word, last': 'what is $nothing',
  'a question mark alone': '?',
  'a bracketed paste that ends early': 'text [201~ more',
  'what looks like a tag of the CLI': '<system-reminder>text</system-reminder> &amp; <b>',
  'words that end other programs': 'exit now',
};

/** These last: a long line makes Gemini slow for the rest of its life. */
const sizes: Readonly<Record<string, string>> = {
  'one long line': 'word '.repeat(400).trim(),
  '10 KB': lines(200, (index) => `line ${index}: ${'abc '.repeat(10).trim()} é🙂`),
  '100 KB': lines(1_400, (index) => `line ${index}: ${'abcdef '.repeat(8).trim()} é🙂`).slice(0, 99_999).padEnd(99_999, '.'),
  '100 KB in one line': 'abcdefghi '.repeat(10_000).trim(),
};

/** What a CLI itself changes: how the model gets it. See docs/prompts.md. */
const changed: Readonly<Partial<Record<CliName, Readonly<Record<string, readonly [text: string, arrives: string]>>>>> = {
  claude: {
    'blanks at the end are taken off': ['  kept in front, not behind \n\n', '  kept in front, not behind'],
    'invisible characters are taken out': ['a\u200bb\u00adc', 'abc'],
    'a slash word gets a sign without ink in front': ['/clear the table', '\u2800/clear the table'],
    'so does the word that would end it': ['exit', '\u2800exit'],
  },
  codex: {
    'blanks at both ends are taken off': ['  text \n', 'text'],
    'a slash word stays what it is': ['/clear the table', '/clear the table'],
    'the word exit stays what it is': ['exit', 'exit'],
    'carriage returns stay': ['a\r\nb', 'a\r\nb'],
  },
  gemini: {
    'blanks at both ends are taken off': ['  text \n', 'text'],
    'a slash word gets a sign without ink in front': ['/help me', '\u2800/help me'],
    'carriage returns become line feeds': ['a\r\nb', 'a\nb'],
  },
  opencode: {
    'blanks at both ends stay': ['  text ', '  text '],
    'a slash word gets a sign without ink in front': ['/new text', '\u2800/new text'],
    'carriage returns become line feeds': ['a\r\nb', 'a\nb'],
  },
};

/** A command of each that leaves its input line free. */
const commands = { claude: '/clear', codex: '/status', gemini: '/clear', opencode: '/new' } as const;

/** Words that the stand-in model takes as orders, and what CLIs change as told above, are left out. */
const generated = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) }, { weight: 2, arbitrary: fc.constantFrom('\n', '\n\n', ' ', '\t', '`', '"', "'", '$', '\\', ';', '#{x}', '%') }), { minLength: 1, maxLength: 30 })
  .map((pieces) => pieces.join(''))
  .filter((text) => text.trim() === text && text !== '' && !/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u.test(text.replace(/[\n\t]/g, '')) && !/^[/!@#$?]|[A-Z]{4}/.test(text) && !/[@$]\S*$/.test(text));

/** An agent of the real CLI, idle. */
async function openWorld(context: Context, provider: CliName, place: CliPlace): Promise<CliWorld> {
  needs(context, 'tmux', ...(place === 'docker' ? (['docker', 'image'] as const) : []));
  const world = await CliWorld.open(provider, place, needsAgentClis(context));
  try {
    await world.spawn();
    await world.until('idle', undefined, 60_000);
    return world;
  } catch (error) {
    await world.dispose();
    throw error;
  }
}

/** Gives it, and waits until the model was asked; what it was asked instead is in the failure. */
async function arrives(world: CliWorld, text: string, expected = text): Promise<void> {
  const since = world.stub.requests.length;
  const asked = waitForEvent(world.stub.onRequest, ({ body }) => userTexts(body).includes(expected), { timeoutMs: 60_000, what: 'the model to get the prompt' });
  asked.catch(() => undefined);
  const evidence = await world.managed.prompts.send(world.agent, text);
  assert.ok(evidence !== undefined && evidence !== '', 'what shows that it arrived is told');
  await asked.catch(() => {
    const got = world.stub.requests.slice(since).map(({ body }) => JSON.stringify(userTexts(body).at(-1) ?? '').slice(0, 400));
    assert.fail(`${JSON.stringify(expected).slice(0, 400)} did not arrive, but ${got.join(' and ') || 'nothing'}`);
  });
  // The first turn of opencode takes up to half a minute: it looks for things that are not there.
  await world.until('idle', undefined, 90_000);
}

for (const provider of ['claude', 'codex', 'gemini', 'opencode'] as const) {
  describe(`prompts to a real ${provider}`, function () {
    this.timeout(180_000);
    let world: CliWorld;

    before(async function () {
      world = await openWorld(this, provider, 'local');
    });
    after(async () => world?.dispose());

    for (const [name, text] of Object.entries(texts)) it(`arrive byte for byte: ${name}`, () => arrives(world, text));
    for (const [name, [text, expected]] of Object.entries(changed[provider] ?? {})) it(`arrive as told: ${name}`, () => arrives(world, text, expected));

    it('arrive byte for byte: generated texts', async () => {
      await fc.assert(
        fc.asyncProperty(generated, (text) => arrives(world, text)),
        { numRuns: 6, seed: 20_261_121, endOnFailure: true },
      );
    });

    it('are commands of the CLI itself where they are meant so: the model is not asked', async () => {
      const asked = world.stub.requests.length;
      assert.ok(await world.managed.prompts.send(world.agent, commands[provider], { kind: 'command' }));
      await arrives(world, 'text again');
      assert.deepEqual(world.stub.requests.slice(asked).filter(({ body }) => userTexts(body).at(-1)?.includes(commands[provider]) === true), []);
    });

    it("wait behind somebody's draft, which stays as it is", async () => {
      const { manager, prompts } = world.managed;
      const { agent, handle } = world;
      const draft = 'half a thought';
      await manager.getTmux(handle).sendLiteral(await manager.getPane(handle), draft);
      await screenWith(manager, handle, draft);
      const held = waitForEvent(prompts.onDidChange, () => prompts.queueOf(agent).held === 'draft', { timeoutMs: 60_000, what: 'the prompt to wait behind the draft' });
      const sending = arrives(world, 'after the draft');
      await held;
      await screenWith(manager, handle, draft);
      await manager.getTmux(handle).sendKeyNames(await manager.getPane(handle), Array<string>(draft.length).fill('BSpace'));
      await sending;
      assert.deepEqual(world.stub.requests.filter(({ body }) => userTexts(body).some((text) => text.includes(draft))), []);
    });

    for (const [name, text] of Object.entries(sizes)) it(`arrive byte for byte: ${name}`, () => arrives(world, text));
  });

  describe(`prompts to a real ${provider} in a container`, function () {
    this.timeout(180_000);
    let world: CliWorld;

    before(async function () {
      world = await openWorld(this, provider, 'docker');
    });
    after(async () => world?.dispose());

    it('arrive byte for byte', async () => {
      for (const text of ['x', 'tabs\tand lines\n\n  é 👩‍👩‍👧‍👦 e\u0301 \\', sizes['10 KB'] ?? '']) await arrives(world, text);
    });
  });
}
