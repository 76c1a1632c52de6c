// docker/tmux.conf and the options that our own servers get are the same list: neither can change without the other.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { serverOptions } from '../../../src/tmux/serverOptions.ts';

describe('docker/tmux.conf', () => {
  it('sets what our own tmux servers are set to, and nothing else', () => {
    const lines = readFileSync(new URL('../../../docker/tmux.conf', import.meta.url), 'utf8').split('\n');
    const commands = lines.filter((line) => line !== '' && !line.startsWith('#'));
    const expected = serverOptions.map(({ scope, name, value }) => `set-option ${scope}q ${name} '${value}'`);
    assert.deepEqual(commands, expected);
  });

  it('has no value that its single quotes could not hold', () => {
    assert.deepEqual(serverOptions.filter(({ value }) => /['\n]/.test(value)), []);
  });
});
