// How a prompt speaks of files, selections and problems.
import assert from 'node:assert/strict';
import { excerpt, mention, pathFor, problemList, withRequest } from '../../../src/extension/prompts/contextText.ts';

describe('what a prompt says of the editor', () => {
  it('names a file as the agent finds it', () => {
    const here = { workingDirectory: '/work/app', isolated: false };
    assert.equal(pathFor('/work/app/src/a b.ts', here), 'src/a b.ts');
    assert.equal(pathFor('/work/app-2/x.ts', here), '/work/app-2/x.ts');
    assert.equal(pathFor('/work/app/..hidden/x', here), '..hidden/x');
    assert.equal(pathFor('/etc/hosts', { ...here, isolated: true }), undefined, 'a container has no such file');
    assert.equal(pathFor('/work/app/x', { ...here, isolated: true }), 'x');
  });

  it('mentions it in the words of the CLI', () => {
    assert.equal(mention('src/a.ts', 'claude'), '@src/a.ts');
    assert.equal(mention('src/a.ts', 'aider'), '`src/a.ts`');
    assert.equal(mention('src/a b.ts', 'claude'), '`src/a b.ts`');
  });

  it('quotes lines between fences that nothing in them ends', () => {
    assert.equal(excerpt({ path: 'a.ts', lines: [3, 4], language: 'typescript', text: 'one\ntwo\n' }), '`a.ts:3-4`:\n```typescript\none\ntwo\n```');
    assert.equal(excerpt({ path: 'a.md', lines: [7, 7], language: 'markdown', text: 'x ```` y' }), '`a.md:7`:\n`````markdown\nx ```` y\n`````');
    assert.equal(excerpt({ path: 'a', language: 'no language', text: '' }), '`a`:\n```\n\n```');
  });

  it('lists problems, one to a line', () => {
    const told = problemList('a.ts', [
      { line: 1, column: 5, severity: 'error', message: "Cannot find name 'x'.\n  Did you mean 'y'?", source: 'ts', code: '2304' },
      { line: 9, column: 1, severity: 'warning', message: 'Unused' },
    ]);
    assert.equal(told, "Problems in `a.ts`:\n- a.ts:1:5: error: Cannot find name 'x'. Did you mean 'y'? (ts 2304)\n- a.ts:9:1: warning: Unused");
  });

  it('puts what the person wants first', () => {
    assert.equal(withRequest('Fix it.\n', 'context'), 'Fix it.\n\ncontext');
    assert.equal(withRequest(' ', 'context'), 'context');
  });
});
