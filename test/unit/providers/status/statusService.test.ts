// Following agents of places that come and go: what is told, to whom, and how often.
import assert from 'node:assert/strict';
import { AgentsError } from '../../../../src/base/errors.ts';
import { createProviderRegistry } from '../../../../src/providers/providerRegistry.ts';
import { RuleBook } from '../../../../src/providers/status/ruleBook.ts';
import type { StatusChange } from '../../../../src/providers/status/statusPort.ts';
import type { StatusService } from '../../../../src/providers/status/statusService.ts';
import { createStatusEngine } from '../../../../src/runner/statusEngine.ts';
import { RuntimeManager } from '../../../../src/runtimes/runtimeManager.ts';
import { FakeRuntime } from '../../../support/fakeRuntime.ts';

describe('the status service', () => {
  let runtime: FakeRuntime;
  let manager: RuntimeManager;
  let status: StatusService;
  const told: string[] = [];

  beforeEach(() => {
    runtime = new FakeRuntime();
    manager = new RuntimeManager();
    manager.register('there', runtime);
    status = createStatusEngine({ manager, providers: createProviderRegistry(), rules: new RuleBook() });
    told.length = 0;
    status.onDidChangeStatus(({ agent, status: now, before }: StatusChange) => told.push(`${agent.agentId}: ${before?.state ?? 'new'} -> ${now.state}`));
  });
  afterEach(() => {
    status.dispose();
    manager.dispose();
  });

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('touches nothing before somebody follows, and lets go of everything after the last', async () => {
    const { handle } = runtime.add('one');
    await turn();
    assert.equal(runtime.watchers, 0);
    assert.equal(status.statusOf(handle), undefined);
    const [first, second] = [status.follow(), status.follow()];
    assert.equal(runtime.watchers, 1);
    first.dispose();
    assert.equal(runtime.watchers, 1);
    second.dispose();
    assert.equal(runtime.watchers, 0);
  });

  it('tells of those that are there already, and of those that appear, once each', async () => {
    runtime.add('one');
    const following = status.follow();
    await turn();
    runtime.changed.fire({ type: 'appeared', agent: runtime.add('two') });
    await turn();
    assert.deepEqual(told, ['one: new -> unknown', 'two: new -> unknown']);
    following.dispose();
  });

  it('is unknown, with the reason, while the place is out of reach, and as before afterwards', async () => {
    const agent = runtime.add('one');
    const handle = { ...agent.handle, runtimeId: 'there' };
    const following = status.follow();
    await turn();
    const before = status.statusOf(handle);
    runtime.health.fire(new AgentsError('docker-unavailable', 'The engine is down.'));
    const away = status.statusOf(handle);
    assert.ok(away?.state === 'unknown' && away.reason === 'The engine is down.' && away.source === 'process');
    runtime.health.fire(undefined);
    assert.deepEqual(status.statusOf(handle), before);
    following.dispose();
  });

  it('knows an end from the listing, and no more of what is gone', async () => {
    const agent = runtime.add('one');
    const handle = { ...agent.handle, runtimeId: 'there' };
    const following = status.follow();
    await turn();
    runtime.changed.fire({ type: 'changed', agent: { ...agent, status: 'exited', exitCode: 0 } });
    assert.deepEqual(told.at(-1), 'one: unknown -> exited');
    runtime.changed.fire({ type: 'gone', agent });
    assert.equal(status.statusOf(handle), undefined);
    following.dispose();
  });

  it('answers a look even where nothing can be asked', async () => {
    const agent = { ...runtime.add('one'), handle: { runtimeType: 'fake', runtimeId: 'there', agentId: 'one', data: {} } };
    const looked = await status.look([agent]);
    assert.equal(looked.get(agent)?.state, 'unknown');
    const { reasons } = await status.explain(agent);
    assert.deepEqual(reasons, ['No source tells what this program does.']);
  });
});
