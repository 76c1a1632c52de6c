// Which files are run a second time, and what both runs count together.
import assert from 'node:assert/strict';
import { filesToRunAgain, joined, MAX_UNSTEADY_FILES, type Failure, type Run } from '../../../scripts/lib/secondRun.mjs';

const failure = (file: string, title: string): Failure => ({ file, title, message: 'no' });
const counts = (passed: number, failed: number, skipped = 0): { passed: number; failed: number; skipped: number } => ({ passed, failed, skipped });
const first: Run = { ...counts(10, 2, 1), files: { 'a.ts': counts(6, 0, 1), 'b.ts': counts(4, 2) }, failures: [failure('b.ts', 'one'), failure('b.ts', 'two')] };

describe('a second run', () => {
  it('is for the files with a failure', () => {
    assert.deepEqual(filesToRunAgain(first), ['b.ts']);
    assert.deepEqual(filesToRunAgain({ failures: [] }), []);
    assert.deepEqual(filesToRunAgain({}), []);
  });

  it('is not for many files, nor for a failure of no file', () => {
    const many = Array.from({ length: MAX_UNSTEADY_FILES + 1 }, (_, index) => failure(`${index}.ts`, 'x'));
    assert.deepEqual(filesToRunAgain({ failures: many }), []);
    assert.deepEqual(filesToRunAgain({ failures: [failure('unknown', 'x'), failure('a.ts', 'y')] }), []);
  });

  it('counts a file as it did then, and names what was unsteady', () => {
    const second: Run = { ...counts(6, 0), files: { 'b.ts': counts(6, 0) }, failures: [] };
    assert.deepEqual(joined(first, second, ['b.ts']), { ...counts(12, 0, 1), failures: [], unsteady: first.failures });
  });

  it('leaves failed what fails again', () => {
    const second: Run = { ...counts(5, 1), files: { 'b.ts': counts(5, 1) }, failures: [failure('b.ts', 'two')] };
    assert.deepEqual(joined(first, second, ['b.ts']), { ...counts(11, 1, 1), failures: second.failures, unsteady: [failure('b.ts', 'one')] });
  });

  it('counts the tests that a failed hook had kept from running', () => {
    const hidden: Run = { ...counts(6, 1), files: { 'a.ts': counts(6, 0), 'b.ts': counts(0, 1) }, failures: [failure('b.ts', '"before all" hook')] };
    const second: Run = { ...counts(30, 0), files: { 'b.ts': counts(30, 0) }, failures: [] };
    assert.deepEqual(joined(hidden, second, ['b.ts']), { ...counts(36, 0), failures: [], unsteady: hidden.failures });
  });

  it('leaves failed what did not run again, and a run that did not end in order', () => {
    const second: Run = { ...counts(0, 1), files: {}, failures: [] };
    assert.equal(joined(first, second, ['b.ts']).failed, 3);
  });
});
