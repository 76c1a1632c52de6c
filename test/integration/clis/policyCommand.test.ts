// `spawn --policy FILE` from end to end, with a real Claude Code: its rules hold, and still hold once its conversation is resumed.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { cliHome, needsAgentClis, type CliHome } from '../../support/agentClis.ts';
import { startModelStub, type ModelRequest, type ModelStub } from '../../support/modelStub.ts';
import { needs } from '../../support/requirements.ts';
import { CommandWorld } from '../cli/commandWorld.ts';

const STEP_MS = 120_000;

describe('an agent that the command spawns under rules', function () {
  this.timeout(400_000);
  let world: CommandWorld;
  let stub: ModelStub;
  let home: CliHome;
  let agent: AgentInfo;
  let envFile: string;

  before(async function () {
    needs(this, 'tmux');
    const clis = needsAgentClis(this);
    world = new CommandWorld();
    stub = await startModelStub();
    home = cliHome('claude', { stubUrl: stub.url, workspace: world.work });
    envFile = join(world.folder, 'env');
    writeFileSync(envFile, Object.entries({ ...home.env, PATH: clis.path, IS_SANDBOX: '1' }).map(([name, value]) => `${name}=${value}\n`).join(''));
  });
  after(async () => {
    if (world === undefined) return;
    await world.run(['kill', '--all', '--grace', '0']);
    world.dispose();
    home?.dispose();
    await stub?.dispose();
  });

  /** What the model is told of its tool, the next time that it asked for `about`. */
  function told(about: string): Promise<ModelRequest> {
    return waitForEvent(stub.onRequest, ({ afterTool, userText }) => afterTool && userText.includes(about), { timeoutMs: STEP_MS, what: `the model to be told of ${about}` });
  }

  it('is refused where the file has a fault, and nothing starts', async () => {
    const file = join(world.folder, 'broken.json');
    writeFileSync(file, JSON.stringify({ shellDenyList: ['touch'] }));
    const { code, value } = await world.json<{ error: { reason: string; message: string } }>(['spawn', '--provider', 'claude', '--policy', file]);
    assert.deepEqual([code === 0, value.error.reason], [false, 'bad-input']);
    assert.match(value.error.message, /shellDenyList/);
    assert.deepEqual(await world.list(), []);
  });

  it('does not do what is denied, with autopilot on and nobody there, and does what is allowed', async () => {
    const file = join(world.folder, 'policy.json');
    writeFileSync(file, JSON.stringify({ shellDenylist: ['touch'] }));
    const answer = told('first-denied');
    agent = await world.spawn('--provider', 'claude', '--policy', file, '--autopilot', '--env-file', envFile, '--name', 'Ruled', '--task', "TOOL sh -c 'touch first-denied';;");
    assert.match(JSON.stringify((await answer).body), /The policy denies \\+"touch/);
    assert.equal(existsSync(join(world.work, 'first-denied')), false);
    const allowed = told('allowed-dir');
    assert.equal((await world.run(['send', agent.agentId, 'TOOL mkdir allowed-dir;;'])).code, 0);
    await allowed;
    assert.equal(existsSync(join(world.work, 'allowed-dir')), true);
  });

  it('is under the same rules when it is resumed, though the file says something else by now', async () => {
    assert.equal((await world.run(['kill', agent.agentId])).code, 0);
    writeFileSync(join(world.folder, 'policy.json'), '{}');
    const resumed = await world.json<AgentInfo>(['resume', 'Ruled', '--env-file', envFile]);
    assert.deepEqual([resumed.code, resumed.value.agentId, resumed.value.status], [0, agent.agentId, 'running']);
    const answer = told('second-denied');
    assert.equal((await world.run(['send', agent.agentId, 'TOOL ls; touch second-denied;;'])).code, 0);
    assert.match(JSON.stringify((await answer).body), /The policy denies \\+"touch[^]*second-denied|second-denied[^]*The policy denies \\+"touch/);
    assert.equal(existsSync(join(world.work, 'second-denied')), false);
  });
});
