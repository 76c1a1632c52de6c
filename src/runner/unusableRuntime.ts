// Stands in for a runtime whose settings are wrong: it says so to whoever asks something of it, and costs the other runtimes nothing.
import { AgentsError, asAgentsError } from '../base/errors.ts';
import type { AgentRuntime } from '../runtimes/types.ts';

export class UnusableRuntime implements AgentRuntime {
  readonly type: string;
  readonly #fault: AgentsError;
  #runtimeId: string;

  constructor(type: string, fault: unknown) {
    this.type = type;
    this.#runtimeId = type;
    this.#fault = asAgentsError(fault, 'bad-input');
  }

  setRuntimeId(runtimeId: string): void {
    this.#runtimeId = runtimeId;
  }

  spawnAgent(): Promise<never> {
    return Promise.reject(this.#error());
  }

  killAgent(): Promise<never> {
    return Promise.reject(this.#error());
  }

  listAgents(): Promise<never> {
    return Promise.reject(this.#error());
  }

  ping(): Promise<never> {
    return Promise.reject(this.#error());
  }

  getTmux(): never {
    throw this.#error();
  }

  getAttachCommand(): never {
    throw this.#error();
  }

  #error(): AgentsError {
    const { reason, message, hint = `Correct the settings of the runtime "${this.#runtimeId}".` } = this.#fault;
    return new AgentsError(reason, message, { hint, cause: this.#fault });
  }
}
