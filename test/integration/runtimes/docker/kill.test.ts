// Ending agents in real containers: gently first, then by force, whatever state they are in.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DockerRuntime } from '../../../../src/runtimes/docker/dockerRuntime.ts';
import { needs } from '../../../support/requirements.ts';
import { DockerPlace } from './support/dockerPlace.ts';

describe('DockerRuntime kills agents', () => {
  let place: DockerPlace;
  let runtime: DockerRuntime;

  before(function () {
    needs(this, 'docker', 'image');
  });
  beforeEach(() => {
    place = new DockerPlace();
    runtime = place.runtime();
  });
  afterEach(() => place.dispose());

  /** An agent that is ready once its first output was seen. */
  async function spawnReady(script: string): Promise<Awaited<ReturnType<DockerRuntime['spawnAgent']>>> {
    const handle = await runtime.spawnAgent(place.config(`stty -echo; read go; ${script}`));
    const tmux = runtime.getTmux(handle);
    const pane = await runtime.getPane(handle);
    const ready = new Promise<void>((resolve) => {
      tmux.onPaneOutput(pane, (bytes) => {
        if (bytes.includes('ready')) resolve();
      });
    });
    await tmux.sendKeys('agent', '0', '0', 'go');
    await ready;
    return handle;
  }

  it('letting them finish first', async () => {
    const handle = await spawnReady('trap "echo saved > saved; exit" HUP; echo ready; while :; do sleep 0.05; done');
    await runtime.killAgent(handle);
    assert.equal(readFileSync(join(place.folder, 'saved'), 'utf8'), 'saved\n');
    assert.deepEqual(await place.containers(), []);
    assert.deepEqual(await runtime.listAgents(), []);
  });

  it('by force when they do not within the deadline', async () => {
    const handle = await spawnReady('trap "" HUP TERM; echo ready; while :; do sleep 0.05; done; echo never > saved');
    const started = performance.now();
    await runtime.killAgent(handle, { graceMs: 300 });
    const took = performance.now() - started;
    assert.ok(took >= 300 && took < 5_000, `${took} ms`);
    assert.deepEqual(await place.containers(), []);
    assert.equal(existsSync(join(place.folder, 'saved')), false);
  });

  it('from a process that did not spawn them', async () => {
    const handle = await spawnReady('trap "echo saved > saved; exit" HUP; echo ready; while :; do sleep 0.05; done');
    runtime.dispose();
    await place.runtime().killAgent(handle);
    assert.equal(readFileSync(join(place.folder, 'saved'), 'utf8'), 'saved\n');
    assert.deepEqual(await place.containers(), []);
  });

  for (const act of ['pause', 'stop', 'kill'] as const) {
    it(`in a container after "docker ${act}"`, async () => {
      const handle = await runtime.spawnAgent(place.config());
      await place.docker.getContainer(String(handle.data['containerId']))[act](act === 'stop' ? { t: 0 } : {});
      await runtime.killAgent(handle, { graceMs: 500 });
      assert.deepEqual(await place.containers(), []);
    });
  }

  it('that are gone already, without an error', async () => {
    const handle = await runtime.spawnAgent(place.config());
    await place.docker.getContainer(String(handle.data['containerId'])).remove({ force: true });
    await runtime.killAgent(handle);
  });

  it('twice at the same instant', async () => {
    const handle = await runtime.spawnAgent(place.config());
    await Promise.all([runtime.killAgent(handle), place.runtime().killAgent(handle)]);
    assert.deepEqual(await place.containers(), []);
  });

  it('and no other', async () => {
    const [one, other] = await Promise.all([runtime.spawnAgent(place.config()), runtime.spawnAgent(place.config())]);
    await runtime.killAgent(one);
    const [left] = await runtime.listAgents();
    assert.equal(left?.agentId, other.agentId);
    assert.equal(left.status, 'running');
  });

  it('and the network stays for the next', async () => {
    await runtime.killAgent(await runtime.spawnAgent(place.config()));
    assert.equal((await place.networks()).length, 1);
  });
});
