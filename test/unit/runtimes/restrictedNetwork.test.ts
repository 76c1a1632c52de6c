// A restricted network is had, or the agent is refused: it is never started with an open one.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../src/base/errors.ts';
import { LocalRuntime } from '../../../src/runtimes/local/localRuntime.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import { agentConfig } from '../../../src/cli/commands/spawn.ts';
import { Config } from '../../../src/protocol/config.ts';
import type { AgentConfig } from '../../../src/runtimes/types.ts';

const config: AgentConfig = { agentId: 'a', aiProvider: 'custom', workingDirectory: '/', argv: ['true'], network: { mode: 'restricted', allow: ['a.example'] } };
const around = { env: {}, cwd: '/', stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, signal: new AbortController().signal };

describe('a restricted network', () => {
  it('is refused by the local runtime, before it asks for tmux', async () => {
    const runtime = new LocalRuntime({ tmuxPath: '/nowhere/tmux' });
    await assert.rejects(runtime.spawnAgent(config), (error) => isAgentsError(error, 'unsupported') && /Only containers/.test(error.message));
    runtime.dispose();
  });

  it('is refused by the manager for a runtime that does not say that it can', async () => {
    const manager = new RuntimeManager();
    let spawned = false;
    manager.register('other', { type: 'other', spawnAgent: () => Promise.reject(new Error(String((spawned = true)))) } as never);
    await assert.rejects(manager.spawnAgent('other', config), (error) => isAgentsError(error, 'unsupported'));
    assert.equal(spawned, false);
    manager.dispose();
  });

  it('is named with hosts that make sense', async () => {
    const manager = new RuntimeManager();
    manager.register('docker', { type: 'docker', restrictsNetwork: true } as never);
    await assert.rejects(manager.spawnAgent('docker', { ...config, network: { mode: 'restricted', allow: ['https://a.example'] } }), (error) => isAgentsError(error, 'bad-input') && /network\.allow\.0: must be a host/.test(error.message));
    manager.dispose();
  });

  it('is asked for on the command line by --network, or by --allow-host alone', async () => {
    const face = { config: Config.parse({}), around };
    const network = async (options: object): Promise<unknown> => (await agentConfig(face, { provider: 'demo', ...options }, [])).network;
    assert.equal(await network({}), undefined);
    assert.deepEqual(await network({ network: 'restricted' }), { mode: 'restricted' });
    assert.deepEqual(await network({ allowHost: ['*.npmjs.org'] }), { mode: 'restricted', allow: ['*.npmjs.org'] });
    await assert.rejects(network({ network: 'open', allowHost: ['a.example'] }), (error) => isAgentsError(error, 'bad-input'));
    await assert.rejects(network({ allowHost: ['a/b'] }), (error) => isAgentsError(error, 'bad-input') && /--allow-host must be a host/.test(error.message));
  });
});
