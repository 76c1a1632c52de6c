// Names of branches and tags, of remote repositories, and VS Code's globs: pure rules.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../src/base/errors.ts';
import { isInside } from '../../../src/workspaces/containment.ts';
import { totalsOf } from '../../../src/workspaces/diffTotals.ts';
import { failureKind } from '../../../src/workspaces/gitFailure.ts';
import { globsAsPatterns } from '../../../src/workspaces/globPatterns.ts';
import { checkCommitName, isRefName } from '../../../src/workspaces/refNames.ts';
import { remoteRepository } from '../../../src/workspaces/remoteRepository.ts';
import { AgentsError } from '../../../src/base/errors.ts';

describe('names of branches and tags', () => {
  it('are never options, and commits are hexadecimal', () => {
    assert.equal(isRefName('--upload-pack=x'), false);
    assert.equal(checkCommitName('DEADBEEF'), 'deadbeef');
    for (const wrong of ['abc', 'HEAD', '-1234', 'main~1', 'g1234567']) assert.throws(() => checkCommitName(wrong), (error) => isAgentsError(error, 'bad-input'));
  });
});

describe('names of remote repositories', () => {
  it('become an address, and a folder of their own', () => {
    assert.deepEqual([remoteRepository({ provider: 'github', owner: 'o', name: 'n.git' }).url, remoteRepository({ provider: 'gitlab', owner: 'a/b', name: 'n' }).label], ['https://github.com/o/n.git', 'gitlab.com/a/b/n']);
    assert.notEqual(remoteRepository({ provider: 'github', owner: 'o', name: 'n' }).folder, remoteRepository({ provider: 'bitbucket', owner: 'o', name: 'n' }).folder);
  });

  it('lead nowhere else', () => {
    for (const [owner, name] of [['..', 'n'], ['o', '..'], ['-o', 'n'], ['o', '-n'], ['o/p', 'n'], ['o@evil.example', 'n'], ['o', 'n?x'], ['o', 'a b']] as const) {
      assert.throws(() => remoteRepository({ provider: 'github', owner, name }), (error) => isAgentsError(error, 'bad-input'), `${owner}/${name}`);
    }
  });
});

describe('globs of VS Code', () => {
  it('are about the whole path, braces written out', () => {
    assert.deepEqual(globsAsPatterns(['.env', '**/*.{local,secret}', './a/{b,c{d,e}}/f', 'x}y', '']), ['/.env', '/**/*.local', '/**/*.secret', '/a/b/f', '/a/cd/f', '/a/ce/f', '/x}y']);
    assert.deepEqual(globsAsPatterns(['{a,b}'.repeat(30)]), [`/${'{a,b}'.repeat(30)}`], 'no glob makes a million patterns');
  });
});

describe('paths', () => {
  it('are inside a folder only at a border of names', () => {
    assert.deepEqual([isInside('/a/b', '/a/b/c'), isInside('/a/b', '/a/b'), isInside('/a/b', '/a/bc'), isInside('/', '/a')], [true, true, false, true]);
  });
});

describe('what git diff says', () => {
  it('is read with odd names, renames and binary files', () => {
    const parts = [':100644 100644 a b M', 'a\tb\n', ':100644 100644 a b R090', 'old', 'new', ':000000 100644 0 b A', 'bin', '1\t2\ta\tb\n', '3\t4\t', 'old', 'new', '-\t-\tbin'];
    assert.deepEqual(totalsOf(parts), {
      filesChanged: 3,
      linesAdded: 4,
      linesRemoved: 6,
      files: [
        { path: 'a\tb\n', status: 'modified', additions: 1, deletions: 2 },
        { path: 'bin', status: 'added', additions: 0, deletions: 0 },
        { path: 'new', status: 'renamed', additions: 3, deletions: 4 },
      ],
    });
  });
});

describe('failures of git', () => {
  it('are damage, a network that is away, or a refusal', () => {
    const kind = (message: string): string => failureKind(new AgentsError('git-failed', message));
    assert.equal(kind('fatal: not a git repository'), 'damage');
    assert.equal(kind('error: object file ./objects/ab/cd is empty'), 'damage');
    assert.equal(kind("fatal: unable to access 'https://x/': Could not resolve host: x"), 'away');
    assert.equal(kind("fatal: unable to access 'https://x/': The requested URL returned error: 403"), 'refused');
    assert.equal(kind('remote: Repository not found.'), 'refused');
    assert.equal(kind('fatal: write error: No space left on device'), 'other');
  });
});
