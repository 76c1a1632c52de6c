// Settings in, a manager with its runtimes and providers out: what the extension and the command both start from.
import { messageOf } from '../base/errors.ts';
import { silentLog, type Log } from '../base/log.ts';
import type { Config, RuntimeConfig } from '../protocol/config.ts';
import { createProviderRegistry, type ProviderRegistry } from '../providers/providerRegistry.ts';
import { DockerRuntime } from '../runtimes/docker/dockerRuntime.ts';
import { LocalRuntime } from '../runtimes/local/localRuntime.ts';
import { RuntimeManager } from '../runtimes/runtimeManager.ts';
import type { AgentInfo, AgentRuntime } from '../runtimes/types.ts';
import type { Approvals } from '../sessions/approvals/approvals.ts';
import { Conversations } from '../sessions/conversations/conversations.ts';
import { PromptQueues } from '../sessions/prompts/promptQueues.ts';
import { RuleBook, userRulesFolder } from '../providers/status/ruleBook.ts';
import type { RuleSet } from '../providers/status/screenRules.ts';
import type { StatusService } from '../providers/status/statusService.ts';
import { createApprovals } from './approvalEngine.ts';
import { ProgramVersions } from './programVersions.ts';
import { providerPort } from './providerPort.ts';
import { createStatusEngine } from './statusEngine.ts';
import { UnusableRuntime } from './unusableRuntime.ts';

export interface Managed {
  readonly manager: RuntimeManager;
  readonly providers: ProviderRegistry;
  /** Follows nobody until it is asked to. To be disposed before the manager. */
  readonly status: StatusService;
  readonly rules: RuleBook;
  /** What waits for a person, and how to answer it. To be disposed before the status. */
  readonly approvals: Approvals;
  /** The prompts that are given and that wait. To be disposed before the status. */
  readonly prompts: PromptQueues;
  /** What outlives agents, so that they can be resumed. */
  readonly conversations: Conversations;
}

export interface ManagedOptions {
  readonly log?: Log;
  /** Who answers and sends, for the sessions' logs: `vscode`, `command`, `library`. */
  readonly face?: string;
  /** Milliseconds that a runtime has to list its agents. */
  readonly listTimeoutMs?: number;
  /** Runtimes whose settings are not even of the right shape, by id: each says so when it is asked something. */
  readonly unusable?: ReadonlyMap<string, { readonly type: string; readonly error: Error }>;
}

/** Connects to nothing: runtimes do that when they are first asked something. A runtime whose settings are wrong says so then, too. */
export function createRuntimeManager(config: Config, { log = silentLog, face = 'library', listTimeoutMs, unusable = new Map() }: ManagedOptions = {}): Managed {
  const providers = createProviderRegistry(config.providers);
  const manager = new RuntimeManager({ providers: providerPort(providers, { trustFolders: config.trustFolders }), policy: config.policy, ...(listTimeoutMs === undefined ? {} : { listTimeoutMs }) });
  for (const [runtimeId, runtimeConfig] of Object.entries(config.runtimes)) manager.register(runtimeId, usableOrNot(runtimeId, runtimeConfig, log));
  for (const [runtimeId, { type, error }] of unusable) manager.register(runtimeId, new UnusableRuntime(type, error));
  const rules = new RuleBook({ folder: userRulesFolder() });
  // One for all: status, approvals and prompts read a screen by the same rules.
  const versions = new ProgramVersions({ manager, providers, log });
  const status = createStatusEngine({ manager, providers, rules, versions, log });
  const rulesOf = (aiProvider: string): RuleSet | undefined => rules.rulesOf(aiProvider);
  const prompts = new PromptQueues({ manager, status, rulesOf, versionOf: (agent) => versions.of(agent, rulesOf(agent.aiProvider)), log });
  const sendNote = async (agent: AgentInfo, note: string): Promise<void> => void (await prompts.send(agent, note, { patient: false }));
  const approvals = createApprovals({ manager, providers, status, rules, versions, config, face, log, sendPrompt: sendNote });
  return { manager, providers, rules, status, approvals, prompts, conversations: new Conversations({ manager, providers, status, log }) };
}

function usableOrNot(runtimeId: string, config: RuntimeConfig, log: Log): AgentRuntime {
  try {
    return createRuntime(config, log);
  } catch (error) {
    log.warn(`${runtimeId}: ${messageOf(error)}`);
    return new UnusableRuntime(config.type, error);
  }
}

function createRuntime(config: RuntimeConfig, log: Log): AgentRuntime {
  switch (config.type) {
    case 'local': {
      const { type: _, ...options } = config;
      return new LocalRuntime({ ...options, log });
    }
    case 'docker': {
      const { type: _, memory, cpus, ...options } = config;
      return new DockerRuntime({ ...options, log, ...(memory === undefined ? {} : { defaultMemory: memory }), ...(cpus === undefined ? {} : { defaultCpus: cpus }) });
    }
  }
}
