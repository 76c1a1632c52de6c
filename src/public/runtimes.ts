// The package's entry `tmux-agents/runtimes`: the runtimes and their manager, with the built-in providers in place.
import { createProviderRegistry } from '../providers/providerRegistry.ts';
import { providerPort } from '../runner/providerPort.ts';
import { RuntimeManager as Manager, type RuntimeManagerOptions } from '../runtimes/runtimeManager.ts';

/** A RuntimeManager that knows the built-in providers. */
export class RuntimeManager extends Manager {
  constructor(options: RuntimeManagerOptions = {}) {
    super({ providers: providerPort(createProviderRegistry()), ...options });
  }
}

export { AIProvider } from '../providers/aiProvider.ts';
export { AgentsError, isAgentsError, type ErrorReason } from '../base/errors.ts';
export type { Disposable } from '../base/disposable.ts';
export type { Event } from '../base/event.ts';
export { DockerRuntime } from '../runtimes/docker/dockerRuntime.ts';
export type { DockerRuntimeOptions } from '../runtimes/docker/options.ts';
export { LocalRuntime, type LocalRuntimeOptions } from '../runtimes/local/localRuntime.ts';
export { newAgentId } from '../runtimes/agentConfig.ts';
export { attachCommand, type AttachCommand } from '../runtimes/attachCommand.ts';
export type { ProgramFact, ProgramFacts, ProgramQuery } from '../runtimes/programs.ts';
export type { Launch, LaunchPlace, ProviderPort, RuntimeHealth, RuntimeListing, RuntimeManagerOptions } from '../runtimes/runtimeManager.ts';
export type {
  AgentChange,
  AgentConfig,
  AgentFile,
  AgentHandle,
  AgentInfo,
  AgentRuntime,
  AgentState,
  KillOptions,
  SpawnOptions,
  SpawnStep,
} from '../runtimes/types.ts';
export { TmuxService } from '../tmux/tmuxService.ts';
export type { PaneId, PaneTarget, SessionId, TmuxPane, TmuxSession, TmuxWindow, WindowId } from '../tmux/types.ts';
