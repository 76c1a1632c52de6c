// The task of an agent whose CLI takes its first prompt only once it runs: it goes into the agent's queue.
import type { AgentConfig, AgentInfo } from '../runtimes/types.ts';
import type { Managed } from './createRuntimeManager.ts';

/** True when the task was queued; false where the CLI got it as an argument, or there is none. Throws as `PromptQueues.add` does. */
export async function queueFirstPrompt({ providers, prompts }: Pick<Managed, 'providers' | 'prompts'>, agent: AgentInfo, { task = '', argv, resume }: Pick<AgentConfig, 'task' | 'argv' | 'resume'>): Promise<boolean> {
  const provider = providers.find(agent.aiProvider);
  if (provider?.queuesTask !== true || provider.task !== undefined || argv !== undefined || resume !== undefined || task.trim() === '') return false;
  await prompts.add(agent, task);
  return true;
}
