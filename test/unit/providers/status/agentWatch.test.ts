// Following an agent whose connection is replaced while it is still being taken up.
import assert from 'node:assert/strict';
import { toDisposable } from '../../../../src/base/disposable.ts';
import { Emitter } from '../../../../src/base/event.ts';
import { waitForEvent } from '../../../../src/base/wait.ts';
import { AgentWatch } from '../../../../src/providers/status/agentWatch.ts';
import { providerReader } from '../../../../src/providers/status/providerReader.ts';
import type { RuntimeManager } from '../../../../src/runtimes/runtimeManager.ts';
import type { TmuxService } from '../../../../src/tmux/tmuxService.ts';
import type { PaneId } from '../../../../src/tmux/types.ts';
import { exampleAgent } from '../../../support/exampleAgent.ts';

describe('following one agent', () => {
  it('takes up the new connection when the old one went while its reports were read', async () => {
    const followed: string[] = [];
    const connection = (name: string): TmuxService => {
      const onPaneOutput = () => {
        followed.push(name);
        return toDisposable(() => void followed.splice(followed.indexOf(name), 1));
      };
      return { onPaneOutput, onDidLoseOutput: () => toDisposable(() => undefined), command: () => Promise.resolve(['', '80', '24', '1', '', '']) } as unknown as TmuxService;
    };
    const [old, next] = [connection('old'), connection('next')];
    let tmux = old;
    // The first look at the reports takes until it is let go; the second none.
    let looks = 0;
    const nothing: { readonly stdout: Buffer } = { stdout: Buffer.alloc(0) };
    const asked = new Emitter<(reports: typeof nothing) => void>();
    const run = (): Promise<typeof nothing> => (looks++ > 0 ? Promise.resolve(nothing) : new Promise((resolve) => asked.fire(resolve)));
    const runtime = { type: 'docker', agentFolder: () => '/run/agent', getExecutor: () => ({ run }) };
    const manager = { getTmux: () => tmux, getPane: () => Promise.resolve('%1' as PaneId), get: () => runtime } as unknown as RuntimeManager;
    const agent = { ...exampleAgent({ aiProvider: 'claude' }), hookKey: 'a'.repeat(64) };
    const extras: string[] = [];
    const extra = () => {
      extras.push('begun');
      return toDisposable(() => void extras.pop());
    };
    const firstLook = waitForEvent(asked.event, () => true, { timeoutMs: 5_000, what: 'the first look' });
    const watch = new AgentWatch(agent, { manager, signals: undefined, reader: providerReader({ provider: undefined, rules: () => undefined }), extras: [extra], remembers: false });
    try {
      const answer = await firstLook;
      assert.deepEqual(followed, ['old']);
      tmux = next;
      watch.update(agent);
      assert.deepEqual(followed, []);
      answer(nothing);
      await watch.refresh();
      assert.deepEqual(followed, ['next']);
      assert.deepEqual(extras, ['begun']);
      assert.equal(looks, 2);
    } finally {
      watch.dispose();
    }
    assert.deepEqual(followed, []);
  });
});
