// What a project's own files say: ignored files carried along, scripts with their deadline and log, ports that nobody else has.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import type { Workspace, WorkspaceRequest } from '../../../src/workspaces/types.ts';
import type { WorkspaceManager } from '../../../src/workspaces/workspaceManager.ts';
import { isRunning, makeGitHome, writeFiles, type GitHome } from '../../support/gitHome.ts';
import { needs } from '../../support/requirements.ts';

describe("a project's workspaces", function () {
  this.timeout(120_000);
  let home: GitHome;
  let manager: WorkspaceManager;
  let source: string;
  let said: string[];

  before(function () {
    needs(this, 'git');
  });
  beforeEach(() => {
    home = makeGitHome();
    manager = home.manager();
    said = [];
    source = home.repository('project', { 'readme.md': 'hello\n', '.gitignore': '.env*\n!.env.example\nconfig/local.json\nnode_modules/\nsecrets/\n', '.env.example': 'X=\n' });
  });
  afterEach(() => home.end());

  const prepare = (id: string, more: Partial<WorkspaceRequest> = {}): Promise<Workspace> =>
    manager.prepare({ id, kind: 'worktree', repo: { provider: 'local', path: source }, ...more }, { onProgress: (step, message) => said.push(`${step}: ${message}`) });
  const project = (text: unknown): void => writeFileSync(join(source, '.tmux-agents.json'), JSON.stringify(text));

  describe('files that git ignores', () => {
    it('come along when .worktreeinclude, the project or VS Code names them, with their modes, and no other does', async () => {
      writeFiles(source, {
        '.worktreeinclude': '# secrets\n.env\n.env.*\n!.env.skip\nreadme.md\nuntracked.txt\n',
        '.env': 'A=1\n',
        '.env.local': 'B=2\n',
        '.env.skip': 'no\n',
        '.env.other/deep file.txt': 'deep\n',
        'config/local.json': '{}\n',
        'node_modules/x/index.js': 'x\n',
        'secrets/key\nwith newline': 'key\n',
        'untracked.txt': 'not ignored\n',
      });
      project({ include: ['config/local.json'] });
      chmodSync(join(source, '.env'), 0o600);
      chmodSync(join(source, '.env.local'), 0o755);
      const { record } = await prepare('include', { includeFiles: ['secrets/**', '{a,b}/*.none'] });
      const there = (name: string): boolean => existsSync(join(record.path, name));
      assert.equal(readFileSync(join(record.path, '.env'), 'utf8'), 'A=1\n');
      assert.deepEqual([statSync(join(record.path, '.env')).mode & 0o777, statSync(join(record.path, '.env.local')).mode & 0o777], [0o600, 0o755]);
      assert.deepEqual(['.env.local', '.env.other/deep file.txt', 'config/local.json', 'secrets/key\nwith newline'].map(there), [true, true, true, true]);
      assert.deepEqual(['.env.skip', 'node_modules', 'untracked.txt'].map(there), [false, false, false]);
      assert.equal(home.git(record.path, 'status', '--porcelain'), '');
      assert.ok(said.includes('include: Copied 5 ignored files'), said.join('\n'));
    });

    it('never go through a link of the worktree, nor come from outside', async () => {
      const outside = join(home.directory, 'outside');
      mkdirSync(outside);
      writeFiles(outside, { secret: 'secret\n' });
      symlinkSync(outside, join(source, 'config'));
      home.git(source, 'add', 'config');
      home.git(source, 'commit', '--quiet', '--message', 'a link');
      const branch = 'a branch with a folder where a link was'.replaceAll(' ', '-');
      home.git(source, 'branch', branch);
      home.git(source, 'rm', '--quiet', 'config');
      home.git(source, 'commit', '--quiet', '--message', 'no link');
      writeFiles(source, { '.worktreeinclude': 'config/local.json\nsecrets/*\n', 'config/local.json': 'mine\n' });
      mkdirSync(join(source, 'secrets'));
      symlinkSync(join(outside, 'secret'), join(source, 'secrets/out'));
      symlinkSync('../readme.md', join(source, 'secrets/in'));
      const { record } = await prepare('links', { base: { type: 'branch', ref: branch } });
      assert.equal(existsSync(join(outside, 'local.json')), false, 'nothing was written through the link');
      assert.equal(lstatSync(join(record.path, 'secrets/in')).isSymbolicLink(), true);
      assert.equal(existsSync(join(record.path, 'secrets/out')), false);
      assert.ok(said.some((line) => line.includes("config/local.json, as a link or file of the worktree is in its way")), said.join('\n'));
    });
  });

  describe('scripts', () => {
    it('run only where they may, with the environment of the workspace, and leave a log', async () => {
      project({ setup: 'echo "$TMUX_AGENTS_WORKSPACE|$TMUX_AGENTS_SOURCE|$TMUX_AGENTS_PORT|$TMUX_AGENTS_PORT_LAST" > made.txt; echo said', teardown: ['sh', '-c', 'echo gone > "$TMUX_AGENTS_SOURCE/torn.txt"'], ports: { count: 3 } });
      const quiet = await prepare('untrusted');
      assert.equal(existsSync(join(quiet.record.path, 'made.txt')), false);
      const { record, env } = await prepare('trusted', { runScripts: true });
      const { first, last } = record.ports ?? { first: 0, last: 0 };
      assert.equal(last - first, 2);
      assert.deepEqual(env, { TMUX_AGENTS_WORKSPACE: record.path, TMUX_AGENTS_SOURCE: source, TMUX_AGENTS_PORT: String(first), TMUX_AGENTS_PORT_LAST: String(last) });
      assert.equal(readFileSync(join(record.path, 'made.txt'), 'utf8'), `${record.path}|${source}|${first}|${last}\n`);
      assert.equal(readFileSync(manager.scriptLog('trusted'), 'utf8'), 'said\n');
      await manager.remove(quiet.record);
      assert.equal(existsSync(join(source, 'torn.txt')), false);
      await manager.remove(record, { runScripts: true });
      assert.equal(readFileSync(join(source, 'torn.txt'), 'utf8'), 'gone\n');
    });

    it('that fail make no workspace, and say their last words', async () => {
      project({ setup: 'echo first; echo "no such thing" >&2; exit 3' });
      await assert.rejects(prepare('failing', { runScripts: true }), (error) => isAgentsError(error, 'internal') && /setup script failed \(3\): no such thing/.test(error.message));
      assert.equal(existsSync(join(home.directory, 'workspaces/failing')), false);
      project({ setup: ['no-such-program-anywhere'] });
      await assert.rejects(prepare('missing', { runScripts: true }), (error) => isAgentsError(error, 'command-not-found'));
    });

    it('that take too long are ended with all that they started', async () => {
      project({ setup: `sleep 1000 & echo $! > '${home.directory}/pid'; wait`, timeouts: { setup: 1 } });
      await assert.rejects(prepare('slow', { runScripts: true }), (error) => isAgentsError(error, 'timeout'));
      assert.equal(isRunning(Number(readFileSync(join(home.directory, 'pid'), 'utf8'))), false);
    });

    it('leave nothing running behind', async () => {
      project({ setup: `sleep 1000 & echo $! > '${home.directory}/pid'` });
      await prepare('background', { runScripts: true });
      const pid = Number(readFileSync(join(home.directory, 'pid'), 'utf8'));
      assert.equal(isRunning(pid), false);
    });

    it('start the project until the signal fires', async () => {
      project({ run: 'echo up > up.txt; sleep 1000' });
      const { record } = await prepare('run');
      const stop = new AbortController();
      const running = manager.runProject(record, { signal: stop.signal });
      while (!existsSync(join(record.path, 'up.txt'))) await new Promise((resolve) => setTimeout(resolve, 20));
      stop.abort();
      await assert.rejects(running, (error) => isAgentsError(error, 'cancelled'));
      project({});
      assert.equal(await manager.runProject(record), false);
    });

    it('come from the folder that is trusted, not from the branch that is looked at', async () => {
      home.git(source, 'checkout', '--quiet', '-b', 'evil');
      project({ setup: `touch '${home.directory}/evil'` });
      home.git(source, 'add', '--all');
      home.git(source, 'commit', '--quiet', '--message', 'evil');
      home.git(source, 'checkout', '--quiet', 'main');
      await prepare('review', { base: { type: 'branch', ref: 'evil' }, runScripts: true });
      assert.equal(existsSync(join(home.directory, 'evil')), false);
    });
  });

  it('is told what is wrong with its file', async () => {
    project({ setups: 'x' });
    await assert.rejects(prepare('wrong'), (error) => isAgentsError(error, 'bad-input') && /\.tmux-agents\.json is wrong: .*setups/.test(error.message));
    writeFileSync(join(source, '.tmux-agents.json'), '{');
    await assert.rejects(prepare('broken'), (error) => isAgentsError(error, 'bad-input') && /is not JSON/.test(error.message));
    assert.deepEqual(manager.list(), []);
  });

  it('have ports that nobody listens on, keep them, and give them back', async () => {
    const { ports: first } = (await prepare('one')).record;
    assert.ok(first !== undefined);
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(first.last + 5, '127.0.0.1', resolve));
    try {
      const { record: second } = await prepare('two');
      assert.ok((second.ports?.first ?? 0) > first.last + 5, JSON.stringify(second.ports));
      assert.deepEqual(home.store.read('one')?.ports, first);
      for (const record of manager.list()) await manager.remove(record);
      assert.deepEqual((await prepare('three')).record.ports, first);
      project({ ports: { count: 0 } });
      const none = await prepare('none');
      assert.deepEqual([none.record.ports, none.env['TMUX_AGENTS_PORT']], [undefined, undefined]);
    } finally {
      listener.close();
    }
  });
});
