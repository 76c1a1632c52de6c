// A file of KEY=VALUE lines.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { parseEnvText, readEnvFile } from '../../../src/cli/envFile.ts';
import { runCli } from './support.ts';

describe('an environment file', () => {
  it('holds lines, comments, quotes, and values of several lines', () => {
    assert.deepEqual(parseEnvText('# keys\nA=1\nexport B="two words"\nC=\'$(id) `id`\'\nD="x\ny"\nEMPTY=\n', 'f'), { A: '1', B: 'two words', C: '$(id) `id`', D: 'x\ny', EMPTY: '' });
  });

  it('must not hold names that are none, and its values are not shown', () => {
    assert.throws(
      () => parseEnvText('A-B=secret-value', '/f'),
      (error) => isAgentsError(error, 'bad-input') && /\/f holds "A-B"/.test(error.message) && !JSON.stringify(error).includes('secret-value') && !error.message.includes('secret-value'),
    );
  });

  it('must exist: exit code 3', async () => {
    await assert.rejects(readEnvFile('/nonexistent/env'), (error) => isAgentsError(error, 'not-found'));
    assert.equal((await runCli(['spawn', '--provider', 'demo', '--env-file', '/nonexistent/env'])).code, 3);
  });

  it('must be a file: a pipe that nobody writes to holds nothing up', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
    try {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      await assert.rejects(readEnvFile(pipe), (error) => isAgentsError(error, 'bad-input') && error.message === `The environment file ${pipe} is no regular file.`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
