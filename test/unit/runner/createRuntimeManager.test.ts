// Settings in, a manager out: a runtime whose settings are wrong spoils none of the others.
import assert from 'node:assert/strict';
import { AgentsError, isAgentsError } from '../../../src/base/errors.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { createRuntimeManager } from '../../../src/runner/createRuntimeManager.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';

describe('a runtime whose settings are wrong', () => {
  const config = parseConfig({ runtimes: { broken: { type: 'docker', network: 'no network name' } } }, 'a test');

  it('is registered like the others, with its type', () => {
    const { manager } = createRuntimeManager(config);
    assert.deepEqual(manager.runtimeIds, ['local', 'docker', 'broken']);
    assert.equal(manager.get('broken')?.type, 'docker');
    manager.dispose();
  });

  it('tells what is wrong to whoever asks something of it', async () => {
    const { manager } = createRuntimeManager(config);
    const told = (error: unknown): boolean => isAgentsError(error, 'bad-input') && error.message.includes('network') && error.hint === 'Correct the settings of the runtime "broken".';
    const handle = { runtimeType: 'docker', runtimeId: 'broken', agentId: 'a', data: {} };
    await assert.rejects(manager.ping('broken'), told);
    await assert.rejects(manager.spawnAgent('broken', { agentId: 'a', aiProvider: 'custom', workingDirectory: '/', argv: ['true'] }), told);
    await assert.rejects(manager.killAgent(handle), told);
    assert.throws(() => manager.getTmux(handle), told);
    manager.dispose();
  });

  it('is listed with its error beside the runtimes that answer', async () => {
    const { manager } = createRuntimeManager(parseConfig({ runtimes: { local: false, docker: { network: 'no network name' } } }, 'a test'));
    const sound = new FakeRuntime();
    manager.register('sound', sound);
    sound.add('one');
    const listings = await manager.listByRuntime();
    assert.deepEqual(listings.map(({ runtimeId, agents, error }) => [runtimeId, agents.length, error?.reason]), [['docker', 0, 'bad-input'], ['sound', 1, undefined]]);
    manager.dispose();
  });

  it('says of a runtime whose settings are of no shape what is wrong, and uses the others', async () => {
    const fault = new AgentsError('bad-input', 'A setting is not valid.', { hint: 'Correct it.' });
    const { manager } = createRuntimeManager(parseConfig({ runtimes: { local: false, docker: false } }, 'a test'), { unusable: new Map([['docker', { type: 'docker', error: fault }]]) });
    assert.deepEqual(manager.runtimeIds, ['docker']);
    await assert.rejects(manager.ping('docker'), /A setting is not valid\./);
    manager.dispose();
  });
});
