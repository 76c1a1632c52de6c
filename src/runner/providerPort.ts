// Providers as the runtimes see them: what to launch for a config, and which keys interrupt.
import type { ProviderRegistry } from '../providers/providerRegistry.ts';
import { launchArgv, launchEnv } from '../providers/launch.ts';
import type { ProviderPort } from '../runtimes/runtimeManager.ts';

export function providerPort(registry: ProviderRegistry): ProviderPort {
  return {
    launch(config, { isolated }) {
      const provider = registry.get(config.aiProvider);
      const request = { ...config, isolated };
      return { argv: launchArgv(provider, request), env: launchEnv(provider, request) };
    },
    interruptKeys: (aiProvider) => registry.find(aiProvider)?.interruptKeys ?? ['C-c'],
  };
}
