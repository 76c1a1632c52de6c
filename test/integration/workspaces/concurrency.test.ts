// Many at once, and the worst moments: 30 preparations on one repository, processes killed in the middle, cancelled ones, a full disk.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError, messageOf } from '../../../src/base/errors.ts';
import type { WorkspaceRequest } from '../../../src/workspaces/types.ts';
import type { WorkspaceManager } from '../../../src/workspaces/workspaceManager.ts';
import { isRunning, makeGitHome, stateOf, writeFiles, type GitHome } from '../../support/gitHome.ts';
import { needs, needsThat } from '../../support/requirements.ts';

const program = join(import.meta.dirname, 'prepareOnce.ts');

describe('workspaces under stress', function () {
  this.timeout(180_000);
  let home: GitHome;
  let manager: WorkspaceManager;
  let source: string;

  before(function () {
    needs(this, 'git');
  });
  beforeEach(() => {
    home = makeGitHome();
    manager = home.manager();
    source = home.repository();
  });
  afterEach(() => home.end());

  const request = (id: string, more: Partial<WorkspaceRequest> = {}): WorkspaceRequest => ({ id, kind: 'worktree', repo: { provider: 'local', path: source }, ...more });

  it('are 30 at once on one repository, from three processes, each with its own branch and ports, and go again', async () => {
    const before = stateOf(home, source);
    const others = [1, 2].map((number) => runProcess(request(`other-${number}`)).finished);
    const made = await Promise.all(Array.from({ length: 28 }, (_, number) => manager.prepare(request(`many-${number}`))));
    assert.deepEqual(await Promise.all(others), [0, 0]);
    const records = manager.list();
    assert.equal(records.length, 30);
    assert.equal(new Set(records.map(({ branch }) => branch)).size, 30);
    const ports = records.map(({ ports: range }) => range ?? { first: 0, last: 0 }).sort((a, b) => a.first - b.first);
    for (const [at, range] of ports.entries()) assert.ok(range.last - range.first === 9 && (at === 0 || range.first > (ports[at - 1]?.last ?? 0)), JSON.stringify(ports));
    for (const { record } of made) {
      assert.equal(home.git(record.path, 'status', '--porcelain'), '');
      assert.equal(readFileSync(join(record.path, 'src/a.txt'), 'utf8'), 'a\n');
    }
    assert.deepEqual(stateOf(home, source), before);
    const reports = await Promise.all(records.map((record) => manager.remove(record)));
    assert.ok(reports.every(({ removed }) => removed), JSON.stringify(reports));
    assert.deepEqual(stateOf(home, source), before);
    assert.deepEqual([home.git(source, 'for-each-ref', '--format=%(refname)'), visible(home)], ['refs/heads/main', []]);
  });

  it('give one id to one of those who ask at the same time', async () => {
    const answers = await Promise.allSettled([1, 2, 3].map(() => manager.prepare(request('same'))));
    assert.deepEqual(answers.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected']);
    for (const answer of answers) assert.ok(answer.status === 'fulfilled' || isAgentsError(answer.reason, 'name-taken'));
  });

  for (const [moment, gate] of [
    ['while files are written', 'a filter that waits'],
    ['while the setup script runs', 'setup'],
  ] as const) {
    it(`killed ${moment}, leave what the next process takes back before it makes its own`, async () => {
      const waiting = `touch "${home.directory}/reached"; cat "${home.directory}/gate"`;
      execFileSync('mkfifo', [join(home.directory, 'gate')]);
      if (gate === 'setup') writeFiles(source, { '.tmux-agents.json': JSON.stringify({ setup: waiting }) });
      else {
        writeFiles(source, { '.gitattributes': 'slow.txt filter=slow\n', 'slow.txt': 'slow\n' });
        home.git(source, 'add', '--all');
        home.git(source, 'commit', '--quiet', '--message', 'slow');
        home.configure(`[filter "slow"]\n\tsmudge = "${waiting.replaceAll('"', '\\"')}"`);
      }
      const before = stateOf(home, source);
      const child = runProcess(request('killed', { runScripts: true }));
      await until(() => existsSync(join(home.directory, 'reached')));
      child.kill();
      assert.equal(await child.finished, 'SIGKILL');
      assert.equal(existsSync(join(home.directory, 'workspaces/killed')), true, 'it died in the middle');
      assert.deepEqual((await manager.orphans()).map(({ why }) => why), ['unfinished']);
      home.configure('[filter "slow"]\n\tsmudge = cat');
      const { record } = await home.manager().prepare(request('next'));
      assert.deepEqual(visible(home), ['next']);
      assert.equal(home.git(source, 'branch', '--list', '--format=%(refname:short)', 'tmux-agents/*'), 'tmux-agents/next');
      assert.equal((await manager.remove(record)).removed, true);
      assert.deepEqual(stateOf(home, source), before);
      const again = await home.manager().prepare(request('killed'));
      assert.equal(home.git(again.record.path, 'status', '--porcelain'), '');
    });
  }

  it('cancelled in the middle, leave nothing', async () => {
    const before = stateOf(home, source);
    writeFiles(source, { '.tmux-agents.json': JSON.stringify({ setup: 'echo $$ > pid; echo begun; sleep 1000' }) });
    const cancel = new AbortController();
    const preparing = manager.prepare(request('cancelled', { runScripts: true }), { signal: cancel.signal });
    const pidFile = join(home.directory, 'workspaces/cancelled/pid');
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'));
    const pid = Number(readFileSync(pidFile, 'utf8'));
    cancel.abort();
    await assert.rejects(preparing, (error) => isAgentsError(error, 'cancelled'));
    assert.equal(isRunning(pid), false, 'its script has ended with it');
    assert.deepEqual([visible(home), manager.list()], [[], []]);
    assert.equal(stateOf(home, source)['config'], before['config']);
    assert.equal(home.git(source, 'for-each-ref', '--format=%(refname)'), 'refs/heads/main');
  });

  it('say that the disk is full, and leave it as it was', async function () {
    needsThat(this, process.platform === 'linux' && process.getuid?.() === 0, 'a small tmpfs can only be mounted by root on Linux');
    const disk = join(home.directory, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
    try {
      writeFiles(source, { 'big.txt': `${'x'.repeat(1_000)}\n`.repeat(4_000) });
      home.git(source, 'add', '--all');
      home.git(source, 'commit', '--quiet', '--message', 'big');
      const before = stateOf(home, source);
      const small = home.manager({ base: join(disk, 'workspaces') });
      for (const kind of ['worktree', 'copy'] as const) {
        await assert.rejects(small.prepare(request(`full-${kind}`, { kind })), (error) => /disk is full/i.test(messageOf(error)) || assert.fail(messageOf(error)));
        assert.deepEqual(readdirSync(join(disk, 'workspaces')).filter((name) => !name.startsWith('.')), []);
      }
      assert.deepEqual(stateOf(home, source), before);
      assert.equal(home.git(source, 'worktree', 'list', '--porcelain').match(/^worktree /gm)?.length, 1);
      assert.equal(home.git(source, 'for-each-ref', '--format=%(refname)'), 'refs/heads/main');
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  /** What people see in the folder of workspaces. */
  function visible({ directory }: GitHome): string[] {
    return readdirSync(join(directory, 'workspaces')).filter((name) => !name.startsWith('.'));
  }

  function runProcess(what: WorkspaceRequest): { readonly finished: Promise<number | string | null>; kill(): void } {
    const child = spawn(process.execPath, [program, home.directory, JSON.stringify(what)], { stdio: ['ignore', 'ignore', 'inherit'] });
    return { finished: new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal))), kill: () => child.kill('SIGKILL') };
  }

  async function until(holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 90_000;
    while (!holds()) {
      assert.ok(Date.now() < deadline, 'it took too long');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});
