// Which folders trust in a workspace is a matter of, with real repositories, worktrees and links.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trustedFolders } from '../../../src/runner/repositoryRoot.ts';
import { needs } from '../../support/requirements.ts';

describe('the folders that trust in a workspace is a matter of', () => {
  let base: string;
  before(function () {
    needs(this, 'git');
    base = realpathSync(mkdtempSync(join(tmpdir(), 'repository-')));
    const git = (...args: readonly string[]): unknown => execFileSync('git', ['-C', join(base, 'main'), '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { stdio: 'pipe' });
    mkdirSync(join(base, 'main', 'a', 'b'), { recursive: true });
    git('init', '-q');
    git('commit', '-q', '--allow-empty', '-m', 'one');
    git('worktree', 'add', '-q', '-b', 'other', join(base, 'tree'));
    mkdirSync(join(base, 'tree', 'part'));
    mkdirSync(join(base, 'plain', '.broken'), { recursive: true });
    writeFileSync(join(base, 'plain', '.broken', '.git'), 'no pointer at all');
    symlinkSync(join(base, 'main', 'a'), join(base, 'link'));
  });
  after(() => rmSync(base, { recursive: true, force: true }));

  async function found(...parts: readonly string[]): Promise<string[]> {
    return (await trustedFolders(join(base, ...parts))).map((folder) => folder.slice(base.length + 1));
  }

  it('are the folder itself and the root of its repository', async () => {
    assert.deepEqual(await found('main'), ['main']);
    assert.deepEqual(await found('main', 'a', 'b'), ['main/a/b', 'main']);
  });

  it('are a link, what it leads to, and the root of that', async () => assert.deepEqual(await found('link', 'b'), ['link/b', 'main/a/b', 'main']));

  it('are a worktree and its main repository', async () => assert.deepEqual(await found('tree', 'part'), ['tree/part', 'tree', 'main']));

  it('are the folder alone where there is no repository, no folder, or a broken one', async () => {
    assert.deepEqual(await found('plain'), ['plain']);
    assert.deepEqual(await found('nowhere'), ['nowhere']);
    assert.deepEqual(await found('plain', '.broken'), ['plain/.broken']);
  });
});
