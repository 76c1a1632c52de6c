// The engine on an agent in a container: the demo's OSC 7501 and its hooks' reports, through the engine's stream alone.
import assert from 'node:assert/strict';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { AgentStatus } from '../../../src/protocol/agentStatus.ts';
import { hookFiles } from '../../../src/providers/hooks/hookFiles.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';
import { RuleBook } from '../../../src/providers/status/ruleBook.ts';
import type { StatusService } from '../../../src/providers/status/statusService.ts';
import { providerPort } from '../../../src/runner/providerPort.ts';
import { createStatusEngine } from '../../../src/runner/statusEngine.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import type { AgentHandle } from '../../../src/runtimes/types.ts';
import { screenWith } from '../../support/agentWaits.ts';
import { needs } from '../../support/requirements.ts';
import { DockerPlace } from '../runtimes/docker/support/dockerPlace.ts';

describe('the status engine, in a container', function () {
  this.timeout(60_000);
  let place: DockerPlace;
  let manager: RuntimeManager;
  const engines: StatusService[] = [];

  before(function () {
    needs(this, 'docker', 'image');
    place = new DockerPlace();
    manager = new RuntimeManager({ providers: providerPort(createProviderRegistry()) });
    manager.register('docker', place.runtime());
  });

  after(async () => {
    for (const engine of engines) engine.dispose();
    manager?.dispose();
    await place?.dispose();
  });

  /** An engine for which agents have these sources. */
  function engine(provider?: Partial<Provider>): StatusService {
    const builtIn = createProviderRegistry();
    const find = (id: string): Provider | undefined => {
      const found = builtIn.find(id);
      return found === undefined ? undefined : { ...found, ...provider };
    };
    const made = createStatusEngine({ manager, providers: { ...builtIn, find }, rules: new RuleBook() });
    engines.push(made);
    return made;
  }

  async function when(status: StatusService, handle: AgentHandle, state: AgentStatus['state']): Promise<AgentStatus> {
    const change = waitForEvent(status.onDidChangeStatus, (one) => one.agent.agentId === handle.agentId && one.status.state === state, { timeoutMs: 20_000, what: state });
    const now = status.statusOf(handle);
    if (now?.state !== state) return (await change).status;
    change.catch(() => undefined);
    return now;
  }

  it('tells what the demo does, and that it ended', async () => {
    const status = engine();
    const following = status.follow();
    const handle = await manager.spawnAgent('docker', { agentId: `demo-${place.id}`, aiProvider: 'demo', workingDirectory: place.folder, task: 'Go', autoPilot: false });
    const waiting = await when(status, handle, 'waiting');
    assert.ok(waiting.state === 'waiting' && waiting.kind === 'permission');
    await manager.sendPrompt(handle, 'y');
    assert.equal((await when(status, handle, 'idle')).source, 'osc7501');
    await manager.sendPrompt(handle, '/fail');
    const exited = await when(status, handle, 'exited');
    assert.deepEqual([exited.source, exited.state === 'exited' && exited.exitCode], ['process', 3]);
    following.dispose();
  });

  it('hears the hooks, those from before it came included', async () => {
    const { files, hookKey } = hookFiles();
    const report = 'echo \'{"session_id":"s1","prompt":"go"}\' | /bin/sh "$TMUX_AGENTS_FOLDER/report" "$1"';
    const argv = ['/bin/sh', '-c', `set -- UserPromptSubmit; ${report}; echo told; read go; set -- Stop; ${report}; exec sleep 1000`];
    const handle = await manager.spawnAgent('docker', { agentId: `hooked-${place.id}`, aiProvider: 'custom', workingDirectory: place.folder, argv, files, hookKey });
    await screenWith(manager, handle, 'told');
    const status = engine({ signals: { sources: ['hooks'] } });
    const following = status.follow();
    const working = await when(status, handle, 'working');
    assert.deepEqual([working.source, working.rule], ['hooks', 'UserPromptSubmit']);
    await manager.getTmux(handle).sendKeyNames(await manager.getPane(handle), ['Enter']);
    const idle = await when(status, handle, 'idle');
    assert.deepEqual([idle.source, idle.rule], ['hooks', 'Stop']);
    following.dispose();
  });
});
