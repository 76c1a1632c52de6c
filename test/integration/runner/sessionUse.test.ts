// What a session uses is told with each heartbeat and at its end, raises alerts, and is held to its limits; what ended long ago is taken away.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { EventApproval, Verdict } from '../../../src/protocol/runnerEvent.ts';
import type { ProviderAdapter, ProviderListener } from '../../../src/runner/adapters/providerAdapter.ts';
import type { RunnerConfig } from '../../../src/runner/service/runnerConfig.ts';
import { needs } from '../../support/requirements.ts';
import { assertWhole, nothingRuns, processState, RunnerWorld } from '../../support/runnerWorld.ts';

/** A provider by somebody else, which says what it used. */
class CountingAdapter implements ProviderAdapter {
  readonly id = 'counting';
  tokensIn = 0;
  readonly calls: string[] = [];
  detect = () => Promise.resolve({ installed: true, version: '1' });
  capabilities = () => ({ ptyStreaming: false, structuredEdits: 'none' as const, supportsMCP: false, supportsNonInteractive: true, supportsPlanAndExecute: false, supportsPRFlow: 'none' as const });
  startSession = ({ sessionId = 's' }) => Promise.resolve({ sessionId, sessionPid: 0 });
  sendInput = () => Promise.resolve();
  stop = () => Promise.resolve(void this.calls.push('stop'));
  pause = () => Promise.resolve(void this.calls.push('pause'));
  resume = () => Promise.resolve(void this.calls.push('resume'));
  measure = () => Promise.resolve({ tokensIn: (this.tokensIn += 100), tokensOut: 1, apiCalls: 1, costUsd: this.tokensIn / 1_000 });
  answer = (_id: string, _approval: EventApproval['approvalId'], _decision: Verdict) => Promise.resolve();
  readonly #listeners = new Set<ProviderListener>();
  onEvent = (listener: ProviderListener) => void this.#listeners.add(listener);
  offEvent = (listener: ProviderListener) => void this.#listeners.delete(listener);
}

describe('what a session of the runner uses', function () {
  this.timeout(120_000);
  let world: RunnerWorld;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  afterEach(async () => world?.end());

  async function counting(config: RunnerConfig): Promise<{ readonly id: string; readonly adapter: CountingAdapter }> {
    world = await RunnerWorld.open({ heartbeatInterval: 50, ...config });
    const adapter = new CountingAdapter();
    world.runner.registerAdapter(adapter);
    const { sessionId: id } = await world.runner.createSession(world.request({ providerId: 'counting' }));
    return { id, adapter };
  }

  it('its processes: CPU, memory, disk and their number, at each heartbeat and once more at its end', async () => {
    world = await RunnerWorld.open({ heartbeatInterval: 300, alerts: { pids: 2 } });
    const id = await world.shell('dd if=/dev/zero of=big bs=1M count=4 conv=fsync 2>/dev/null; sh -c "while :; do :; done" & exec sleep 1000');
    const { units } = await world.event(id, 'USAGE_TICK', ({ units: { cpuPercent = 0, pids = 0 } }) => cpuPercent > 5 && pids >= 2);
    assert.ok((units.memoryBytes ?? 0) > 100_000);
    assert.ok(units.diskBytes !== undefined);
    const alert = await world.event(id, 'ALERT_RAISED', ({ context }) => context?.['metric'] === 'pids');
    assert.equal(alert.category, 'performance');
    await world.runner.stopSession(id);
    const events = await world.journal(id);
    assertWhole(events);
    assert.equal(events.filter((event) => event.type === 'ALERT_RAISED' && event.context?.['metric'] === 'pids').length, 1, 'once');
    const stopping = events.findIndex((event) => event.type === 'SESSION_STATE_CHANGED' && event.newState === 'STOPPING');
    const last = events.slice(stopping).find((event) => event.type === 'USAGE_TICK');
    assert.ok(last !== undefined, 'the last look');
  });

  it('over its budget it is paused by rule, and goes on when a person lets it', async () => {
    const { id, adapter } = await counting({ limits: { maxTokens: 450 } });
    await world.state(id, 'PAUSED_BY_HUMAN');
    assert.deepEqual(adapter.calls, ['pause']);
    const changed = await world.event(id, 'SESSION_STATE_CHANGED', ({ newState }) => newState === 'PAUSED_BY_HUMAN');
    assert.match(changed.reason ?? '', /budget is spent: 450 tokens/);
    await world.event(id, 'ALERT_RAISED', ({ category, title }) => category === 'policy' && /paused by rule/.test(title));
    await world.runner.handleCommand(id, { type: 'RESUME' });
    const { seq } = await world.event(id, 'SESSION_STATE_CHANGED', ({ previousState }) => previousState === 'PAUSED_BY_HUMAN');
    await world.event(id, 'USAGE_TICK', (event) => event.seq > seq);
    assert.equal(world.runner.getSession(id)?.state, 'RUNNING');
    await world.runner.stopSession(id);
    assertWhole(await world.journal(id));
  });

  it('over its cost it is stopped, where the rule says so', async () => {
    const { id } = await counting({ limits: { maxCostUsd: 0.35, onBudget: 'stop' } });
    const end = await world.ended(id);
    assert.equal(end.finalState, 'FAILED');
    assert.ok((end.totalUsage.costUsd ?? 0) >= 0.35);
    assert.match(world.runner.getSession(id)?.errorMessage ?? '', /\$0\.35 were allowed/);
  });

  it("a customer's time: its plan ends a session, and out of time it may also be paused, all its processes stopped", async () => {
    world = await RunnerWorld.open({ limits: { onTime: 'pause' } });
    const config = { ...world.request(), sessionId: 'timed', repoRef: { provider: 'local', path: world.repository }, checkout: { type: 'branch', ref: 'main' }, providerId: 'demo', task: { title: 'Greet', goal: 'Greet' }, billing: { plan: 'p', orgId: 'org-1', limits: { maxConcurrency: 3, maxSessionDurationMs: 4_000 } }, env: { TMUX_AGENTS_DEMO_DELAY: '1' } };
    await world.runner.handleCommand('timed', { type: 'START', config });
    await world.state('timed', 'PAUSED_BY_HUMAN');
    const pid = world.runner.getSession('timed')?.providerPid;
    assert.ok(pid !== undefined && (await processState(pid)) !== undefined);
    await world.runner.stopSession('timed');
    await nothingRuns('timed');
  });

  it('what ended long ago is taken away at the next start; what lives never, and what is young neither', async () => {
    world = await RunnerWorld.open();
    const [old, young, alive] = [await world.shell('exit 0'), await world.shell('exit 0'), await world.shell('exec sleep 1000')];
    await Promise.all([world.ended(old), world.ended(young), world.state(alive, 'RUNNING')]);
    await world.runner.stop({ sessions: 'keep' });
    const long = new Date(Date.now() - 40 * 24 * 3_600_000);
    for (const id of [old, alive]) {
      const folder = join(world.home.directory, 'sessions', id);
      for (const path of [...readdirSync(folder).map((name) => join(folder, name)), folder]) utimesSync(path, long, long);
    }
    world.runner = world.newRunner();
    await world.runner.start();
    // It waits for what is being taken away.
    await world.runner.createSession(world.request({ argv: ['sh', '-c', 'exit 0'] }));
    assert.deepEqual([old, young, alive].map((id) => existsSync(join(world.home.directory, 'sessions', id))), [false, true, true]);
    assert.equal(world.runner.getSession(old), undefined);
    assert.equal(world.runner.getSession(alive)?.state, 'RUNNING');
  });
});
