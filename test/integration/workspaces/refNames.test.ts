// Names of branches and tags: judged without git, as git judges them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { isRefName } from '../../../src/workspaces/refNames.ts';
import { needs } from '../../support/requirements.ts';

describe('names of branches and tags', () => {
  before(function () {
    needs(this, 'git');
  });

  it('are judged as git judges them', function () {
    this.timeout(60_000);
    const odd = ['a', 'a/b', 'ä/ö', 'a b', 'a..b', 'a.lock', 'a/b.lock/c', '.a', 'a/.b', 'a.', 'a/', '/a', 'a//b', 'a~1', 'a^', 'a:b', 'a?', 'a*', 'a[b', 'a\\b', 'a@{b', '@', 'a@', '-a', 'HEAD', '', 'a\tb', 'a\u007fb', 'feature/🎉', 'a-b_c.d'];
    const random = fc.sample(fc.string({ unit: fc.constantFrom(...'ab/.@{}~^:?*[\\ -'), minLength: 1, maxLength: 8 }), { numRuns: 100, seed: 7 });
    for (const name of [...odd, ...random]) assert.equal(isRefName(name), gitTakes(name), JSON.stringify(name));
  });
});

/** `git branch` takes neither an option nor what means HEAD. */
function gitTakes(name: string): boolean {
  if (name.startsWith('-') || name === 'HEAD' || name === '@') return false;
  try {
    execFileSync('git', ['check-ref-format', `refs/heads/${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
