// What real processes use, on this machine and in a container: read from the kernel's files alone.
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { pause } from '../../../src/base/wait.ts';
import type { UsageMetrics } from '../../../src/protocol/runnerEvent.ts';
import { SessionMeter } from '../../../src/sessions/usage/sessionMeter.ts';
import { needs, needsThat } from '../../support/requirements.ts';

/** Measures until `accept` takes it; what was measured last is in the error. */
async function until(meter: SessionMeter, accept: (usage: Partial<UsageMetrics>) => boolean): Promise<Partial<UsageMetrics>> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const usage = await meter.measure();
    if (accept(usage)) return usage;
    assert.ok(Date.now() < deadline, `it never was: ${JSON.stringify(usage)}`);
    // The kernel tells no event when a process has used more.
    await pause(600);
  }
}

describe('what agents use', function () {
  this.timeout(60_000);
  let child: ChildProcess | undefined;
  let container: string | undefined;

  before(function () {
    needsThat(this, process.platform === 'linux', 'only Linux shows what processes use in files');
  });
  afterEach(() => {
    if (child?.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    child = undefined;
    if (container !== undefined) execFileSync('docker', ['rm', '--force', container], { stdio: 'ignore' });
    container = undefined;
  });

  it('is that of the whole tree of processes on this machine, and nothing when it is gone', async () => {
    const program = 'const b = Buffer.alloc(80e6, 1); process.stdout.write("up"); for (;;) b[0]++';
    child = spawn('/bin/sh', ['-c', '"$0" -e "$1" & wait', process.execPath, program], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    assert.ok(child.stdout && child.pid !== undefined);
    await once(child.stdout, 'data');
    const { pid } = child;
    const meter = new SessionMeter({ target: () => Promise.resolve({ kind: 'processes', pid }) });
    const usage = await until(meter, ({ cpuPercent = 0, memoryBytes = 0 }) => cpuPercent > 15 && memoryBytes > 80e6);
    assert.equal(usage.pids, 2);
    assert.ok((usage.cpuPercent ?? 0) < 250, String(usage.cpuPercent));
    const ended = once(child, 'exit');
    process.kill(-pid, 'SIGKILL');
    child = undefined;
    await ended;
    assert.deepEqual(await until(meter, ({ pids }) => pids === undefined), {});
  });

  it('is that of a container\'s control group, by its first process', async function () {
    needs(this, 'docker', 'image');
    container = execFileSync('docker', ['run', '--detach', '--network', 'none', '--entrypoint', '/bin/sh', 'tmux-agents-base:latest', '-c', 'sleep 300 & while :; do :; done'], { encoding: 'utf8' }).trim();
    const pid = Number(execFileSync('docker', ['inspect', '--format', '{{.State.Pid}}', container], { encoding: 'utf8' }));
    const meter = new SessionMeter({ target: () => Promise.resolve({ kind: 'container', pid }) });
    const usage = await until(meter, ({ cpuPercent = 0 }) => cpuPercent > 15);
    assert.equal(usage.pids, 2);
    assert.ok((usage.memoryBytes ?? 0) > 100_000, String(usage.memoryBytes));
  });
});
