// The real CLIs in a restricted network: each finds its model through the proxy, and nothing else.
import assert from 'node:assert/strict';
import { needs } from '../../support/requirements.ts';
import { needsAgentClis, type AgentClis } from '../../support/agentClis.ts';
import { CliWorld } from '../../support/cliWorld.ts';

/** opencode asks for its session's title at once, and with its tools some 15 s later, in any network. */
const STEP_MS = 150_000;

describe('in a restricted network', function () {
  this.timeout(400_000);
  let clis: AgentClis;
  let world: CliWorld | undefined;

  before(function () {
    needs(this, 'docker', 'image', 'agent-clis');
    clis = needsAgentClis(this);
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed' && world !== undefined) process.stderr.write(`${await world.report()}\n${JSON.stringify(await world.managed.manager.get('here')?.readAudit?.(world.handle.agentId))}\n`);
    await world?.dispose();
    world = undefined;
  });

  for (const provider of ['claude', 'codex', 'gemini', 'opencode'] as const) {
    it(`${provider} asks its model through the proxy`, async () => {
      world = await CliWorld.open(provider, 'docker', clis, { restricted: true });
      const { host, hostname, port } = new URL(world.stub.url);
      await world.spawn('Say hello');
      await world.asked((request) => JSON.stringify(request).includes('Say hello'), 0, STEP_MS);
      await world.until('idle', () => true, STEP_MS);
      const runtime = world.managed.manager.get('here');
      await world.managed.manager.killAgent(world.handle, { graceMs: 500 });
      const entries = (await runtime?.readAudit?.(world.handle.agentId)) ?? [];
      assert.ok(entries.some((entry) => entry.verdict === 'allowed' && entry.rule === host && entry.host === hostname && entry.port === Number(port) && entry.received > 0), JSON.stringify(entries));
    });
  }
});
