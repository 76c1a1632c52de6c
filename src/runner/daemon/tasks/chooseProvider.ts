// Which provider a task's agent is of: by its agent type, by what this runner can do, by its settings.
import { AgentsError } from '../../../base/errors.ts';
import { adapterIds } from '../../adapters/createAdapter.ts';
import type { DaemonSettings } from '../settings/daemonSettings.ts';

type Choices = Pick<DaemonSettings, 'providers' | 'capabilities' | 'defaultProvider'>;

/** Its id. A type that names no provider is a role, such as "planner", which any provider can play. Throws `not-found` where the settings name one that there is not. */
export function chooseProvider(agentType: string | undefined, { providers, capabilities, defaultProvider }: Choices): string {
  const byType = agentType === undefined ? undefined : (providers[agentType] ?? known(agentType));
  const byCapability = capabilities.flatMap((capability) => providers[capability] ?? [])[0];
  const chosen = byType ?? byCapability ?? defaultProvider;
  if (known(chosen) !== undefined) return chosen;
  throw new AgentsError('not-found', `There is no provider "${chosen}".`, { hint: `There are: ${adapterIds().join(', ')}. See "providers" and "default_provider" in runner.yaml.` });
}

function known(id: string): string | undefined {
  return adapterIds().includes(id) && id !== 'custom' ? id : undefined;
}
