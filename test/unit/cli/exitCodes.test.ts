// Exit codes: what the code does is what --help and the documentation say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { AgentsError } from '../../../src/base/errors.ts';
import { ExitCode, exitCodeHelp, exitCodeOf } from '../../../src/cli/exitCodes.ts';

describe('the exit codes', () => {
  it('tell apart what a script must tell apart', () => {
    const codes = (['bad-input', 'not-found', 'docker-unavailable', 'image-missing', 'tmux-missing', 'name-taken', 'cancelled', 'tmux-failed', 'internal'] as const).map((reason) => exitCodeOf(new AgentsError(reason, '')));
    assert.deepEqual(codes, [2, 3, 4, 4, 4, 5, 130, 1, 1]);
    assert.equal(exitCodeOf(new Error('x')), 1);
  });

  it('are all in the help and in docs/cli.md', () => {
    const manual = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
    for (const code of Object.values(ExitCode)) {
      assert.match(exitCodeHelp, new RegExp(`^ {2}${code} `, 'm'));
      assert.match(manual, new RegExp(`^\\| ${code} \\|`, 'm'));
    }
  });
});
