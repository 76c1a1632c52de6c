// The manager: routing, listing that no runtime can spoil for another, events, spawns under way.
import assert from 'node:assert/strict';
import { AgentsError, isAgentsError } from '../../../src/base/errors.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import type { AgentChange, AgentConfig } from '../../../src/runtimes/types.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';

const config: AgentConfig = { agentId: 'agent-1', aiProvider: 'custom', workingDirectory: '/', argv: ['true'], task: 'Fix the login\nand more' };

describe('RuntimeManager', () => {
  it('routes by the id a runtime was registered under, whatever the id', async () => {
    const manager = new RuntimeManager();
    const [one, other] = [new FakeRuntime(), new FakeRuntime()];
    manager.register('übung 1', one);
    manager.register('other', other);
    const handle = await manager.spawnAgent('übung 1', config);
    assert.equal(handle.runtimeId, 'übung 1');
    assert.deepEqual([one.spawned.length, other.spawned.length], [1, 0]);
    await manager.killAgent(handle);
    assert.equal(one.agents.size, 0);
  });

  it('routes a handle without a runtime id by its type', async () => {
    const manager = new RuntimeManager();
    const runtime = new FakeRuntime('my-runtime');
    manager.register('mine', runtime);
    runtime.add('agent-7');
    await manager.killAgent({ runtimeType: 'my-runtime', agentId: 'agent-7', data: {} });
    assert.equal(runtime.agents.size, 0);
  });

  it('refuses an id that is taken, and names the ids there are when one is unknown', async () => {
    const manager = new RuntimeManager();
    manager.register('a', new FakeRuntime());
    assert.throws(() => manager.register('a', new FakeRuntime()), (error) => isAgentsError(error, 'name-taken'));
    await assert.rejects(manager.spawnAgent('b', config), /no runtime "b"; registered: "a"/);
  });

  it('refuses a bad config, naming each key, before the runtime hears of it', async () => {
    const manager = new RuntimeManager();
    const runtime = new FakeRuntime();
    manager.register('a', runtime);
    const bad = { ...config, agentId: '../etc', env: { 'A B': '1' }, resources: { memory: 12, cpus: -1 } };
    await assert.rejects(manager.spawnAgent('a', bad), (error) => {
      assert(isAgentsError(error, 'bad-input'));
      for (const key of ['agentId', 'env.A B', 'resources.memory', 'resources.cpus']) assert.match(error.message, new RegExp(key.replace('.', '\\.')));
      return true;
    });
    assert.equal(runtime.spawned.length, 0);
  });

  it('lists all runtimes though one fails and one hangs, and says which', async () => {
    const manager = new RuntimeManager({ listTimeoutMs: 50 });
    const [good, failing, hanging] = [new FakeRuntime('good'), new FakeRuntime('failing'), new FakeRuntime('hanging')];
    manager.register('good', good);
    manager.register('failing', failing);
    manager.register('hanging', hanging);
    good.add('g');
    failing.listing = () => Promise.reject(new AgentsError('docker-unavailable', 'Docker daemon is not reachable.'));
    hanging.listing = () => new Promise(() => undefined);
    const listings = await manager.listByRuntime();
    assert.deepEqual(listings.map(({ runtimeId, agents, error }) => [runtimeId, agents.length, error?.reason]), [
      ['good', 1, undefined],
      ['failing', 0, 'docker-unavailable'],
      ['hanging', 0, 'timeout'],
    ]);
  });

  it('keeps the agents of a runtime whose listing fails, and fires nothing for it', async () => {
    const manager = new RuntimeManager();
    const runtime = new FakeRuntime();
    manager.register('a', runtime);
    runtime.add('x');
    await manager.listAllAgents();
    const changes: AgentChange[] = [];
    manager.onDidChangeAgents((change) => changes.push(change));
    runtime.listing = () => Promise.reject(new Error('no route'));
    assert.deepEqual((await manager.listAllAgents()).map((agent) => agent.agentId), ['x']);
    assert.deepEqual(changes, []);
  });

  it('shows a spawn as starting, then as it is; a failed spawn goes again', async () => {
    const manager = new RuntimeManager();
    const runtime = new FakeRuntime();
    manager.register('a', runtime);
    const seen: string[] = [];
    manager.onDidChangeAgents(({ type, agent }) => seen.push(`${type} ${agent.agentId} ${agent.status} ${agent.task}`));
    await manager.spawnAgent('a', config);
    runtime.beforeSpawn = () => Promise.reject(new AgentsError('image-missing', 'no image'));
    await assert.rejects(manager.spawnAgent('a', { ...config, agentId: 'agent-2' }));
    assert.deepEqual(seen, [
      'appeared agent-1 starting Fix the login',
      'changed agent-1 running ',
      'appeared agent-2 starting Fix the login',
      'gone agent-2 starting Fix the login',
    ]);
  });

  it('says appeared, changed and gone once each, though events and listings overlap', async () => {
    const manager = new RuntimeManager();
    const runtime = new FakeRuntime();
    manager.register('a', runtime);
    const seen: string[] = [];
    manager.onDidChangeAgents(({ type, agent }) => seen.push(`${type} ${agent.status}`));
    const agent = runtime.add('x');
    runtime.changed.fire({ type: 'appeared', agent });
    await manager.listAllAgents();
    const exited = { ...agent, status: 'exited' as const, exitCode: 3 };
    runtime.agents.set('x', exited);
    runtime.changed.fire({ type: 'changed', agent: exited });
    runtime.changed.fire({ type: 'changed', agent: exited });
    await manager.killAgent(agent.handle);
    await manager.listAllAgents();
    assert.deepEqual(seen, ['appeared running', 'changed exited', 'gone exited']);
  });

  /** A listing that answers when told to, with the agents there were when it was asked for. */
  function heldListing(runtime: FakeRuntime): () => void {
    let answer: () => void = () => undefined;
    const usual = runtime.listing;
    runtime.listing = async () => {
      const seen = [...runtime.agents.values()];
      runtime.listing = usual;
      await new Promise<void>((resolve) => (answer = resolve));
      return seen;
    };
    return () => answer();
  }

  it('believes events that came while a listing was under way, not the listing', async () => {
    const manager = new RuntimeManager();
    const runtime = new FakeRuntime();
    manager.register('a', runtime);
    const old = runtime.add('old');
    await manager.listAllAgents();
    const answer = heldListing(runtime);
    const listing = manager.listAllAgents();
    runtime.agents.delete('old');
    runtime.changed.fire({ type: 'gone', agent: old });
    runtime.changed.fire({ type: 'appeared', agent: runtime.add('new') });
    const seen: string[] = [];
    manager.onDidChangeAgents(({ type, agent }) => seen.push(`${type} ${agent.agentId}`));
    answer();
    assert.deepEqual((await listing).map((agent) => agent.agentId), ['new']);
    assert.deepEqual(seen, []);
  });

  it('believes the listing that was asked for last, whichever answers first', async () => {
    const manager = new RuntimeManager();
    const runtime = new FakeRuntime();
    manager.register('a', runtime);
    const answer = heldListing(runtime);
    const early = manager.listAllAgents();
    runtime.add('new');
    assert.deepEqual((await manager.listAllAgents()).map((agent) => agent.agentId), ['new']);
    answer();
    assert.deepEqual((await early).map((agent) => agent.agentId), ['new']);
  });

  it('gives what a quick runtime has by the time the slowest has answered', async () => {
    const manager = new RuntimeManager();
    const [quick, slow] = [new FakeRuntime('quick'), new FakeRuntime('slow')];
    manager.register('quick', quick);
    manager.register('slow', slow);
    const answer = heldListing(slow);
    const listing = manager.listByRuntime();
    await new Promise((resolve) => setImmediate(resolve));
    quick.changed.fire({ type: 'appeared', agent: quick.add('late') });
    answer();
    assert.deepEqual((await listing).map(({ agents }) => agents.length), [1, 0]);
  });

  it('gives an agent that two runtimes see to the one that made it', async () => {
    const manager = new RuntimeManager();
    const [one, other] = [new FakeRuntime('docker'), new FakeRuntime('docker')];
    manager.register('one', one);
    manager.register('other', other);
    for (const runtime of [one, other]) runtime.add('shared', { containerId: 'c1' }, 'other');
    assert.deepEqual((await manager.listByRuntime()).map(({ agents }) => agents.length), [0, 1]);
    assert.deepEqual((await manager.listAllAgents()).map((agent) => agent.handle.runtimeId), ['other']);
  });

  it('watches each runtime once for any number of watchers, late ones included, and stops with the last', () => {
    const manager = new RuntimeManager();
    const [early, late] = [new FakeRuntime(), new FakeRuntime()];
    manager.register('early', early);
    const watches = [manager.watch(), manager.watch()];
    manager.register('late', late);
    assert.deepEqual([early.watchers, late.watchers], [1, 1]);
    watches[0]?.dispose();
    watches[0]?.dispose();
    assert.deepEqual([early.watchers, late.watchers], [1, 1]);
    watches[1]?.dispose();
    assert.deepEqual([early.watchers, late.watchers], [0, 0]);
  });

  it('takes a runtime away without ending its agents', async () => {
    const manager = new RuntimeManager();
    const runtime = new FakeRuntime();
    const registration = manager.register('a', runtime);
    runtime.add('x');
    await manager.listAllAgents();
    const gone: string[] = [];
    manager.onDidChangeAgents(({ type, agent }) => gone.push(`${type} ${agent.agentId}`));
    registration.dispose();
    assert.deepEqual(gone, ['gone x']);
    assert.equal(runtime.agents.size, 1);
    assert.deepEqual(manager.runtimeIds, []);
  });

  it('gives a line of a custom runtime to a shell as one argument', () => {
    const manager = new RuntimeManager();
    manager.register('a', new FakeRuntime());
    const command = manager.getAttachCommand({ runtimeType: 'fake', agentId: 'x', data: {} });
    assert.deepEqual([...command], ['/bin/sh', '-c', 'show x']);
    assert.equal(String(command), "/bin/sh -c 'show x'");
  });
});
