// What a hub writes into ids, branches, paths and commands, and where that may lead.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../../src/base/errors.ts';
import { chooseProvider } from '../../../../src/runner/daemon/tasks/chooseProvider.ts';
import { commandWords } from '../../../../src/runner/daemon/tasks/commandWords.ts';
import { branchFolder, placeBelow, projectFolder, taskBranch, worktreeBelow } from '../../../../src/runner/daemon/tasks/taskPaths.ts';

const bad = (error: unknown): boolean => isAgentsError(error, 'bad-input');

describe("a task's paths", () => {
  let base: string;
  let outside: string;

  beforeEach(() => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tmux-agents-paths-')));
    base = join(folder, 'base');
    outside = join(folder, 'outside');
    for (const each of [join(base, 'project', 'inside'), outside]) mkdirSync(each, { recursive: true });
    symlinkSync(outside, join(base, 'link'));
    symlinkSync(join(base, 'project'), join(base, 'alias'));
  });
  afterEach(() => rmSync(join(base, '..'), { recursive: true, force: true }));

  it('have projects that name one folder', () => {
    for (const id of ['proj_1', 'a.b', 'project:abc', 'Ünïcode 1', '3f0c']) assert.equal(projectFolder(id), id);
    for (const id of ['', '.', '..', '.git', 'a/b', '../x', '/etc', 'a\\b', 'a\nb', 'a\0', '-x', 'x'.repeat(300)]) assert.throws(() => projectFolder(id), bad, JSON.stringify(id));
  });

  it('have branches by the first of their id', () => {
    assert.equal(taskBranch('12345678-aaaa'), 'sibyl/agent-12345678');
    assert.match(taskBranch('../../etc'), /^sibyl\/agent-[0-9a-f]{8}$/);
    assert.equal(branchFolder('sibyl/agent-1'), 'sibyl-agent-1');
    for (const branch of ['..', 'a/../b', '/etc', '-x', 'a b', '.hidden', '', 'a\0b', 'x.lock', '@']) assert.throws(() => branchFolder(branch), bad, JSON.stringify(branch));
  });

  it('never leave the folder of all worktrees', () => {
    assert.equal(placeBelow(base, 'new', 'branch'), join(base, 'new', 'branch'));
    assert.throws(() => placeBelow(base, 'link', 'x'), bad);
    assert.equal(worktreeBelow(base, 'project/inside'), join(base, 'project', 'inside'));
    assert.equal(worktreeBelow(base, join(base, 'alias', 'inside')), join(base, 'project', 'inside'), 'a link that stays inside is followed');
    assert.equal(worktreeBelow(base, 'other/new'), join(base, 'other', 'new'));
    for (const path of ['..', '../outside', 'project/../../outside', '/etc', outside, '.', base, 'link', 'link/x', join(base, 'link', 'x'), 'alias/x', 'a\0b', `${base}-beside`]) assert.throws(() => worktreeBelow(base, path), bad, path);
  });
});

describe("a task's command", () => {
  it('is split at blanks outside quotes, and nothing else in it means anything', () => {
    assert.deepEqual(commandWords('  npm  run test '), ['npm', 'run', 'test']);
    assert.deepEqual(commandWords(`echo "a b" 'c "d' e\\ f "g\\"h" ''`), ['echo', 'a b', 'c "d', 'e f', 'g"h', '']);
    assert.deepEqual(commandWords('echo $HOME;rm -rf * | x > y `z` &'), ['echo', '$HOME;rm', '-rf', '*', '|', 'x', '>', 'y', '`z`', '&']);
    assert.deepEqual(commandWords(''), []);
    assert.throws(() => commandWords('echo "a'), bad);
  });
});

describe("a task's provider", () => {
  const settings = { providers: { gpu: 'demo', reviewer: 'codex' }, capabilities: ['docker', 'gpu'], defaultProvider: 'claude' };

  it('is chosen by type, then by capability, then by default', () => {
    assert.equal(chooseProvider('claude_code', settings), 'claude_code');
    assert.equal(chooseProvider('reviewer', settings), 'codex');
    assert.equal(chooseProvider('planner', settings), 'demo');
    assert.equal(chooseProvider('planner', { ...settings, capabilities: [] }), 'claude');
    assert.equal(chooseProvider(undefined, { ...settings, capabilities: [], defaultProvider: 'gemini' }), 'gemini');
    assert.equal(chooseProvider('custom', { ...settings, capabilities: [] }), 'claude', 'any program is no provider of a hub');
    assert.throws(() => chooseProvider('x', { ...settings, capabilities: [], defaultProvider: 'nothing' }), /no provider "nothing"/);
  });
});
