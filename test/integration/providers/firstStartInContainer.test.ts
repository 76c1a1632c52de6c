// The real CLIs in containers, as root and as a plain user: nothing asks at the start, and files, hooks and rights are as they should be.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import { waitForEvent } from '../../../src/base/wait.ts';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';
import { providerPort } from '../../../src/runner/providerPort.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import type { AgentHandle } from '../../../src/runtimes/types.ts';
import { bridgeAddress } from '../../support/bridgeAddress.ts';
import { cliHome, needsAgentClis, type AgentClis, type CliHome, type CliName } from '../../support/agentClis.ts';
import { screenWith } from '../../support/agentWaits.ts';
import { startModelStub, type ModelStub } from '../../support/modelStub.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';
import { DockerPlace } from '../runtimes/docker/support/dockerPlace.ts';

const TASK = 'Say hello from the container';

/** What the person has of each in the own home, mounted read-only; the others start from nothing but their environment. */
const mounted: Partial<Record<CliName, string>> = { codex: '.codex', opencode: '.config/opencode' };

describe('the first start of a CLI in a container', function () {
  this.timeout(120_000);
  let clis: AgentClis;
  let state: TmuxHome;
  let stub: ModelStub;
  let place: DockerPlace;
  let manager: RuntimeManager;
  const homes: CliHome[] = [];

  before(async function () {
    needs(this, 'docker', 'image');
    clis = needsAgentClis(this);
    state = makeTmuxHome();
    stub = await startModelStub({ host: bridgeAddress() });
  });
  beforeEach(() => {
    place = new DockerPlace();
    manager = new RuntimeManager({ providers: providerPort(createProviderRegistry()) });
  });
  afterEach(async () => {
    manager.dispose();
    await place.dispose();
  });
  after(async () => {
    await stub?.dispose();
    state?.end();
    for (const home of homes) home.dispose();
  });

  async function spawned(cli: CliName, user: string, autoPilot = false): Promise<AgentHandle> {
    const userHome = user === '0:0' ? '/root' : '/home/agent';
    const home = cliHome(cli, { stubUrl: stub.url, workspace: '/workspace', seenAs: userHome, seeded: false });
    homes.push(home);
    const [uid = 0, gid = 0] = user.split(':').map(Number);
    chownSync(place.folder, uid, gid);
    const entry = mounted[cli];
    execFileSync('chmod', ['-R', 'a+rX', home.home]);
    chmodSync(home.home, 0o755);
    const binds = [clis.inContainer.bind, ...(entry === undefined ? [] : [`${home.home}/${entry}:${userHome}/${entry}:ro`])];
    manager.register('docker', place.runtime({ user, extraBinds: binds }));
    // What says where settings are is the provider's to set here.
    const env = Object.fromEntries(Object.entries(home.env).filter(([name]) => !/^(HOME|XDG_.*|CODEX_HOME)$/.test(name)));
    const asked = waitForEvent(stub.onRequest, ({ userText, tools }) => userText.trim() === TASK && tools.length > 0, { timeoutMs: 90_000, what: 'the task to reach the model' });
    const handle = await manager.spawnAgent('docker', { ...place.config(), argv: undefined, aiProvider: cli, task: TASK, autoPilot, env: { ...env, PATH: clis.inContainer.path } });
    await Promise.all([asked, screenWith(manager, handle, 'STUB-REPLY', 90_000)]).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await manager.readOutput(handle, 60).catch(() => '')}`);
    });
    return handle;
  }

  function inContainer(handle: AgentHandle, ...argv: readonly string[]): string {
    return execFileSync('docker', ['exec', String(handle.data['containerId']), ...argv], { encoding: 'utf8', timeout: 10_000 });
  }

  for (const user of ['0:0', '1000:1000']) {
    for (const cli of ['claude', 'codex', 'gemini', 'opencode', 'qwen', 'copilot'] as const) {
      it(`${cli} as ${user} takes its task at once`, async () => {
        const handle = await spawned(cli, user);
        if (cli === 'opencode') {
          const channel = JSON.parse(inContainer(handle, 'cat', '/run/tmux-agents/agent/opencode.json')) as { port: number; password: string };
          const answer = inContainer(handle, 'curl', '-s', '-m', '5', '-u', `opencode:${channel.password}`, `http://127.0.0.1:${channel.port}/session/status`);
          assert.equal(typeof JSON.parse(answer), 'object');
        } else {
          assert.equal(inContainer(handle, 'stat', '-c', '%a', '/run/tmux-agents/agent', '/run/tmux-agents/agent/key'), '700\n600\n');
        }
      });
    }
  }

  for (const user of ['0:0', '1000:1000']) {
    it(`claude on autopilot works as ${user}: neither its refusal nor its warning shows`, async () => {
      const handle = await spawned('claude', user, true);
      assert.match(await manager.readOutput(handle, 60), /bypass permissions on/);
    });
  }

  it('the hooks report as the plain user, and the labels tell what was wished for', async () => {
    const handle = await spawned('claude', '1000:1000');
    // The hook of a submitted prompt has ended before the model is asked.
    assert.notEqual(inContainer(handle, 'cat', '/run/tmux-agents/agent/last'), '');
    const [container] = await place.containers();
    const [agent] = await manager.listAllAgents();
    assert.equal(container?.Labels['tmux-agents.hook-key'], agent?.hookKey);
    assert.equal(container?.Labels['tmux-agents.conversation'], agent?.conversation);
    assert.equal(container?.Labels['tmux-agents.auto-pilot'], 'false');
    assert.match(agent?.hookKey ?? '', /^[0-9a-f]{64}$/);
    const key = inContainer(handle, 'cat', '/run/tmux-agents/agent/key').trim();
    assert.equal(JSON.stringify(container).includes(key), false, 'the key itself is in no label');
  });
});
