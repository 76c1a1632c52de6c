// Settings in, a manager with its runtimes and providers out: what the extension and the command both start from.
import { messageOf } from '../base/errors.ts';
import { silentLog, type Log } from '../base/log.ts';
import type { Config, RuntimeConfig } from '../protocol/config.ts';
import { createProviderRegistry, type ProviderRegistry } from '../providers/providerRegistry.ts';
import { DockerRuntime } from '../runtimes/docker/dockerRuntime.ts';
import { LocalRuntime } from '../runtimes/local/localRuntime.ts';
import { RuntimeManager } from '../runtimes/runtimeManager.ts';
import type { AgentRuntime } from '../runtimes/types.ts';
import { providerPort } from './providerPort.ts';
import { UnusableRuntime } from './unusableRuntime.ts';

export interface Managed {
  readonly manager: RuntimeManager;
  readonly providers: ProviderRegistry;
}

/** Connects to nothing: runtimes do that when they are first asked something. A runtime whose settings are wrong says so then, too. */
export function createRuntimeManager(config: Config, { log = silentLog }: { readonly log?: Log } = {}): Managed {
  const providers = createProviderRegistry(config.providers);
  const manager = new RuntimeManager({ providers: providerPort(providers) });
  for (const [runtimeId, runtimeConfig] of Object.entries(config.runtimes)) manager.register(runtimeId, usableOrNot(runtimeId, runtimeConfig, log));
  return { manager, providers };
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
