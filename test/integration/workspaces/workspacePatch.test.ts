import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { workspacePatch } from '../../../src/workspaces/workspacePatch.ts';
import { needs } from '../../support/requirements.ts';

describe('the patch of a workspace', () => {
  let folder: string;
  let base: string;
  const git = (...args: readonly string[]): string => execFileSync('git', ['-C', folder, '-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], { encoding: 'utf8' });

  before(function () {
    needs(this, 'git');
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-patch-'));
    git('init', '-q', '-b', 'main');
    writeFileSync(join(folder, 'a.txt'), 'one\n');
    git('add', '.');
    git('commit', '-q', '-m', 'first');
    base = git('rev-parse', 'HEAD').trim();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('holds what was committed, changed and made since, seen from any folder in it; the index stays', async () => {
    writeFileSync(join(folder, 'b.txt'), 'committed\n');
    git('add', '.');
    git('commit', '-q', '-m', 'second');
    writeFileSync(join(folder, 'a.txt'), 'two\n');
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'deep', '-odd name\n.txt'), 'new\n');
    const { diff, cut } = await workspacePatch(join(folder, 'deep'), base, { maxBytes: 100_000 });
    assert.match(diff, /\+committed/);
    assert.match(diff, /-one\n\+two/);
    assert.match(diff, /\+new/);
    assert.equal(cut, false);
    assert.match(git('status', '--porcelain'), /^\?\? deep\/$/m);
  });

  it('is cut at the end of a line', async () => {
    writeFileSync(join(folder, 'long.txt'), 'a line é\n'.repeat(2_000_000));
    const { diff, cut } = await workspacePatch(folder, base, { maxBytes: 10_000 });
    assert.equal(cut, true);
    assert.ok(Buffer.byteLength(diff) <= 10_000);
    assert.ok(diff.endsWith('+a line é\n'));
  });

  it('is none where there is no repository, or no such commit', async () => {
    await assert.rejects(workspacePatch(tmpdir(), base, { maxBytes: 10 }), (error) => isAgentsError(error, 'git-failed'));
    await assert.rejects(workspacePatch(folder, '--output=/tmp/x', { maxBytes: 10 }), (error) => isAgentsError(error, 'git-failed'));
    await assert.rejects(workspacePatch(folder, 'f'.repeat(40), { maxBytes: 10 }), (error) => isAgentsError(error, 'git-failed'));
  });
});
