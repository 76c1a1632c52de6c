// Programs on this machine: argv as it is, bytes both ways, and an end to every wait.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError, type ErrorReason } from '../../../src/base/errors.ts';
import { waitFor } from '../../../src/base/wait.ts';
import { LocalExecutor } from '../../../src/exec/localExecutor.ts';

const executor = new LocalExecutor();
const node = process.execPath;

function reason(wanted: ErrorReason): (error: unknown) => boolean {
  return (error) => isAgentsError(error, wanted);
}

describe('LocalExecutor', () => {
  it('passes each argument as it is, through no shell', async () => {
    const args = ['a b', '$(id)', '`id`', '"q" \'q\'', ';', '*', '', '-n', 'é\n👋'];
    const { stdout, code } = await executor.run([node, '-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--', ...args], { timeoutMs: 5_000 });
    assert.deepEqual(JSON.parse(stdout.toString()), args);
    assert.equal(code, 0);
  });

  it('gives back both outputs, the exit code and the signal', async () => {
    const ended = await executor.run(['/bin/sh', '-c', 'echo out; echo err >&2; exit 3'], { timeoutMs: 5_000 });
    assert.deepEqual([ended.stdout.toString(), ended.stderr.toString(), ended.code], ['out\n', 'err\n', 3]);
    const killed = await executor.run(['/bin/sh', '-c', 'kill -9 $$'], { timeoutMs: 5_000 });
    assert.deepEqual([killed.code, killed.signal], [null, 'SIGKILL']);
  });

  it('writes the input and closes it', async () => {
    const input = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256));
    const { stdout } = await executor.run(['cat'], { timeoutMs: 5_000, input });
    assert.deepEqual(stdout, input);
  });

  it('survives a program that does not read its input', async () => {
    const { code } = await executor.run(['true'], { timeoutMs: 5_000, input: 'x'.repeat(1_000_000) });
    assert.equal(code, 0);
  });

  it('runs in the folder and with the whole environment it is given', async () => {
    const { stdout } = await executor.run(['/bin/sh', '-c', 'pwd; echo "$A"; echo "${HOME-none}"'], { timeoutMs: 5_000, cwd: '/usr', env: { A: 'b c' } });
    assert.equal(stdout.toString(), '/usr\nb c\nnone\n');
  });

  it('tells a missing program, a missing folder and an empty argv apart', async () => {
    await assert.rejects(executor.run(['/nowhere/program'], { timeoutMs: 5_000 }), reason('command-not-found'));
    await assert.rejects(executor.open(['no-such-program-here']), reason('command-not-found'));
    await assert.rejects(executor.run(['true'], { timeoutMs: 5_000, cwd: '/nowhere' }), reason('folder-missing'));
    await assert.rejects(executor.run([], { timeoutMs: 5_000 }), reason('bad-input'));
  });

  it('ends a program that takes too long, prints too much or is cancelled', async () => {
    await assert.rejects(executor.run(['sleep', '60'], { timeoutMs: 100 }), reason('timeout'));
    await assert.rejects(executor.run(['yes'], { timeoutMs: 5_000, maxBytes: 1_000 }), reason('internal'));
    const cancel = new AbortController();
    const running = executor.run(['sleep', '60'], { timeoutMs: 5_000, signal: cancel.signal });
    cancel.abort();
    await assert.rejects(running, reason('cancelled'));
    await assert.rejects(executor.open(['true'], { signal: AbortSignal.abort() }), reason('cancelled'));
  });

  it('ends by its deadline even when a grandchild holds the output open', async () => {
    const started = performance.now();
    await assert.rejects(executor.run(['/bin/sh', '-c', 'sleep 5 & exec sleep 5'], { timeoutMs: 200 }), reason('timeout'));
    assert.ok(performance.now() - started < 3_000);
  });

  it('keeps a stream open both ways, and the bytes before the first listener', async () => {
    const stream = await executor.open(['/bin/sh', '-c', 'echo first; exec cat']);
    const seen: Buffer[] = [];
    stream.write('second\n');
    await new Promise<void>((resolve) => setImmediate(resolve));
    const both = new Promise<void>((resolve) => {
      stream.onStdout((bytes) => {
        seen.push(bytes);
        if (Buffer.concat(seen).toString() === 'first\nsecond\n') resolve();
      });
    });
    await waitFor(both, { timeoutMs: 5_000, what: 'both lines' });
    stream.end();
    assert.deepEqual(await stream.exited, { code: 0 });
    stream.write('too late');
  });

  it('kills a program that is disposed, and one whose signal fires', async () => {
    const stream = await executor.open(['sleep', '60']);
    stream.dispose();
    stream.dispose();
    assert.equal((await stream.exited).signal, 'SIGKILL');
    const cancel = new AbortController();
    const other = await executor.open(['sleep', '60'], { signal: cancel.signal });
    cancel.abort();
    assert.equal((await waitFor(other.exited, { timeoutMs: 3_000, what: 'the end' })).signal, 'SIGKILL');
  });

  it('asks a group to end, which cleans up and leaves no process', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'group-'));
    // The word comes from the child, when there is somebody to be left behind.
    const script = `trap 'rmdir "$1"' EXIT; trap 'exit 143' TERM; (echo $$; exec sleep 60); :`;
    const stream = await executor.open(['sh', '-c', script, 'sh', folder], { group: true });
    const said = await new Promise<string>((resolve) => stream.onStdout((bytes) => resolve(bytes.toString())));
    stream.dispose();
    stream.dispose();
    assert.equal((await waitFor(stream.exited, { timeoutMs: 3_000, what: 'the end' })).code, 143);
    assert.equal(existsSync(folder), false);
    assert.throws(() => process.kill(-Number(said), 0), { code: 'ESRCH' });
  });
});
