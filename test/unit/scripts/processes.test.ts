// Ending what we started: all of it, and nothing that detached itself, such as a tmux server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mustRun, descendants, endTree, run, stillRunning } from '../../../scripts/lib/processes.mjs';
import { personEnvironment } from '../../../scripts/lib/paths.mjs';

/** A process that starts another which ignores the polite signal, and prints its pid. */
const STUBBORN = `
const { spawn } = require('node:child_process');
const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); process.send('ready'); setInterval(() => {}, 1000)"], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], detached: process.argv[1] === 'detached' });
child.once('message', () => { if (process.argv[1] === 'detached') child.disconnect(); console.log(child.pid); });
setInterval(() => {}, 1000);
`;

describe('processes of the scripts', function () {
  this.timeout(20_000);

  it('give their exit code and all they printed', async () => {
    const result = await run([process.execPath, '-e', "console.log('out'); console.error('err'); process.exitCode = 3"]);
    assert.equal(result.code, 3);
    assert.deepEqual(result.output.split('\n').sort(), ['', 'err', 'out']);
  });

  it('say what failed, with the last lines', async () => {
    await assert.rejects(mustRun([process.execPath, '-e', "console.log('the reason'); process.exit(4)"]), /exit code 4:\nthe reason/);
  });

  it('are ended when their time is over', async () => {
    const result = await run([process.execPath, '-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 300 });
    assert.equal(result.killedBy, 'its 0.3 s being over');
  });

  it('end with all they started, though a child ignores the polite signal', async () => {
    const parent = spawn(process.execPath, ['-e', STUBBORN], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(parent.stdout, 'data');
    const below = await descendants(parent.pid ?? 0);
    assert.equal(below.length, 1);
    await endTree(parent, { graceMs: 500 });
    assert.deepEqual(await stillRunning(below), []);
  });

  it('leave alone a process that another parent adopted', async () => {
    const parent = spawn(process.execPath, ['-e', `${STUBBORN} child.once('message', () => process.stdout.write('', () => process.exit()));`, 'detached'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [data] = (await once(parent.stdout, 'data')) as [Buffer];
    const adopted = Number(String(data));
    try {
      await endTree(parent);
      assert.doesNotThrow(() => process.kill(adopted, 0));
    } finally {
      process.kill(adopted, 'SIGKILL');
    }
  });
});

describe('the environment a person works in', () => {
  it('has nothing of npm, of an outer tmux or VS Code, and no program of this project before theirs', () => {
    const before = { ...process.env };
    try {
      Object.assign(process.env, { npm_config_x: '1', TMUX: '/tmp/t,1,0', TMUX_PANE: '%1', VSCODE_PID: '1', NODE_OPTIONS: '--x', TMUX_TMPDIR: '/kept', PATH: '/repo/node_modules/.bin:/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin:/usr/bin' });
      const env = personEnvironment({ EXTRA: '1' });
      for (const name of ['npm_config_x', 'TMUX', 'TMUX_PANE', 'VSCODE_PID', 'NODE_OPTIONS']) assert.equal(env[name], undefined, name);
      assert.equal(env['TMUX_TMPDIR'], '/kept');
      assert.equal(env['EXTRA'], '1');
      assert.equal(env['PATH'], '/usr/bin');
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
    }
  });
});
