// Engines that are reached otherwise than by their socket: over ssh with the person's own ssh, over TCP, and through a context.
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { isAgentsError } from '../../../../src/base/errors.ts';
import type { DockerRuntimeOptions } from '../../../../src/runtimes/docker/options.ts';
import { needs } from '../../../support/requirements.ts';
import { DockerPlace } from './support/dockerPlace.ts';
import { screenShows } from './support/screenShows.ts';

describe('DockerRuntime and an engine elsewhere', function () {
  this.timeout(60_000);
  let place: DockerPlace;
  const earlier = { PATH: process.env['PATH'], DOCKER_CONFIG: process.env['DOCKER_CONFIG'] };
  const folder = mkdtempSync(join(tmpdir(), 'remote-'));
  const ends: (() => unknown)[] = [];

  before(function () {
    needs(this, 'docker', 'image', 'sshd');
    place = new DockerPlace();
  });

  afterEach(async () => {
    await place.clean();
    for (const end of ends.splice(0).reverse()) await end();
    Object.assign(process.env, earlier);
    if (earlier.DOCKER_CONFIG === undefined) delete process.env['DOCKER_CONFIG'];
  });

  after(async () => {
    await place?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The whole life of one agent through an engine reached in this way. */
  async function livesAndDies(options: DockerRuntimeOptions): Promise<void> {
    const runtime = place.runtime(options);
    await runtime.ping();
    const handle = await runtime.spawnAgent(place.config('cat'));
    assert.deepEqual((await runtime.listAgents()).map(({ agentId, status }) => [agentId, status]), [[handle.agentId, 'running']]);
    const tmux = runtime.getTmux(handle);
    const pane = await runtime.getPane(handle);
    await tmux.sendPrompt(pane, 'over there');
    await screenShows(tmux, pane, /over there\nover there/);
    await runtime.killAgent(handle);
    assert.deepEqual(await place.containers(), []);
  }

  /** An sshd of the test's own, and an `ssh` on the PATH that knows its key and nothing else. */
  async function startSshd(): Promise<number> {
    const file = (name: string): string => join(folder, name);
    for (const key of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
    execFileSync('cp', [file('user.pub'), file('authorized')]);
    const port = await freePort();
    const lines = [`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${file('host')}`, `AuthorizedKeysFile ${file('authorized')}`, 'StrictModes no', 'UsePAM no', 'PidFile none', 'PermitRootLogin yes'];
    writeFileSync(file('sshd_config'), `${lines.join('\n')}\n`);
    mkdirSync('/run/sshd', { recursive: true });
    const sshd: ChildProcess = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
    ends.push(async () => {
      const ended = once(sshd, 'exit');
      if (sshd.kill()) await ended;
    });
    await new Promise<void>((resolve, reject) => {
      sshd.once('exit', () => reject(new Error('sshd ended')));
      sshd.stderr?.on('data', (chunk: Buffer) => chunk.includes('Server listening') && resolve());
    });
    mkdirSync(file('bin'));
    writeFileSync(file('ssh_config'), `Host *\n  IdentityFile ${file('user')}\n  IdentitiesOnly yes\n  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n  LogLevel ERROR\n`);
    writeFileSync(join(file('bin'), 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F '${file('ssh_config')}' "$@"\n`, { mode: 0o755 });
    process.env['PATH'] = `${file('bin')}${delimiter}${earlier.PATH ?? ''}`;
    return port;
  }

  /** The shared engine's socket behind a TCP port of this machine. */
  async function startTcp(): Promise<number> {
    const server = createServer((client) => {
      const engine = connect('/var/run/docker.sock');
      client.on('error', () => engine.destroy()).pipe(engine);
      engine.on('error', () => client.destroy()).pipe(client);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  it('works over ssh', async () => {
    const port = await startSshd();
    const host = `ssh://${userInfo().username}@127.0.0.1:${port}`;
    await livesAndDies({ host });
  });

  it('says what ssh says when it cannot connect', async () => {
    const runtime = place.runtime({ host: `ssh://nobody@127.0.0.1:${await freePort()}` });
    await assert.rejects(runtime.ping(), (error) => isAgentsError(error, 'docker-unavailable') && /Connection refused/.test(error.message) && /ssh reaches that host/.test(error.hint ?? ''));
  });

  it('works over TCP', async () => {
    await livesAndDies({ host: `tcp://127.0.0.1:${await startTcp()}` });
  });

  it('works through a context', async () => {
    const meta = join(folder, 'config', 'contexts', 'meta', createHash('sha256').update('elsewhere').digest('hex'));
    mkdirSync(meta, { recursive: true });
    writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: 'elsewhere', Metadata: {}, Endpoints: { docker: { Host: `tcp://127.0.0.1:${await startTcp()}`, SkipTLSVerify: false } } }));
    process.env['DOCKER_CONFIG'] = join(folder, 'config');
    await livesAndDies({ context: 'elsewhere' });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
