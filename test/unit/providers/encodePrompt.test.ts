// What is put into a CLI's input line for a prompt, so that the model gets the prompt and nothing else.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../src/base/errors.ts';
import { checkPrompt, encodePrompt } from '../../../src/providers/prompts/encodePrompt.ts';
import { promptInputOf } from '../../../src/providers/prompts/promptInput.ts';

const of = (provider: string, text: string, kind?: 'text' | 'command') => encodePrompt(promptInputOf(provider), text, kind);

describe('a prompt for an input line', () => {
  it('is left as it is for a program that nothing is known of', () => {
    for (const text of ['x', '/exit', '!x', ' x \n', 'a\\']) assert.deepEqual(of('custom', text), { text, keys: [], by: 'paste' });
  });

  it('gets a blank behind where the CLI takes that off: a backslash at the end is text then', () => {
    for (const provider of ['claude', 'codex', 'gemini']) assert.equal(of(provider, 'a\\').text, 'a\\ ');
    assert.equal(of('opencode', 'a\\').text, 'a\\');
    assert.equal(of('claude', 'a ').text, 'a ');
  });

  it('is no command, whatever it begins with, unless it is meant as one', () => {
    for (const provider of ['claude', 'gemini', 'opencode']) {
      assert.equal(of(provider, '/clear').text.trimEnd(), '\u2800/clear');
      assert.equal(of(provider, ' /project:review all').text.trimEnd(), '\u2800 /project:review all');
      assert.equal(of(provider, '/clear', 'command').text, '/clear');
    }
    assert.equal(of('codex', '/clear').text, ' /clear ');
    assert.equal(of('codex', '!rm x').text, ' !rm x ');
    assert.equal(of('codex', '/clear', 'command').text, '/clear');
  });

  it('keeps paths and comments as they are', () => {
    for (const text of ['/usr/bin/env', '// note', '/* note */', '/tmp/x is full']) assert.equal(of('claude', text).text, `${text} `);
  });

  it('closes a list of completions before Enter', () => {
    assert.deepEqual(of('codex', 'see @READ').keys, ['Space']);
    assert.deepEqual(of('codex', 'mail a@b.c').keys, []);
    assert.deepEqual(of('codex', '$x').keys, ['Space']);
    assert.deepEqual(of('claude', 'see @READ').keys, []);
  });

  it('is pasted where the CLI would draw a long line for minutes', () => {
    assert.equal(of('gemini', 'x'.repeat(20_000)).by, 'paste');
    assert.equal(of('gemini', 'x\n'.repeat(20_000)).by, 'editor');
    assert.equal(of('claude', 'x'.repeat(100_000)).by, 'editor');
  });

  it('is refused where it cannot reach the model', () => {
    const refused = (provider: string, text: string): void => assert.throws(() => checkPrompt(promptInputOf(provider), text), (error) => isAgentsError(error, 'bad-input'), JSON.stringify(text.slice(0, 20)));
    for (const text of ['', 'a\0b', 'half \ud83d', 'x'.repeat(1_048_577)]) refused('custom', text);
    for (const text of [' ', '\n\t\n']) refused('claude', text);
    refused('opencode', ' exit');
    checkPrompt(promptInputOf('opencode'), 'exit', 'command');
    checkPrompt(promptInputOf('custom'), ' ');
    checkPrompt(promptInputOf('claude'), '👩‍👩‍👧‍👦');
  });
});
