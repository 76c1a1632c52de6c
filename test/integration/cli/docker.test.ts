// The command as a real process, with agents in real containers.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { needs } from '../../support/requirements.ts';
import { CommandWorld, sourceCommand } from './commandWorld.ts';

describe('the command with agents in containers', function () {
  this.timeout(60_000);
  const network = `tmux-agents-test-${randomBytes(4).toString('hex')}`;
  let world: CommandWorld;
  const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const containers = (): string[] => docker('ps', '-aq', '--filter', `network=${network}`).split('\n').filter((id) => id !== '');

  before(function () {
    needs(this, 'docker', 'image', 'tmux');
    world = new CommandWorld(sourceCommand, { runtimes: { docker: { network } } });
  });
  afterEach(() => {
    for (const id of containers()) docker('rm', '-f', id);
  });
  after(() => {
    if (world === undefined) return;
    try {
      docker('network', 'rm', network);
    } catch {
      // It was never made.
    }
    world.dispose();
  });

  it('spawns the demo with its limits, sees it beside the local ones, reads it, and kills it', async () => {
    const local = await world.spawn('--provider', 'demo', '--name', 'here');
    const agent = await world.spawn('--runtime', 'docker', '--provider', 'demo', '--task', 'Say hi', '--autopilot', '--memory', '512m', '--cpus', '0.5', '--name', 'there');
    assert.deepEqual([agent.status, agent.runtimeId, agent.runtimeType, agent.workingDirectory], ['running', 'docker', 'docker', world.work]);
    const [id = ''] = containers();
    assert.equal(docker('inspect', '--format', '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}', id).trim(), `${512 * 2 ** 20} 500000000`);
    const listed = (await world.list()).filter(({ agentId }) => [local.agentId, agent.agentId].includes(agentId));
    assert.deepEqual(listed.map(({ runtimeId }) => runtimeId), ['local', 'docker']);
    assert.equal((await world.run(['send', agent.agentId, 'and "again"; $(id)'])).code, 0);
    // The demo takes it up when it is through with its first task; the command is asked until then.
    const deadline = Date.now() + 20_000;
    let output = '';
    while (!output.includes('and "again"; $(id)') && Date.now() < deadline) output = (await world.run(['output', agent.agentId, '--lines', 'all'])).stdout;
    assert.match(output, /and "again"; \$\(id\)/);
    const { value } = await world.json<{ argv: string[] }>(['attach', agent.agentId]);
    assert.deepEqual(value.argv.slice(0, 3), ['docker', 'exec', '-it']);
    const killed = await world.run(['kill', agent.agentId, local.agentId]);
    assert.equal(killed.code, 0, killed.stderr);
    assert.deepEqual(containers(), []);
  });

  it('gives secrets to the agent, and to nobody who inspects its container', async () => {
    writeFileSync(join(world.folder, 'agent.env'), 'TOKEN=s3cret-value\n');
    const agent = await world.spawn('--runtime', 'docker', '--env-file', join(world.folder, 'agent.env'), '--', 'sh', '-c', 'printf "token %s\\n" "$TOKEN"; exec cat');
    const { stdout } = await world.run(['output', agent.agentId]);
    assert.match(stdout, /token s3cret-value/);
    const [id = ''] = containers();
    assert.ok(!docker('inspect', id).includes('s3cret'));
    assert.ok(!docker('top', id, '-eo', 'pid,args').includes('s3cret'));
    await world.run(['kill', agent.agentId]);
  });

  it('says how to build an image that is missing: exit code 4, nothing left', async () => {
    const other = new CommandWorld(sourceCommand, { runtimes: { docker: { network, image: 'tmux-agents-test-no-such-image:1' } } });
    try {
      const { code, value } = await other.json<{ error: { reason: string; hint: string } }>(['spawn', '--runtime', 'docker', '--provider', 'demo']);
      assert.equal(code, 4);
      assert.equal(value.error.reason, 'image-missing');
      assert.match(value.error.hint, /build\.sh/);
    } finally {
      other.dispose();
    }
    assert.deepEqual(containers(), []);
  });

  it('cancels a spawn at Ctrl-C: exit code 130, and no container stays', async () => {
    const agents = spawn('docker', ['events', '--filter', 'event=create', '--filter', 'label=tmux-agents=true', '--format', '{{index .Actor.Attributes "tmux-agents.name"}}'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const { code, value } = await world.json<Partial<AgentInfo> & { error?: { reason: string } }>(['spawn', '--runtime', 'docker', '--provider', 'demo', '--name', network], {
        meanwhile: (kill) => agents.stdout.on('data', (names: Buffer) => names.includes(network) && kill('SIGINT')),
      });
      assert.deepEqual([code, value.error?.reason], [130, 'cancelled']);
      assert.deepEqual(containers(), []);
    } finally {
      agents.kill();
    }
  });
});
