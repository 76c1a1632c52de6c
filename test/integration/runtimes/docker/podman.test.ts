// The same runtime against Podman's API socket: a service of the test's own, with its own storage.
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { isAgentsError } from '../../../../src/base/errors.ts';
import type { DockerRuntime } from '../../../../src/runtimes/docker/dockerRuntime.ts';
import { needs, needsThat } from '../../../support/requirements.ts';
import { agentWhen, changeOf } from './support/agentWhen.ts';
import { DockerPlace, IMAGE } from './support/dockerPlace.ts';
import { screenShows } from './support/screenShows.ts';
import { SMALL_IMAGE } from './support/privateEngine.ts';

/** Podman's init comes in a package of its own. */
const INIT = ['/usr/libexec/podman/catatonit', '/usr/bin/catatonit'];

/** With what a restricted agent's proxy runs on. */
const WITH_PROXY = SMALL_IMAGE.replace('$(for tool in', '$(for tool in node');

describe('DockerRuntime on Podman', function () {
  this.timeout(120_000);
  let root: string;
  let service: ChildProcess;
  let place: DockerPlace;

  before(async function () {
    needs(this, 'docker', 'image', 'podman');
    needsThat(this, process.getuid?.() === 0 && INIT.some((path) => existsSync(path)), 'Podman needs root and catatonit (apt-get install catatonit) here');
    root = mkdtempSync(join(tmpdir(), 'podman-'));
    // Podman asks for more open files than a machine in a sandbox may give.
    const config = join(root, 'containers.conf');
    writeFileSync(config, '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n');
    const storage = ['--root', join(root, 'storage'), '--runroot', join(root, 'run')];
    const files = execFileSync('docker', ['run', '--rm', '--network', 'none', '--entrypoint', 'sh', '--user', '0', IMAGE, '-c', WITH_PROXY], { maxBuffer: 256 * 1024 ** 2 });
    execFileSync('podman', [...storage, 'import', '-', 'small:1'], { input: files, stdio: ['pipe', 'ignore', 'pipe'] });
    const socketPath = join(root, 'podman.sock');
    const listening = new Promise<void>((resolve) => {
      const watcher = watch(root, () => {
        if (!existsSync(socketPath)) return;
        watcher.close();
        resolve();
      });
    });
    service = spawn('podman', [...storage, 'system', 'service', '--time=0', `unix://${socketPath}`], { stdio: 'ignore', env: { ...process.env, CONTAINERS_CONF: config } });
    await listening;
    place = new DockerPlace({ socketPath, image: 'localhost/small:1' });
    await answering(place.runtime());
  });

  after(async () => {
    await place?.dispose();
    if (service !== undefined) {
      const ended = once(service, 'exit');
      service.kill();
      await ended;
    }
    if (root !== undefined) {
      execFileSync('sh', ['-c', 'grep -o " $1[^ ]*" /proc/mounts | sort -r | while read -r mount; do umount -l "$mount"; done', 'sh', root]);
      rmSync(root, { recursive: true, force: true });
    }
  });

  it('spawns, hands over secrets, lists, drives, tells of changes and kills', async () => {
    const runtime = place.runtime();
    await runtime.ping();
    const watching = runtime.watch();
    const config = place.config('stty -echo; echo "got $TOKEN"; exec cat', { env: { TOKEN: 'a "secret"' } });
    const handle = await runtime.spawnAgent(config);
    const agent = await agentWhen(runtime, config.agentId, ({ status }) => status === 'running');
    assert.equal(agent.task, 'A task');
    assert.deepEqual(runtime.getAttachCommand(handle).slice(0, 4), ['docker', '-H', `unix://${join(root, 'podman.sock')}`, 'exec']);
    const tmux = runtime.getTmux(handle);
    const pane = await runtime.getPane(handle);
    await screenShows(tmux, pane, /^got a "secret"/m);
    await tmux.sendKeys('agent', '0', '0', 'hello');
    await screenShows(tmux, pane, /^got a "secret"\nhello/m);
    const gone = changeOf(runtime, ({ type }) => type === 'gone');
    await runtime.killAgent(handle);
    await gone;
    assert.deepEqual(await runtime.listAgents(), []);
    watching.dispose();
  });

  it('names a missing image and a taken name', async () => {
    await assert.rejects(place.runtime({ image: 'localhost/none:1' }).spawnAgent(place.config()), (error) => isAgentsError(error, 'image-missing'));
    const config = place.config();
    const runtime = place.runtime();
    await runtime.spawnAgent(config);
    await assert.rejects(runtime.spawnAgent(config), (error) => isAgentsError(error, 'name-taken'));
  });

  it('refuses to restrict the network of an agent, whose link-local addresses it cannot keep away, and leaves nothing behind', async () => {
    const spawning = place.runtime().spawnAgent(place.config(undefined, { network: { mode: 'restricted', allow: [] } }));
    await assert.rejects(spawning, (error) => isAgentsError(error, 'unsupported') && /^This engine cannot restrict an agent's network: it has IPv6\.$/.test(error.message) && /not Podman/.test(error.hint ?? ''));
    const owned = { label: [`tmux-agents.owner=${place.owner}`] };
    assert.deepEqual((await place.containers()).flatMap(({ Names }) => Names).filter((name) => name.includes('egress')), []);
    assert.deepEqual(await place.docker.listNetworks({ filters: owned }), []);
  });
});

/** The socket's file is there a moment before anybody listens on it. */
async function answering(runtime: DockerRuntime, attempts = 100): Promise<void> {
  try {
    await runtime.ping();
  } catch (error) {
    if (attempts <= 1) throw error;
    await delay(50);
    await answering(runtime, attempts - 1);
  }
}
