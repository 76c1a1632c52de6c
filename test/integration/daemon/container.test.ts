// The runner in a container, set up as its README says: it waits, is registered by hand, restarted, and executes tasks.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dist, root } from '../../../scripts/lib/paths.mjs';
import { bridgeAddress } from '../../support/bridgeAddress.ts';
import { needs, needsThat } from '../../support/requirements.ts';
import { SibylServer } from '../../support/sibylServer.ts';
import { run } from '../docker-image/container.ts';

const docker = (...args: readonly string[]): Promise<string> => run('docker', args);

describe('the runner in a container', function () {
  this.timeout(300_000);
  const name = `sibyl-runner-test-${randomUUID().slice(0, 8)}`;
  let hub: SibylServer | undefined;

  before(async function () {
    needs(this, 'docker', 'image');
    needsThat(this, existsSync(join(dist, 'cli.mjs')), 'dist/ is not built: npm run build');
    await run('docker', ['build', '-q', '-f', 'docker/runner/Dockerfile', '-t', name, '.'], { cwd: root });
  });
  after(async () => {
    await docker('rm', '--force', name).catch(() => undefined);
    for (const volume of [`${name}-worktrees`, `${name}-config`]) await docker('volume', 'rm', '--force', volume).catch(() => undefined);
    await docker('rmi', '--force', name).catch(() => undefined);
    await hub?.close();
  });

  it('waits until it is registered, and works after a restart', async () => {
    const tokens: (string | undefined)[] = [];
    hub = await SibylServer.open({
      host: bridgeAddress(),
      rest: (request, body) => {
        tokens.push(request.headers.authorization);
        const { name: called, capabilities, max_concurrent_agents, hostname } = body as Record<string, unknown>;
        return { status: 200, body: { id: 'runner-1', name: called, hostname, graph_runner_id: 'runner_0123456789abcdef', capabilities, max_concurrent_agents, current_agent_count: 0, status: 'offline', last_heartbeat: null, client_version: null, created_at: 'x', updated_at: 'x', token: 'runner-token' } };
      },
    });
    await docker('run', '-d', '--name', name, '-e', `SIBYL_SERVER_URL=${hub.url}`, '-v', `${name}-worktrees:/var/sibyl/worktrees`, '-v', `${name}-config:/var/sibyl/config`, name);
    const status = async (): Promise<{ readonly connection: { readonly state: string } }> => JSON.parse(await docker('exec', name, 'sibyl-runner', 'status', '--json')) as { readonly connection: { readonly state: string } };
    // Its first words may take a moment: they are asked for until it is there.
    let asked = await status().catch(() => undefined);
    for (let number = 0; asked === undefined && number < 30; number++) asked = await status().catch(() => undefined);
    assert.equal(asked?.connection.state, 'unregistered');
    await docker('exec', '-e', 'SIBYL_ACCESS_TOKEN=person-token', name, 'sibyl-runner', 'register', '--server', hub.url, '--name', 'cloud-runner-1');
    assert.deepEqual(tokens, ['Bearer person-token']);
    assert.match(await docker('exec', name, 'stat', '-c', '%a %U', '/var/sibyl/config/runner.yaml'), /^600 agent$/);
    await hub.connected(1, 60_000);
    await docker('exec', name, 'sh', '-c', 'echo "allow_commands: true" >> /var/sibyl/config/runner.yaml');
    const before = hub.sockets.length;
    await docker('restart', name);
    await hub.connected(before + 1, 60_000);
    assert.equal(hub.runner.runnerId, 'runner-1');
    hub.runner.send({ type: 'task_assign', task_id: 'one', agent_id: 'a', project_id: null, config: { prompt: 'x', command: ['sh', '-c', 'id -un; pwd; cat /proc/1/comm'] } });
    const result = await hub.until(() => hub?.memory.results.get('one')?.[0], 'its result', 60_000);
    assert.equal(result.stdout, 'agent\n/var/sibyl/worktrees/.scratch/sibyl-agent-one\ntini\n');
    hub.runner.send({ type: 'task_assign', task_id: 'long', agent_id: 'b', project_id: null, config: { prompt: 'x', command: ['sleep', '1000'] } });
    await hub.frame('session', ({ session }) => session.task_id === 'long' && session.state === 'RUNNING');
    // All in the container ends with it: the next one says so.
    const again = hub.sockets.length;
    await docker('kill', name);
    await docker('start', name);
    await hub.connected(again + 1, 60_000);
    const lost = await hub.until(() => hub?.memory.results.get('long')?.[0], 'the result of what was lost', 60_000);
    assert.deepEqual([lost.status, lost.error], ['failed', 'Its agent was gone when the runner came back.']);
  });
});
