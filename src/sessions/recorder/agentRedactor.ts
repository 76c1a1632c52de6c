// Takes an agent's secrets out of its journal and recording: those of this process' environment at once, those that it was spawned with once they are known.
import { Redactor } from '../../base/redact.ts';

export class AgentRedactor extends Redactor {
  #inner: Redactor;

  constructor(inner: Redactor) {
    super();
    this.#inner = inner;
  }

  /** From now on also these. */
  learn(environment: Readonly<Record<string, string>>): void {
    this.#inner = Redactor.fromEnvironment(process.env, environment);
  }

  override spans(text: string): ReturnType<Redactor['spans']> {
    return this.#inner.spans(text);
  }

  override unfinishedFrom(text: string): number {
    return this.#inner.unfinishedFrom(text);
  }
}
