// What keeps a prompt from even being tried is not for ever: it is tried again though nothing else stirs.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentsError } from '../../../src/base/errors.ts';
import { Emitter } from '../../../src/base/event.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import { addPrompt, newPrompt } from '../../../src/sessions/prompts/promptQueue.ts';
import { PromptStore } from '../../../src/sessions/prompts/promptStore.ts';
import { QueuePump } from '../../../src/sessions/prompts/queuePump.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';
import { exampleStatus } from '../../support/exampleApproval.ts';

describe('QueuePump', () => {
  it('tries again by itself after a look that failed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ta-pump-'));
    const agent = exampleAgent();
    const store = new PromptStore(folder);
    await store.update(agent, (queue) => addPrompt(queue, newPrompt('hello', { kind: 'text', now: 1 })));
    const tried = new Emitter<number>();
    let tries = 0;
    const pump = new QueuePump(agent, {
      store,
      statusOf: () => exampleStatus({ state: 'idle' }),
      target: () => {
        tried.fire(++tries);
        return Promise.reject(new AgentsError('timeout', 'tmux did not answer in time.'));
      },
      alwaysWanted: () => true,
    });
    try {
      const again = waitForEvent(tried.event, (count) => count === 2, { timeoutMs: 15_000, what: 'the second try' });
      pump.stir();
      await again;
      assert.equal(store.read(agent).prompts.length, 1, 'the prompt still waits');
    } finally {
      pump.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
