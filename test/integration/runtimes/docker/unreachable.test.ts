// An engine that is not there, may not be talked to, or hangs: every call ends, with a sentence.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError, type AgentsError } from '../../../../src/base/errors.ts';
import { DockerRuntime } from '../../../../src/runtimes/docker/dockerRuntime.ts';
import type { AgentConfig } from '../../../../src/runtimes/types.ts';
import { needsThat } from '../../../support/requirements.ts';
import { SilentEngine } from './support/silentEngine.ts';

const config: AgentConfig = { agentId: 'a1', aiProvider: 'custom', workingDirectory: tmpdir(), argv: ['true'] };

function unavailable(message: RegExp): (error: unknown) => boolean {
  return (error) => isAgentsError(error, 'docker-unavailable') && message.test(error.message);
}

describe('DockerRuntime without an engine', () => {
  const nowhere = join(tmpdir(), 'no-such-folder', 'docker.sock');

  it('can be made, and says what is missing when it is used', async () => {
    const runtime = new DockerRuntime({ socketPath: nowhere });
    const expected = unavailable(/^Docker daemon is not reachable at unix:\/\/.*no-such-folder\/docker\.sock: there is no such socket\.$/);
    await assert.rejects(runtime.ping(), expected);
    await assert.rejects(runtime.listAgents(), expected);
    await assert.rejects(runtime.spawnAgent(config), expected);
    runtime.dispose();
  });

  it('tells of it while it is watched', async () => {
    const runtime = new DockerRuntime({ socketPath: nowhere });
    const told = new Promise<AgentsError | undefined>((resolve) => runtime.onDidChangeHealth(resolve));
    const watching = runtime.watch();
    assert.ok(isAgentsError(await told, 'docker-unavailable'));
    watching.dispose();
    runtime.dispose();
  });

  it('says that a connection was refused', () =>
    assert.rejects(new DockerRuntime({ host: 'tcp://127.0.0.1:1' }).ping(), unavailable(/tcp:\/\/127\.0\.0\.1:1: the connection was refused/)));

  it('names a setting that is no address', () =>
    assert.rejects(new DockerRuntime({ host: 'gopher://x' }).ping(), (error) => isAgentsError(error, 'bad-input') && error.message.includes('gopher://x')));
});

describe('DockerRuntime with an engine that hangs', () => {
  let engine: SilentEngine;
  beforeEach(async () => {
    engine = new SilentEngine();
    await engine.start();
  });
  afterEach(() => engine.dispose());

  it('gives up pinging and listing, and lets go of the connection', async () => {
    const runtime = new DockerRuntime({ socketPath: engine.socketPath });
    const expected = unavailable(/^Docker daemon does not answer at unix:\/\/.*: no reply within \d+ ms when asked to /);
    await Promise.all([assert.rejects(runtime.ping(), expected), assert.rejects(runtime.listAgents(), expected)]);
    runtime.dispose();
  });

  it('cancels a spawn without waiting for its deadline', async () => {
    const runtime = new DockerRuntime({ socketPath: engine.socketPath });
    const cancel = new AbortController();
    const spawning = runtime.spawnAgent(config, { signal: cancel.signal, onProgress: (step) => step === 'network' && setImmediate(() => cancel.abort()) });
    const started = performance.now();
    await assert.rejects(spawning, (error) => isAgentsError(error, 'cancelled'));
    assert.ok(performance.now() - started < 6_000);
    runtime.dispose();
  });
});

describe('DockerRuntime with a socket of somebody else', () => {
  it('speaks of the docker group', async function () {
    needsThat(this, process.getuid?.() === 0, 'to act as another user needs root');
    const engine = new SilentEngine();
    await engine.start();
    const module = join(import.meta.dirname, '../../../../src/runtimes/docker/dockerRuntime.ts');
    const folder = mkdtempSync(join(tmpdir(), 'home-'));
    try {
      chmodSync(engine.socketPath, 0o600);
      chmodSync(join(engine.socketPath, '..'), 0o755);
      const script = `const { DockerRuntime } = await import(${JSON.stringify(module)});
        await new DockerRuntime({ socketPath: ${JSON.stringify(engine.socketPath)} }).ping().catch((error) => console.log(error.reason, error.message, error.hint));
        process.exit();`;
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { uid: 65534, gid: 65534, env: { ...process.env, HOME: folder }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      assert.match(said, /^docker-unavailable .*permission denied.*docker group/);
    } finally {
      await engine.dispose();
      rmSync(folder, { recursive: true });
    }
  });
});
