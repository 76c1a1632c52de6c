// Another face of the same machine, as a process of its own: adds prompts to a queue, or holds an agent as its writer.
import { PromptStore } from '../../src/sessions/prompts/promptStore.ts';
import { addPrompt, newPrompt } from '../../src/sessions/prompts/promptQueue.ts';
import { exampleAgent } from './exampleAgent.ts';

const [folder = '', what, count = '0', name = ''] = process.argv.slice(2);
const store = new PromptStore(folder);
const agent = exampleAgent();

if (what === 'hold') {
  await store.asWriter(agent, () => {
    process.send?.('holding');
    return new Promise<void>((resolve) => process.once('disconnect', resolve));
  });
} else {
  for (let index = 0; index < Number(count); index++) await store.update(agent, (queue) => addPrompt(queue, newPrompt(`${name}${index}`, { kind: 'text', now: Date.now() })));
  process.disconnect?.();
}
