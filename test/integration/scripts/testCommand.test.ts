// `npm test` itself: what it counts, and that a missing part or an empty run never passes for a success.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/processes.mjs';

describe('npm test', function () {
  this.timeout(60_000);
  let bare: string;

  before(() => {
    bare = mkdtempSync(join(tmpdir(), 'ta-bare-'));
    symlinkSync('/bin/ps', join(bare, 'ps'));
  });
  after(() => rmSync(bare, { recursive: true, force: true }));

  const npmTest = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ code: number; output: string }> =>
    run([process.execPath, join(root, 'scripts', 'test.mjs'), ...args], { cwd: root, env: { ...process.env, REQUIRE_ALL: '', ...env } });

  it('ends in one line of counts', async () => {
    const { code, output } = await npmTest(['--only', 'unit', '--grep', 'the environment a person works in']);
    assert.equal(output.trimEnd().split('\n').at(-1), '1 passed, 0 failed, 0 skipped');
    assert.equal(code, 0);
  });

  it('skips a part without its component, and says why', async () => {
    const { code, output } = await npmTest(['--only', 'browser'], { PATH: bare, CHROMIUM_PATH: '' });
    assert.match(output, /^skipped: Chromium is not installed: .+$/m);
    assert.equal(output.trimEnd().split('\n').at(-1), '0 passed, 0 failed, 1 skipped');
    assert.equal(code, 0);
  });

  it('fails a part without its component when everything is required', async () => {
    const { code, output } = await npmTest(['--only', 'browser'], { PATH: bare, CHROMIUM_PATH: '', REQUIRE_ALL: '1' });
    assert.equal(output.trimEnd().split('\n').at(-1), '0 passed, 1 failed, 0 skipped');
    assert.equal(code, 1);
  });

  it('fails when no test was executed', async () => {
    const { code, output } = await npmTest(['--only', 'unit', '--grep', 'no test is named like this, surely 4711 '.repeat(2)]);
    assert.match(output, /^No test was executed\.$/m);
    assert.equal(code, 1);
  });

  it('knows its parts', async () => {
    const { code, output } = await npmTest(['--only', 'unti']);
    assert.equal(code, 2);
    assert.match(output, /No part is named unti/);
  });
});
