// A session's rules, all the way: what they deny does not happen and is told, what they want asked is asked with its category, and what cannot be kept is refused.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createRuntimeManager } from '../../../src/runner/createRuntimeManager.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { DockerRuntime } from '../../../src/runtimes/docker/dockerRuntime.ts';
import { cliHome, needsAgentClis } from '../../support/agentClis.ts';
import { startModelStub } from '../../support/modelStub.ts';
import { needs } from '../../support/requirements.ts';
import { assertWhole, nothingRuns, refused, RunnerWorld } from '../../support/runnerWorld.ts';

describe("a session's rules", function () {
  this.timeout(300_000);
  let world: RunnerWorld;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  beforeEach(async () => {
    world = await RunnerWorld.open({ autoPilot: true, heartbeatInterval: 1_000 });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') for (const id of world.heard.keys()) process.stderr.write(`${world.told(id)}\n`);
    await world?.end();
  });

  it('with Claude Code: a denied command leaves no file, a merge is asked about, and tokens and commands are counted', async function () {
    const clis = needsAgentClis(this);
    const stub = await startModelStub({ host: '127.0.0.1' });
    const home = cliHome('claude', { stubUrl: stub.url, workspace: world.repository });
    try {
      const { sessionId: id } = await world.runner.createSession(
        world.request({
          providerId: 'claude_code',
          workspacePath: world.repository,
          task: "TOOL ls && sh -c 'touch denied-file';;",
          env: { ...home.env, PATH: clis.path, IS_SANDBOX: '1' },
          policy: { shellDenylist: ['touch'], requiresApprovalFor: ['merge'] },
          endWhenIdle: false,
        }),
      );
      const denied = await world.event(id, 'APPROVAL_RESOLVED', undefined, world.runner, 150_000);
      assert.deepEqual([denied.decision, denied.resolvedBy], ['deny', 'policy']);
      assert.match(denied.note ?? '', /The policy denies "touch/);
      const alert = await world.event(id, 'ALERT_RAISED', ({ category }) => category === 'policy');
      assert.equal(alert.context?.['approvalId'], denied.approvalId);
      assert.equal(alert.context?.['rule'], 'denylist touch');
      await world.event(id, 'PROVIDER_EVENT_FORWARDED', ({ providerEvent }) => providerEvent['state'] === 'idle', world.runner, 60_000);
      assert.equal(existsSync(join(world.repository, 'denied-file')), false);

      await world.runner.handleCommand(id, { type: 'INPUT', input: { sessionId: id, data: 'TOOL git merge --abort; mkdir approved-dir;;' } });
      const { approval } = await world.event(id, 'APPROVAL_REQUESTED', ({ approval: { category } }) => category === 'merge', world.runner, 60_000);
      assert.equal(existsSync(join(world.repository, 'approved-dir')), false);
      await world.runner.approve(id, approval.approvalId, 'allow', { by: 'ada' });
      await world.event(id, 'PROVIDER_EVENT_FORWARDED', ({ providerEvent }) => providerEvent['kind'] === 'tool', world.runner, 60_000);
      assert.equal(existsSync(join(world.repository, 'approved-dir')), true);
      const tick = await world.event(id, 'USAGE_TICK', ({ units }) => (units.tokensOut ?? 0) > 0 && units.commandsRun > 0 && units.memoryBytes !== undefined && units.cpuPercent !== undefined);
      assert.ok((tick.units.tokensIn ?? 0) > 0 && (tick.units.apiCalls ?? 0) > 0 && (tick.units.pids ?? 0) > 0);
      await world.runner.stopSession(id);
      const end = await world.ended(id);
      assert.ok((end.totalUsage.tokensOut ?? 0) >= (tick.units.tokensOut ?? 0));
      assertWhole(await world.journal(id));
      await nothingRuns(id);
    } finally {
      await stub.dispose();
      home.dispose();
    }
  });

  it('where the CLI has no gate that is said, and what it asks is asked all the same', async () => {
    await world.runner.stop();
    world.runner = world.newRunner();
    await world.runner.start();
    const { sessionId: id } = await world.runner.createSession(world.request({ providerId: 'demo', task: 'Greet', policy: { shellDenylist: ['npm'] }, env: { TMUX_AGENTS_DEMO_DELAY: '0.02' } }));
    const alert = await world.event(id, 'ALERT_RAISED', ({ category }) => category === 'policy');
    assert.match(alert.description, /no gate/);
    const { approval } = await world.event(id, 'APPROVAL_REQUESTED');
    assert.equal(approval.risk, 'high');
    await world.runner.approve(id, approval.approvalId, 'deny');
    await world.event(id, 'APPROVAL_RESOLVED', ({ decision }) => decision === 'deny');
    await world.runner.stopSession(id);
    const output = (await world.journal(id)).flatMap((event) => (event.type === 'TERMINAL_CHUNK' ? [event.data] : [])).join('');
    assert.doesNotMatch(output, /3 passed/);
  });

  it('a restricted network is refused where no runtime can restrict it: nothing is begun', async () => {
    const request = world.request({ argv: ['sh', '-c', 'exec sleep 1000'], policy: { networkMode: 'restricted' } });
    await assert.rejects(world.runner.createSession(request), refused('unsupported', /no runtime here can restrict/));
    assert.equal(world.runner.getSession(request.sessionId), undefined);
  });

  it('a restricted network: it runs in a container, its use is measured, and what it may not reach raises an alert', async function () {
    needs(this, 'docker', 'image');
    await world.runner.stop();
    const managed = createRuntimeManager(parseConfig({ runtimes: { docker: false }, providers: {} }, 'the test'), { face: 'runner' });
    managed.manager.register('boxes', new DockerRuntime({ network: `tmux-agents-rules-${process.pid}`, owner: `rules-${process.pid}` }));
    try {
      world.runner = world.newRunner({ managed, heartbeatInterval: 500 });
      await world.runner.start();
      const { sessionId: id } = await world.runner.createSession(
        world.request({ argv: ['sh', '-c', 'until curl --silent --max-time 10 --proxy "$HTTPS_PROXY" https://forbidden.example.org/; do sleep 1; done'], workspacePath: world.repository, policy: { networkMode: 'restricted' }, endWhenIdle: false }),
      );
      const alert = await world.event(id, 'ALERT_RAISED', ({ category }) => category === 'security', world.runner, 90_000);
      assert.match(alert.description, /forbidden\.example\.org:443 was denied/);
      const tick = await world.event(id, 'USAGE_TICK', ({ units }) => (units.memoryBytes ?? 0) > 0);
      assert.ok((tick.units.pids ?? 0) > 1);
      assert.equal(managed.manager.find(id)?.network, 'restricted');
      assert.equal(managed.manager.find(id)?.runtimeType, 'docker');
      await world.runner.stopSession(id);
      assertWhole(await world.journal(id));
    } finally {
      await world.runner.stop();
      for (const part of [managed.approvals, managed.prompts, managed.status, managed.manager]) part.dispose();
    }
  });
});
