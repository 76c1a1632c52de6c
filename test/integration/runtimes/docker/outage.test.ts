// The engine goes away under running agents and comes back: what is told meanwhile, and that the same agents are found.
import assert from 'node:assert/strict';
import { isAgentsError, type AgentsError } from '../../../../src/base/errors.ts';
import type { DockerRuntime } from '../../../../src/runtimes/docker/dockerRuntime.ts';
import type { AgentChange, AgentInfo } from '../../../../src/runtimes/types.ts';
import { needs, needsThat } from '../../../support/requirements.ts';
import { agentWhen } from './support/agentWhen.ts';
import { DockerPlace } from './support/dockerPlace.ts';
import { PrivateEngine } from './support/privateEngine.ts';

/** Resolves with the next health that `accept` takes. */
function healthOf(runtime: DockerRuntime, accept: (error: AgentsError | undefined) => boolean): Promise<AgentsError | undefined> {
  return new Promise((resolve) => {
    const subscription = runtime.onDidChangeHealth((error) => {
      if (!accept(error)) return;
      subscription.dispose();
      resolve(error);
    });
  });
}

/** What must be the same before and after. */
function identity({ agentId, name, task, owner, createdAt, workingDirectory, sessionName, runtimeId }: AgentInfo): Record<string, string> {
  return { agentId, name, task, owner, createdAt, workingDirectory, sessionName, runtimeId };
}

for (const { title, flags, signal, survives } of [
  { title: 'is stopped', flags: [], signal: 'SIGTERM', survives: false },
  { title: 'is killed', flags: [], signal: 'SIGKILL', survives: false },
  { title: 'is stopped, with live restore', flags: ['--live-restore'], signal: 'SIGTERM', survives: true },
  { title: 'is killed, with live restore', flags: ['--live-restore'], signal: 'SIGKILL', survives: true },
] as const) {
  describe(`DockerRuntime, when the engine ${title} under running agents`, function () {
    this.timeout(40_000);
    let engine: PrivateEngine;
    let place: DockerPlace;

    before(async function () {
      needs(this, 'docker', 'image');
      needsThat(this, process.getuid?.() === 0 && process.platform === 'linux', 'a dockerd of its own needs root and Linux');
      engine = new PrivateEngine(flags);
      await engine.start();
      await engine.load();
      place = new DockerPlace({ socketPath: engine.socketPath, image: engine.image });
    });
    after(async () => {
      await place?.dispose();
      await engine?.dispose();
    });

    it('says so, loses no agent, and finds the same ones when it is back', async () => {
      const runtime = place.runtime();
      const changes: AgentChange[] = [];
      runtime.onDidChangeAgents((change) => changes.push(change));
      const watching = runtime.watch();
      const handle = await runtime.spawnAgent(place.config('echo ready; exec cat', { name: 'Survivor', task: 'Live on' }));
      const before = await agentWhen(runtime, handle.agentId, ({ status }) => status === 'running');

      const lost = healthOf(runtime, (error) => error !== undefined);
      await engine.end(signal);
      const error = await lost;
      assert.ok(isAgentsError(error, 'docker-unavailable'));
      assert.match(error.message, /^Docker daemon is not reachable at unix:\/\/.*docker\.sock: /);
      assert.match(error.hint ?? '', /systemctl start docker/);
      await assert.rejects(runtime.listAgents(), (failure) => isAgentsError(failure, 'docker-unavailable'));
      await assert.rejects(runtime.ping(), (failure) => isAgentsError(failure, 'docker-unavailable'));
      await assert.rejects(runtime.spawnAgent(place.config()), (failure) => isAgentsError(failure, 'docker-unavailable'));

      const back = healthOf(runtime, (health) => health === undefined);
      await engine.start();
      await back;
      const after = await agentWhen(runtime, handle.agentId, ({ status }) => status === (survives ? 'running' : 'exited'));
      assert.deepEqual(identity(after), identity(before));
      if (after.status === 'exited') assert.equal(after.reason, 'container stopped');
      assert.deepEqual(changes.filter(({ type }) => type === 'gone'), []);

      // Agents can be spawned and killed again, and one that lived on can be driven.
      if (survives) assert.match(await runtime.getTmux(handle).capturePaneContent('agent', '0', '0'), /ready/);
      const next = await runtime.spawnAgent(place.config());
      await runtime.killAgent(next);
      await runtime.killAgent(handle);
      assert.deepEqual(await runtime.listAgents(), []);
      watching.dispose();
    });
  });
}
