// Sizes as people write them.
import assert from 'node:assert/strict';
import { parseMemory } from '../../../src/protocol/memory.ts';

describe('a size of memory', () => {
  for (const [size, bytes] of [
    [1024, 1024],
    ['1024', 1024],
    ['512m', 512 * 2 ** 20],
    ['4g', 4 * 2 ** 30],
    ['4G', 4 * 2 ** 30],
    ['4gb', 4 * 2 ** 30],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['100k', 102_400],
    ['1t', 2 ** 40],
    ['7b', 7],
  ] as const) {
    it(`${JSON.stringify(size)} is ${bytes} bytes`, () => assert.equal(parseMemory(size), bytes));
  }

  for (const size of ['', 'g', '4x', '4 g g', '-1g', '1e3', '0', 0, -5, Number.NaN, Number.POSITIVE_INFINITY, '0.1b', 'constructor']) {
    it(`${JSON.stringify(size)} is none`, () => assert.equal(parseMemory(size), undefined));
  }
});
