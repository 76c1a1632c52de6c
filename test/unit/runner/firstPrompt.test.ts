// Whose task goes into the queue: only that of a CLI which takes no first prompt as an argument.
import assert from 'node:assert/strict';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';
import type { Managed } from '../../../src/runner/createRuntimeManager.ts';
import { queueFirstPrompt } from '../../../src/runner/firstPrompt.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';

describe('the task of an agent', () => {
  const given: string[] = [];
  const prompts = { add: (_agent: unknown, text: string) => Promise.resolve(void given.push(text)) } as unknown as Managed['prompts'];
  const providers = createProviderRegistry({ mine: { argv: ['mine'] } });
  const queue = (aiProvider: string, config: Parameters<typeof queueFirstPrompt>[2]): Promise<boolean> => queueFirstPrompt({ providers, prompts }, exampleAgent({ aiProvider }), config);

  it('waits in the queue of amp, which would end after a prompt that is an argument', async () => {
    assert.equal(await queue('amp', { task: 'Fix\nit' }), true);
    assert.deepEqual(given.splice(0), ['Fix\nit']);
  });

  it('does not where it was an argument, is only a title, or is none', async () => {
    for (const [aiProvider, config] of [['claude', { task: 'T' }], ['mine', { task: 'T' }], ['amp', { task: ' ' }], ['amp', {}], ['amp', { task: 'T', argv: ['amp'] }], ['amp', { task: 'T', resume: 'T-1' }], ['nobody', { task: 'T' }]] as const) {
      assert.equal(await queue(aiProvider, config), false, aiProvider);
    }
    assert.deepEqual(given, []);
  });

  it('is an argument once the settings say how', async () => {
    const changed = createProviderRegistry({ amp: { task: ['{task}'] } });
    assert.equal(await queueFirstPrompt({ providers: changed, prompts }, exampleAgent({ aiProvider: 'amp' }), { task: 'T' }), false);
  });
});
