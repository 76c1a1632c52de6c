// Which files are touched, told by a real watcher over real git: writes, deletes, moves and new folders; never what git ignores.
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TouchedFile } from '../../../src/workspaces/touchedFiles.ts';
import { watchTouchedFiles } from '../../../src/workspaces/touchedFiles.ts';
import { makeGitHome, writeFiles, type GitHome } from '../../support/gitHome.ts';
import { needs } from '../../support/requirements.ts';

describe('touched files', function () {
  this.timeout(60_000);
  let home: GitHome;
  let folder: string;
  let seen: string[];
  let changed: () => void;
  let watching: ReturnType<typeof watchTouchedFiles>;

  before(function () {
    needs(this, 'git');
  });
  beforeEach(async () => {
    home = makeGitHome();
    folder = home.repository('project', { 'readme.md': 'hello\n', 'src/a.txt': 'a\n', 'src/deep/b.txt': 'b\n', '.gitignore': 'ignored/\n*.log\n' });
    writeFiles(folder, { 'ignored/x.txt': 'x\n' });
    seen = [];
    changed = () => undefined;
    watching = watchTouchedFiles(folder, (touched) => {
      seen.push(textOf(touched));
      changed();
    });
    await watching.ready;
  });
  afterEach(() => {
    watching?.dispose();
    home?.end();
  });

  const textOf = ({ path, reason }: TouchedFile): string => `${reason} ${path}`;

  /** Makes a last change that ends the watch for others, and gives all that was told before it. */
  async function told(...wanted: string[]): Promise<string[]> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`told only: ${seen.join(', ')}`)), 30_000);
      changed = () => {
        if (!wanted.every((text) => seen.includes(text))) return;
        clearTimeout(timer);
        resolve();
      };
      changed();
    });
    writeFiles(folder, { 'the end.txt': '' });
    await new Promise<void>((resolve) => {
      changed = () => void (seen.includes('write the end.txt') && resolve());
      changed();
    });
    return seen.filter((text) => text !== 'write the end.txt').sort();
  }

  it('are told when they are written or deleted, and not when they are read', async () => {
    readFileSync(join(folder, 'readme.md'));
    appendFileSync(join(folder, 'src/deep/b.txt'), 'more\n');
    writeFiles(folder, { '-new\nfile.txt': 'x\n' });
    rmSync(join(folder, 'src/a.txt'));
    assert.deepEqual(await told('write src/deep/b.txt', 'write -new\nfile.txt', 'delete src/a.txt'), ['delete src/a.txt', 'write -new\nfile.txt', 'write src/deep/b.txt']);
  });

  it('of new folders are told, and those of folders that go', async () => {
    writeFiles(folder, { 'new/one/a.txt': 'a\n', 'new/b.txt': 'b\n' });
    await told('write new/one/a.txt', 'write new/b.txt');
    appendFileSync(join(folder, 'new/one/a.txt'), 'more\n');
    await told('write new/one/a.txt');
    rmSync(join(folder, 'new'), { recursive: true });
    assert.ok((await told('delete new/one/a.txt', 'delete new/b.txt')).every((text) => text.includes(' new/')));
  });

  it('that are moved are told as gone here and written there, with all that is in their folder', async () => {
    renameSync(join(folder, 'readme.md'), join(folder, 'README'));
    renameSync(join(folder, 'src'), join(folder, 'lib'));
    assert.deepEqual(await told('delete src/deep/b.txt', 'write lib/deep/b.txt', 'write README'), ['delete readme.md', 'delete src/a.txt', 'delete src/deep/b.txt', 'write README', 'write lib/a.txt', 'write lib/deep/b.txt']);
    seen.length = 0;
    appendFileSync(join(folder, 'lib/deep/b.txt'), 'more\n');
    assert.deepEqual(await told('write lib/deep/b.txt'), ['write lib/deep/b.txt']);
  });

  it('are never those that git ignores, nor its own', async () => {
    writeFiles(folder, { 'ignored/x.txt': 'y\n', 'src/out.log': 'log\n', 'ignored/deep/y.txt': 'y\n' });
    home.git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'more');
    appendFileSync(join(folder, 'readme.md'), 'more\n');
    assert.deepEqual(await told('write readme.md'), ['write readme.md']);
  });

  it('are told from a folder once it is ignored no more', async () => {
    writeFiles(folder, { '.gitignore': '*.log\n' });
    await told('write .gitignore');
    appendFileSync(join(folder, 'ignored/x.txt'), 'more\n');
    await told('write ignored/x.txt');
  });

  it('of a folder that takes the name of another are told', async () => {
    rmSync(join(folder, 'src'), { recursive: true });
    mkdirSync(join(folder, 'src'));
    writeFiles(folder, { 'src/c.txt': 'c\n' });
    await told('delete src/a.txt', 'write src/c.txt');
    appendFileSync(join(folder, 'src/c.txt'), 'more\n');
    await told('write src/c.txt');
  });

  it('are told where there is no repository, too', async () => {
    const plain = join(home.directory, 'plain');
    mkdirSync(plain);
    const found = new Promise<TouchedFile>((resolve) => {
      const plainWatch = watchTouchedFiles(plain, (touched) => {
        plainWatch.dispose();
        resolve(touched);
      });
      void plainWatch.ready.then(() => writeFiles(plain, { 'a.txt': 'a\n' }));
    });
    assert.deepEqual(await found, { path: 'a.txt', reason: 'write' });
  });
});
