// Puts the status engine together: the service, and for each agent the sources that its provider has.
import { silentLog, type Log } from '../base/log.ts';
import type { ProviderRegistry } from '../providers/providerRegistry.ts';
import type { ExtraSource } from '../providers/status/agentWatch.ts';
import { followOpencode } from '../providers/status/opencodeChannel.ts';
import { opencodeServerOf } from '../providers/status/opencodeDoor.ts';
import { providerReader } from '../providers/status/providerReader.ts';
import type { RuleBook } from '../providers/status/ruleBook.ts';
import type { RuleSet } from '../providers/status/screenRules.ts';
import { claudeStatusFile } from '../providers/status/statusFilePlace.ts';
import { StatusService } from '../providers/status/statusService.ts';
import type { RuntimeManager } from '../runtimes/runtimeManager.ts';
import type { ProgramVersions } from './programVersions.ts';

export interface StatusEngineOptions {
  readonly manager: RuntimeManager;
  readonly providers: ProviderRegistry;
  readonly rules: RuleBook;
  /** For rules that hold for some versions of a CLI only; without it they all apply. */
  readonly versions?: Pick<ProgramVersions, 'of'>;
  readonly log?: Log;
}

/** Follows nothing until asked to. */
export function createStatusEngine({ manager, providers, rules, versions, log = silentLog }: StatusEngineOptions): StatusService {
  const opencode: ExtraSource = (agent, take) => followOpencode({ server: () => opencodeServerOf(manager, agent), take, log });
  const statusFile: ExtraSource = (agent, take) => claudeStatusFile(manager, agent, take, log);
  return new StatusService({
    manager,
    providers,
    rules,
    log,
    readerFor: (agent, provider) => {
      const own = (): RuleSet | undefined => rules.rulesOf(agent.aiProvider);
      return providerReader({ provider, rules: own, version: () => versions?.of(agent, own()) });
    },
    extrasFor: (_agent, provider) => [
      ...(provider?.signals?.sources.includes('channel') === true ? [opencode] : []),
      ...(provider?.signals?.sources.includes('statusFile') === true ? [statusFile] : []),
    ],
  });
}
