// Programs in a real container: bytes in and out, how they end, and what is said when they cannot run.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import Docker from 'dockerode';
import { isAgentsError, type ErrorReason } from '../../../src/base/errors.ts';
import { DockerExecutor } from '../../../src/exec/dockerExecutor.ts';
import type { ExecExit, ExecStream } from '../../../src/exec/executor.ts';
import { needs } from '../../support/requirements.ts';

const IMAGE = 'tmux-agents-base:latest';

/** Collects a stream's output and tells when it has some text. */
function reading(stream: ExecStream): { readonly text: () => string; readonly until: (part: string) => Promise<void> } {
  let text = '';
  const waiting: { part: string; done: () => void }[] = [];
  stream.onStdout((bytes) => {
    text += bytes.toString();
    for (const { part, done } of waiting) if (text.includes(part)) done();
  });
  return {
    text: () => text,
    until: (part) => new Promise((done) => (text.includes(part) ? done() : waiting.push({ part, done }))),
  };
}

describe('DockerExecutor', () => {
  const docker = new Docker();
  let container: Docker.Container;
  let executor: DockerExecutor;

  before(async function () {
    needs(this, 'docker', 'image');
    container = await makeContainer();
    executor = new DockerExecutor(() => Promise.resolve(docker), container.id);
  });

  after(async () => {
    await container?.remove({ force: true, v: true });
  });

  async function makeContainer(): Promise<Docker.Container> {
    const made = await docker.createContainer({ Image: IMAGE, Entrypoint: [], Cmd: ['tail', '-f', '/dev/null'], HostConfig: { Init: true }, Labels: { 'dockerExecutor-test': String(process.pid) } });
    await made.start();
    return made;
  }

  function refused(work: Promise<unknown>, reason: ErrorReason, message: RegExp): Promise<void> {
    return assert.rejects(work, (error) => isAgentsError(error, reason) && message.test(error.message));
  }

  describe('run', () => {
    it('keeps stdout and stderr apart and gives the exit code', async () => {
      const { code, stdout, stderr } = await executor.run(['sh', '-c', 'echo out; echo err >&2; exit 3'], { timeoutMs: 10_000 });
      assert.deepEqual([code, stdout.toString(), stderr.toString()], [3, 'out\n', 'err\n']);
    });

    it('carries any bytes in and out', async () => {
      const bytes = randomBytes(3_000_000);
      const { stdout } = await executor.run(['cat'], { input: bytes, timeoutMs: 10_000 });
      assert.ok(stdout.equals(bytes));
    });

    it('passes arguments as they are, no shell in between', async () => {
      const words = ['a b', '$(id)', '`id`', '"', "'", 'new\nline', ';', '*', 'ü🙂', ''];
      const { stdout } = await executor.run(['printf', '%s|', ...words], { timeoutMs: 10_000 });
      assert.equal(stdout.toString(), words.map((word) => `${word}|`).join(''));
    });

    it('sets folder and environment', async () => {
      const { stdout } = await executor.run(['sh', '-c', 'pwd; printf %s "$ODD"'], { cwd: '/usr', env: { ODD: "a=b 'c'\nd" }, timeoutMs: 10_000 });
      assert.equal(stdout.toString(), "/usr\na=b 'c'\nd");
    });

    it('names a program that is not there', () => refused(executor.run(['no-such-program'], { timeoutMs: 10_000 }), 'command-not-found', /^no-such-program is not installed in docker:/));

    it('says why a program cannot be started', () => refused(executor.run(['/etc/passwd'], { timeoutMs: 10_000 }), 'command-not-found', /permission denied/));

    it('ends at its deadline', () => refused(executor.run(['sleep', '20'], { timeoutMs: 300 }), 'timeout', /sleep/));

    it('ends when cancelled, before and while it runs', async () => {
      await refused(executor.run(['true'], { timeoutMs: 10_000, signal: AbortSignal.abort() }), 'cancelled', /Cancelled/);
      const cancel = new AbortController();
      const running = executor.run(['sleep', '20'], { timeoutMs: 10_000, signal: cancel.signal });
      setImmediate(() => cancel.abort());
      await refused(running, 'cancelled', /Cancelled/);
    });

    it('refuses more output than allowed', () => refused(executor.run(['yes'], { timeoutMs: 10_000, maxBytes: 10_000 }), 'internal', /more than 10000 bytes/));
  });

  describe('open', () => {
    it('holds a conversation', async () => {
      const stream = await executor.open(['cat']);
      const { until } = reading(stream);
      stream.write('one\n');
      await until('one\n');
      stream.write(Buffer.from('two\n'));
      await until('two\n');
      stream.end();
      assert.deepEqual(await stream.exited, { code: 0 });
    });

    it('keeps what came before anybody listened', async () => {
      const stream = await executor.open(['sh', '-c', 'echo early']);
      await stream.exited;
      assert.equal(reading(stream).text(), 'early\n');
    });

    it('lets go at once when disposed, and the program sees its input end', async () => {
      const witness = `/tmp/ended-${process.pid}`;
      const stream = await executor.open(['sh', '-c', `cat; echo ended > ${witness}`]);
      stream.dispose();
      assert.equal((await stream.exited).code, null);
      const waiter = `for i in $(seq 200); do [ -s ${witness} ] && exec cat ${witness}; sleep 0.05; done`;
      assert.equal((await executor.run(['sh', '-c', waiter], { timeoutMs: 15_000 })).stdout.toString(), 'ended\n');
    });

    it('tells of a program that is not there at its exit, and gives no output for it', async () => {
      const stream = await executor.open(['no-such-program', '-C']);
      const { text } = reading(stream);
      const { error } = await stream.exited;
      assert.ok(isAgentsError(error, 'command-not-found'));
      assert.equal(text(), '');
    });
  });

  describe('without its container', () => {
    it('says that the container is not running, or is gone', async () => {
      const stopped = await makeContainer();
      const inIt = new DockerExecutor(() => Promise.resolve(docker), stopped.id);
      await stopped.stop({ t: 0 });
      await refused(inIt.run(['true'], { timeoutMs: 10_000 }), 'disconnected', /is not running/);
      await stopped.remove({ force: true, v: true });
      await refused(inIt.run(['true'], { timeoutMs: 10_000 }), 'disconnected', /is gone/);
    });

    it('ends its streams when the container is killed', async () => {
      const doomed = await makeContainer();
      const stream = await new DockerExecutor(() => Promise.resolve(docker), doomed.id).open(['cat']);
      await doomed.remove({ force: true, v: true });
      const exit: ExecExit = await stream.exited;
      assert.ok(exit.code !== 0);
    });

    it('says that the engine cannot be reached', () => {
      const nowhere = new DockerExecutor(() => Promise.resolve(new Docker({ socketPath: '/nonexistent/docker.sock' })), container.id);
      return refused(nowhere.run(['true'], { timeoutMs: 10_000 }), 'disconnected', /cannot be reached: .*ENOENT/);
    });
  });
});
