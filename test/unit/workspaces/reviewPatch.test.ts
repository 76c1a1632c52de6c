// Hunks of a diff as git prints it, and the entries of its lists.
import assert from 'node:assert/strict';
import { parseChanges } from '../../../src/workspaces/review/changedFiles.ts';
import { hunkLines, parseHunks, patchOf } from '../../../src/workspaces/review/patch.ts';

describe('the hunks of a diff', () => {
  const diff = [
    'diff --git a/x b/x', 'index 1..2 100644', '--- a/x', '+++ b/x',
    '@@ -1,3 +1,4 @@', ' one', '-two', '+zwei', '+@@ -9,9 +9,9 @@ no header', ' three',
    '@@ -9 +10,0 @@ function', '---nine',
    '@@ -20,2 +20,2 @@', ' x', '-y', '\\ No newline at end of file', '+y', '\\ No newline at end of file', '',
  ].join('\n');

  it('are told apart by their counts, whatever their lines look like', () => {
    const hunks = parseHunks(diff);
    assert.deepEqual(hunks.map(({ oldStart, oldLines, newStart, newLines }) => [oldStart, oldLines, newStart, newLines]), [[1, 3, 1, 4], [9, 1, 10, 0], [20, 2, 20, 2]]);
    assert.deepEqual(hunks.map(({ changed }) => changed), [{ first: 1, last: 3 }, { first: 9, last: 9 }, { first: 20, last: 21 }]);
    assert.deepEqual(hunks[1] === undefined ? [] : hunkLines(hunks[1]), ['---nine']);
    assert.ok(hunks[2]?.text.endsWith('+y\n\\ No newline at end of file\n'));
  });

  it('have ids of their own', () => {
    const [first, second] = parseHunks(`${diff}`);
    assert.notEqual(first?.id, second?.id);
    assert.deepEqual(parseHunks(diff).map(({ id }) => id), parseHunks(diff).map(({ id }) => id));
    assert.notEqual(parseHunks(diff.replace('zwei', 'drei'))[0]?.id, first?.id);
  });

  it('are none where only a mode changed or the file is binary', () => {
    assert.deepEqual(parseHunks('diff --git a/x b/x\nold mode 100644\nnew mode 100755\n'), []);
    assert.deepEqual(parseHunks('diff --git a/x b/x\nBinary files a/x and b/x differ\n'), []);
  });

  it('become patches with names that no byte breaks', () => {
    const [hunk] = parseHunks('@@ -1 +1 @@\n-a\n+b\n');
    assert.ok(hunk);
    assert.equal(patchOf('ü "x"\n\\', hunk).toString('latin1'), 'diff --git "a/\\303\\274 \\"x\\"\\012\\\\" "b/\\303\\274 \\"x\\"\\012\\\\"\n--- "a/\\303\\274 \\"x\\"\\012\\\\"\n+++ "b/\\303\\274 \\"x\\"\\012\\\\"\n@@ -1 +1 @@\n-a\n+b\n');
  });
});

describe('the list of changed files', () => {
  it('reads names with tabs and line ends, renames, modes and binary files', () => {
    const id = '0'.repeat(40);
    const parts = [
      `:100644 100755 ${id} ${id} M`, 'a\tb', `:100644 100644 ${id} ${id} R097`, 'old\nname', 'new', `:000000 100644 ${id} ${id} A`, 'bin', `:100644 000000 ${id} ${id} D`, 'gone',
      '1\t2\ta\tb', '3\t4\t', 'old\nname', 'new', '-\t-\tbin', '0\t9\tgone',
    ];
    assert.deepEqual(parseChanges(parts), [
      { path: 'a\tb', status: 'modified', submodule: false, modes: { from: '100644', to: '100755' }, additions: 1, deletions: 2, binary: false },
      { path: 'bin', status: 'added', submodule: false, additions: undefined, deletions: undefined, binary: true },
      { path: 'gone', status: 'deleted', submodule: false, additions: 0, deletions: 9, binary: false },
      { path: 'new', oldPath: 'old\nname', status: 'renamed', submodule: false, additions: 3, deletions: 4, binary: false },
    ]);
  });
});
