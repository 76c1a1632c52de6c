// A spawn that is cancelled, wherever it stands: it ends at once and leaves no container and no network.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../../src/base/errors.ts';
import type { SpawnStep } from '../../../../src/runtimes/types.ts';
import { needs } from '../../../support/requirements.ts';
import { DockerPlace } from './support/dockerPlace.ts';

describe('DockerRuntime, spawn cancelled', () => {
  let place: DockerPlace;
  before(function () {
    needs(this, 'docker', 'image');
  });
  beforeEach(() => {
    place = new DockerPlace();
  });
  afterEach(() => place.dispose());

  async function nothingIsLeft(): Promise<void> {
    assert.deepEqual(await place.containers(), []);
    assert.deepEqual(await place.networks(), []);
  }

  it('before it began', async () => {
    await assert.rejects(place.runtime().spawnAgent(place.config(), { signal: AbortSignal.abort() }), (error) => isAgentsError(error, 'cancelled'));
    await nothingIsLeft();
  });

  const steps: SpawnStep[] = ['check', 'network', 'create', 'start', 'connect', 'secrets', 'launch'];
  /** As the step begins; while its request is on the way; while the engine is at it. */
  const moments: Record<string, (abort: () => void) => void> = { 'as it begins': (abort) => abort(), 'once it was asked for': setImmediate, 'in the middle of it': (abort) => setTimeout(abort, 5) };
  for (const step of steps) {
    for (const [moment, schedule] of Object.entries(moments)) {
      it(`at the step "${step}", ${moment}`, async () => {
        const cancel = new AbortController();
        const spawning = place.runtime().spawnAgent(place.config('exec cat', { env: { A: '1' } }), {
          signal: cancel.signal,
          onProgress: (at) => {
            if (at === step) schedule(() => cancel.abort());
          },
        });
        const outcome = await spawning.then(
          () => 'spawned',
          (error: unknown) => (isAgentsError(error) ? error.reason : String(error)),
        );
        // The last step may be over before the timer: then there is an agent, whole.
        if (outcome === 'spawned' && step === 'launch') return;
        assert.equal(outcome, 'cancelled');
        await nothingIsLeft();
      });
    }
  }

  it('leaves a network that another agent is in', async () => {
    const runtime = place.runtime();
    await runtime.spawnAgent(place.config());
    const cancel = new AbortController();
    await assert.rejects(place.runtime().spawnAgent(place.config(), { signal: cancel.signal, onProgress: (step) => step === 'start' && cancel.abort() }));
    assert.equal((await place.containers()).length, 1);
    assert.equal((await place.networks()).length, 1);
  });

  it('does not hurt a spawn that shares the network it made', async () => {
    const runtime = place.runtime();
    const cancel = new AbortController();
    const [cancelled, other] = await Promise.allSettled([
      runtime.spawnAgent(place.config(), { signal: cancel.signal, onProgress: (step) => step === 'create' && cancel.abort() }),
      runtime.spawnAgent(place.config()),
    ]);
    assert.equal(cancelled.status, 'rejected');
    assert.equal(other.status, 'fulfilled');
    const [agent] = await runtime.listAgents();
    assert.equal(agent?.status, 'running');
  });

  it('finds a network anew that was removed behind its back', async () => {
    const runtime = place.runtime();
    const first = await runtime.spawnAgent(place.config());
    await runtime.killAgent(first);
    const [network] = await place.networks();
    assert.ok(network);
    await place.docker.getNetwork(network.Id).remove();
    await runtime.spawnAgent(place.config());
    assert.equal((await place.networks()).length, 1);
  });
});
