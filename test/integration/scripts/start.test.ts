// `npm start`: one address, behind a token, and nothing left behind however it ends.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/processes.mjs';
import { needs } from '../../support/requirements.ts';
import { StartedVSCode, assertEnded } from '../../support/startedVSCode.ts';

describe('npm start', function () {
  this.timeout(120_000);
  let state: string;
  let started: StartedVSCode | undefined;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'ta-start-'));
  });
  afterEach(async () => {
    await started?.end('SIGTERM');
    started = undefined;
    rmSync(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  it('prints one address that opens the sample project, and lets nobody in without its token', async () => {
    started = await StartedVSCode.start(['--state', state]);
    assert.equal(started.output.match(/http:/g)?.length, 1);
    const url = new URL(started.url);
    assert.equal(url.hostname, '127.0.0.1');
    assert.match(url.searchParams.get('folder') ?? '', /tea-timer$/);
    const page = await openPage(url);
    assert.equal(page.status, 200);
    assert.match(page.text, /vscode-workbench-web-configuration/);
    url.searchParams.delete('tkn');
    assert.equal((await fetch(url)).status, 403);
  });

  for (const [how, signals, code] of [
    ['Ctrl-C, which npm sends a second time', ['SIGINT', 'SIGINT'], 0],
    ['a polite kill', ['SIGTERM'], 0],
    ['the closing of the terminal', ['SIGHUP'], 0],
    ['a kill that cannot be handled', ['SIGKILL'], null],
  ] as const) {
    it(`leaves no process after ${how}`, async () => {
      started = await StartedVSCode.start(['--state', state, '--folder', root]);
      const below = await started.below();
      assert.ok(below.length > 0, 'a server must run below it');
      assert.equal(await started.end(...signals), code);
      await assertEnded(below);
    });
  }

  it('listens on the port that was asked for, and says so when it is taken', async () => {
    started = await StartedVSCode.start(['--state', state]);
    const { port } = new URL(started.url);
    const second = await run([process.execPath, 'scripts/start.mjs', '--state', join(state, 'second'), '--port', port], { cwd: root });
    assert.equal(second.code, 1);
    assert.match(second.output, new RegExp(`Port ${port} is taken`));
  });

  it('names what is missing, each in a sentence with the way to get it', async () => {
    const nothing = await run([process.execPath, 'scripts/start.mjs', '--state', state], { cwd: root, env: { PATH: state, HOME: state } });
    assert.equal(nothing.code, 1);
    assert.match(nothing.output, /^git is not installed: .+\.$/m);
    assert.match(nothing.output, /^tmux is not installed: .+\.$/m);
    assert.match(nothing.output, /^Docker is not installed, so agents run in local tmux sessions only: .+\.$/m);
  });

  it('explains an option it does not know, and a folder that is not there', async () => {
    const option = await run([process.execPath, 'scripts/start.mjs', '--prot', '1'], { cwd: root });
    assert.equal(option.code, 2);
    assert.match(option.output, /--prot/);
    const folder = await run([process.execPath, 'scripts/start.mjs', '--folder', join(state, 'nowhere')], { cwd: root });
    assert.equal(folder.code, 2);
    assert.match(folder.output, /nowhere is not a folder/);
  });
});

/** The page behind the redirect that turns the token into a cookie. */
async function openPage(url: URL): Promise<{ status: number; text: string }> {
  const first = await fetch(url, { redirect: 'manual' });
  const cookie = first.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
  const location = first.headers.get('location');
  const page = location === null ? first : await fetch(new URL(location, url), { headers: { cookie } });
  return { status: page.status, text: await page.text() };
}
