// What a window knows of its agents: by events, over failures, and over a change of settings.
import assert from 'node:assert/strict';
import { AgentsError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import { Fleet } from '../../../src/extension/fleet.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { createRuntimeManager, type Managed } from '../../../src/runner/createRuntimeManager.ts';
import type { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';

/** Milliseconds that a change may take to be told. */
const SOON = 2_000;

function fleetOf(...runtimes: (readonly [id: string, runtime: FakeRuntime])[]): { fleet: Fleet; made: RuntimeManager[]; settings: (readonly [string, FakeRuntime])[] } {
  const settings = runtimes;
  const made: RuntimeManager[] = [];
  const create = (): Promise<Managed> => {
    const managed = createRuntimeManager(parseConfig({ runtimes: { local: false, docker: false } }, 'a test'), { listTimeoutMs: 1_000 });
    for (const [id, runtime] of settings) managed.manager.register(id, runtime);
    made.push(managed.manager);
    return Promise.resolve(managed);
  };
  return { fleet: new Fleet({ create, log: silentLog }), made, settings };
}

const names = (fleet: Fleet): string[] => fleet.snapshot.agents.map((agent) => agent.agentId).sort();

describe('the fleet of a window', () => {
  it('makes no manager before somebody asks', async () => {
    const { fleet, made } = fleetOf(['a', new FakeRuntime()]);
    assert.equal(made.length, 0);
    assert.deepEqual(fleet.snapshot, { agents: [], runtimes: [], statuses: new Map(), queued: new Map() });
    await fleet.start();
    assert.equal(made.length, 1);
    fleet.dispose();
  });

  it('follows what appears, changes and goes', async () => {
    const runtime = new FakeRuntime();
    const { fleet } = fleetOf(['a', runtime]);
    await fleet.start();
    const agent = runtime.add('one');
    let told = waitForEvent(fleet.onDidChange, () => true, { timeoutMs: SOON, what: 'the agent to appear' });
    runtime.changed.fire({ type: 'appeared', agent });
    await told;
    assert.equal(fleet.find('a/one')?.status, 'running');
    told = waitForEvent(fleet.onDidChange, () => true, { timeoutMs: SOON, what: 'the agent to go' });
    runtime.changed.fire({ type: 'gone', agent });
    await told;
    assert.equal(fleet.find('a/one'), undefined);
    fleet.dispose();
  });

  it('keeps an agent that appears while a listing that knows nothing of it is under way', async () => {
    const runtime = new FakeRuntime();
    const { fleet } = fleetOf(['a', runtime]);
    await fleet.start();
    let answer = (_agents: AgentInfo[]): void => undefined;
    let asked = (): void => undefined;
    const listed = new Promise<void>((resolve) => (asked = resolve));
    runtime.listing = () => {
      asked();
      return new Promise((resolve) => (answer = resolve));
    };
    const refreshed = fleet.refresh();
    await listed;
    const told = waitForEvent(fleet.onDidChange, () => true, { timeoutMs: SOON, what: 'the agent to appear' });
    runtime.changed.fire({ type: 'appeared', agent: runtime.add('one') });
    await told;
    answer([]);
    await refreshed;
    assert.deepEqual(names(fleet), ['one']);
    fleet.dispose();
  });

  it('tells many changes of one moment once', async () => {
    const runtime = new FakeRuntime();
    const { fleet } = fleetOf(['a', runtime]);
    await fleet.start();
    await new Promise((resolve) => setImmediate(resolve));
    let times = 0;
    fleet.onDidChange(() => times++);
    for (let number = 0; number < 50; number++) runtime.changed.fire({ type: 'appeared', agent: runtime.add(`agent-${number}`) });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(times, 1);
    assert.equal(fleet.snapshot.agents.length, 50);
    fleet.dispose();
  });

  it('knows what each agent is doing, and forgets it with the agent', async () => {
    const runtime = new FakeRuntime();
    const { fleet } = fleetOf(['a', runtime]);
    await fleet.start();
    const agent = runtime.add('one');
    const told = waitForEvent(fleet.onDidChange, () => fleet.statusOf(agent)?.state === 'exited', { timeoutMs: SOON, what: 'its status' });
    runtime.changed.fire({ type: 'appeared', agent });
    runtime.changed.fire({ type: 'changed', agent: exampleAgent({ ...agent, status: 'exited', exitCode: 0 }) });
    await told;
    assert.equal(fleet.snapshot.statuses?.get('a/one')?.source, 'process');
    const gone = waitForEvent(fleet.onDidChange, () => fleet.find('a/one') === undefined, { timeoutMs: SOON, what: 'the agent to go' });
    runtime.changed.fire({ type: 'gone', agent });
    await gone;
    assert.equal(fleet.statusOf(agent), undefined);
    fleet.dispose();
  });

  it('keeps the agents of a runtime that fails, and says why on the runtime', async () => {
    const runtime = new FakeRuntime();
    runtime.add('one');
    const { fleet } = fleetOf(['a', runtime]);
    await fleet.start();
    runtime.listing = () => Promise.reject(new AgentsError('docker-unavailable', 'It is down.'));
    await fleet.refresh();
    assert.deepEqual(names(fleet), ['one']);
    assert.equal(fleet.snapshot.runtimes[0]?.error?.message, 'It is down.');
    fleet.dispose();
  });

  it('shows the agents of the quick runtime while another one hangs', async () => {
    const quick = new FakeRuntime();
    quick.add('one');
    const hanging = new FakeRuntime();
    hanging.listing = () => new Promise(() => undefined);
    const { fleet } = fleetOf(['quick', quick], ['hanging', hanging]);
    await fleet.somethingKnown();
    assert.deepEqual(names(fleet), ['one']);
    assert.equal(fleet.hasAnswered, false);
    await fleet.start();
    assert.equal(fleet.hasAnswered, true);
    assert.deepEqual(fleet.snapshot.runtimes.map(({ runtimeId, error }) => [runtimeId, error?.reason]), [['quick', undefined], ['hanging', 'timeout']]);
    fleet.dispose();
  });

  it('asks again when a runtime comes back', async () => {
    const runtime = new FakeRuntime();
    runtime.listing = () => Promise.reject(new AgentsError('docker-unavailable', 'It is down.'));
    const { fleet } = fleetOf(['a', runtime]);
    await fleet.start();
    runtime.listing = () => Promise.resolve([...runtime.agents.values()]);
    runtime.add('one');
    const back = waitForEvent(fleet.onDidChange, () => fleet.find('a/one') !== undefined, { timeoutMs: SOON, what: 'its agents' });
    runtime.health.fire(undefined);
    await back;
    assert.equal(fleet.snapshot.runtimes[0]?.error, undefined);
    fleet.dispose();
  });

  it('never loses sight of an agent while settings change', async () => {
    const runtime = new FakeRuntime();
    runtime.add('one');
    const { fleet, settings } = fleetOf(['a', runtime]);
    await fleet.start();
    const seen: number[] = [];
    fleet.onDidChange(() => seen.push(fleet.snapshot.agents.length));
    settings.push(['b', new FakeRuntime()]);
    await fleet.reconfigure();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(fleet.snapshot.runtimes.map(({ runtimeId }) => runtimeId), ['a', 'b']);
    assert.ok(seen.length > 0 && seen.every((count) => count === 1), `seen: ${seen.join(', ')}`);
    fleet.dispose();
  });

  it('drops the agents of a runtime that was switched off', async () => {
    const runtime = new FakeRuntime();
    runtime.add('one');
    const { fleet, settings } = fleetOf(['a', runtime], ['b', new FakeRuntime()]);
    await fleet.start();
    settings.shift();
    await fleet.reconfigure();
    assert.deepEqual(names(fleet), []);
    fleet.dispose();
  });

  it('goes on as before when the new settings are not valid', async () => {
    const runtime = new FakeRuntime();
    runtime.add('one');
    const { fleet, settings } = fleetOf(['a', runtime]);
    await fleet.start();
    settings.push(['a', new FakeRuntime()]);
    await assert.rejects(fleet.reconfigure(), /registered already/);
    await fleet.refresh();
    assert.deepEqual(names(fleet), ['one']);
    fleet.dispose();
  });

  it('lets work that has begun end on the manager it began with', async () => {
    const runtime = new FakeRuntime();
    const { fleet, made } = fleetOf(['a', runtime]);
    await fleet.start();
    let finish = (): void => undefined;
    runtime.beforeSpawn = () => new Promise((resolve) => (finish = resolve));
    const spawned = fleet.use((manager) => manager.spawnAgent('a', { agentId: 'late', aiProvider: 'custom', workingDirectory: '/', argv: ['true'] }));
    await fleet.reconfigure();
    assert.deepEqual(made[0]?.runtimeIds, ['a'], 'the old manager still has its runtime');
    finish();
    assert.equal((await spawned).agentId, 'late');
    assert.deepEqual(made[0]?.runtimeIds, [], 'and lets go of it when the work is done');
    fleet.dispose();
  });
});
