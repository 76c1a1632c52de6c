// Listing and following agents on a real engine: what others did, what broke, and what a fresh process finds.
import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import type { DockerRuntime } from '../../../../src/runtimes/docker/dockerRuntime.ts';
import type { AgentChange, AgentHandle, AgentInfo } from '../../../../src/runtimes/types.ts';
import { needs } from '../../../support/requirements.ts';
import { agentWhen, changeOf } from './support/agentWhen.ts';
import { DockerPlace, IMAGE } from './support/dockerPlace.ts';

describe('DockerRuntime lists and follows agents', () => {
  let place: DockerPlace;
  let runtime: DockerRuntime;

  before(function () {
    needs(this, 'docker', 'image');
  });
  beforeEach(() => {
    place = new DockerPlace();
    runtime = place.runtime();
  });
  afterEach(() => place.dispose());

  function containerOf(handle: AgentHandle): ReturnType<typeof place.docker.getContainer> {
    return place.docker.getContainer(String(handle.data['containerId']));
  }

  async function only(by = runtime): Promise<AgentInfo> {
    const agents = await by.listAgents();
    assert.equal(agents.length, 1);
    const [agent] = agents;
    assert.ok(agent);
    return agent;
  }

  it('nothing where nothing is', async () => {
    assert.deepEqual(await runtime.listAgents(), []);
  });

  it('in a fresh process as in the one that spawned them', async () => {
    await runtime.spawnAgent(place.config('exec cat', { name: 'A name', aiProvider: 'claude', task: 'Do "this"\nand that', sessionName: 'work' }));
    const ended = place.config('exit 7');
    await runtime.spawnAgent(ended);
    await agentWhen(runtime, ended.agentId, ({ status }) => status === 'exited');
    const byId = (agents: readonly AgentInfo[]): AgentInfo[] => [...agents].sort((a, b) => a.agentId.localeCompare(b.agentId));
    const before = byId(await runtime.listAgents());
    runtime.dispose();
    const after = byId(await place.runtime().listAgents());
    assert.deepEqual(after, before);
    assert.deepEqual(
      after.map(({ status, name, aiProvider, task, sessionName, owner }) => ({ status, name, aiProvider, task, sessionName, owner })),
      [
        { status: 'running', name: 'A name', aiProvider: 'claude', task: 'Do "this"', sessionName: 'work', owner: place.owner },
        { status: 'exited', name: ended.agentId, aiProvider: 'custom', task: 'A task', sessionName: 'agent', owner: place.owner },
      ],
    );
    assert.equal(after[1]?.status === 'exited' && after[1].exitCode, 7);
  });

  it('that a fresh process can drive, too', async () => {
    const config = place.config();
    await runtime.spawnAgent(config);
    runtime.dispose();
    const fresh = place.runtime();
    const { handle } = await only(fresh);
    const tmux = fresh.getTmux(handle);
    const pane = await fresh.getPane(handle);
    const echoed = new Promise<void>((resolve) => {
      let seen = '';
      tmux.onPaneOutput(pane, (bytes) => {
        seen += bytes.toString();
        // By the terminal, and by the agent.
        if (seen.split('hello there').length > 2) resolve();
      });
    });
    await tmux.sendKeys('agent', '0', '0', 'hello there');
    await echoed;
    assert.match(await tmux.capturePaneContent('agent', '0', '0', 100), /^ready\nhello there\nhello there/);
  });

  it("in a container that stopped, with the container's code; and in one that is paused, as unknown", async () => {
    const handle = await runtime.spawnAgent(place.config());
    await containerOf(handle).pause();
    const paused = await only();
    assert.ok(paused.status === 'unknown');
    assert.equal(paused.reason, 'container paused');
    await containerOf(handle).unpause();
    assert.equal((await only()).status, 'running');
    await containerOf(handle).kill();
    const stopped = await only();
    assert.ok(stopped.status === 'exited');
    assert.deepEqual([stopped.exitCode, stopped.reason], [137, 'container stopped']);
    assert.equal(stopped.agentId, handle.agentId);
  });

  it('but not containers with broken labels, which are named in the log', async () => {
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (message: string) => warnings.push(message) };
    await runtime.spawnAgent(place.config());
    const broken = await place.docker.createContainer({ Image: IMAGE, Cmd: ['true'], Labels: { 'tmux-agents': 'true', 'tmux-agents.owner': place.owner, 'tmux-agents.agent-id': 'not an id' } });
    assert.equal((await only(place.runtime({ log }))).status, 'running');
    assert.equal(warnings.length, 1);
    assert.ok(warnings[0]?.includes(broken.id.slice(0, 12)) && warnings[0].includes('agent-id'));
  });

  it('although tmux in one of them hangs: that one is unknown, the others are not held up', async function () {
    this.timeout(30_000);
    const handles = await Promise.all([runtime.spawnAgent(place.config()), runtime.spawnAgent(place.config())]);
    const [hanging, healthy] = handles;
    const exec = await containerOf(hanging).exec({ Cmd: ['pkill', '-STOP', 'tmux'], AttachStdout: true });
    (await exec.start({})).resume();
    const fresh = place.runtime();
    const started = performance.now();
    const agents = await fresh.listAgents();
    assert.ok(performance.now() - started < 4_500, 'the listing waits no longer than others wait for it');
    assert.equal(agents.find(({ agentId }) => agentId === healthy.agentId)?.status, 'running');
    assert.equal(agents.find(({ agentId }) => agentId === hanging.agentId)?.status, 'unknown');
    // It comes back by itself once tmux answers.
    const back = agentWhen(fresh, hanging.agentId, ({ status }) => status === 'running');
    const resume = await containerOf(hanging).exec({ Cmd: ['pkill', '-CONT', 'tmux'], AttachStdout: true });
    (await resume.start({})).resume();
    await back;
  });

  it('with their new name, in every process that follows them', async () => {
    const other = place.runtime();
    const watching = other.watch();
    const handle = await runtime.spawnAgent(place.config());
    await agentWhen(other, handle.agentId, ({ status }) => status === 'running');
    const renamed = changeOf(other, ({ agent }) => agent.name === 'New: "name"');
    await runtime.renameAgent(handle, 'New: "name"');
    assert.equal((await only()).name, 'New: "name"');
    assert.equal((await renamed).type, 'changed');
    watching.dispose();
  });

  it('telling of every change another process makes', async () => {
    const other = place.runtime();
    const changes: string[] = [];
    other.onDidChangeAgents(({ type, agent }: AgentChange) => changes.push(`${type} ${agent.status}`));
    const watching = other.watch();
    const config = place.config('read line; exit 3');
    const appeared = changeOf(other, ({ agent }) => agent.status === 'running');
    const handle = await runtime.spawnAgent(config);
    await appeared;
    const exited = changeOf(other, ({ agent }) => agent.status === 'exited');
    await runtime.getTmux(handle).sendKeys('agent', '0', '0', 'go');
    const { agent } = await exited;
    assert.ok(agent.status === 'exited');
    assert.equal(agent.exitCode, 3);
    const gone = changeOf(other, ({ type }) => type === 'gone');
    await runtime.killAgent(handle);
    assert.equal((await gone).agent.agentId, config.agentId);
    watching.dispose();
    assert.equal(changes[0]?.split(' ')[0], 'appeared');
    assert.deepEqual(changes.slice(-2), ['changed exited', 'gone exited']);
  });

  it('telling of containers that are removed, stopped and paused by hand', async () => {
    const watching = runtime.watch();
    const handle = await runtime.spawnAgent(place.config());
    await agentWhen(runtime, handle.agentId, ({ status }) => status === 'running');
    for (const [act, status] of [['pause', 'unknown'], ['unpause', 'running'], ['stop', 'exited']] as const) {
      const changed = changeOf(runtime, ({ agent }) => agent.status === status);
      await containerOf(handle)[act](act === 'stop' ? { t: 0 } : {});
      await changed;
    }
    const gone = changeOf(runtime, ({ type }) => type === 'gone');
    await containerOf(handle).remove({ force: true });
    await gone;
    watching.dispose();
  });

  it('with one call to the engine once they are known', async () => {
    await Promise.all([runtime.spawnAgent(place.config()), runtime.spawnAgent(place.config())]);
    await runtime.listAgents();
    const before = await Promise.all((await place.containers()).map(async ({ Id }) => (await place.docker.getContainer(Id).inspect()).ExecIDs));
    await runtime.listAgents();
    const after = await Promise.all((await place.containers()).map(async ({ Id }) => (await place.docker.getContainer(Id).inspect()).ExecIDs));
    assert.deepEqual(after, before);
  });
});
