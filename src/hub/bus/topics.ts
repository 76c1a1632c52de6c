// Who listens to what, and who answers what, in this process: the same for every bus.
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';

/** Listeners by topic; one that throws is logged and harms no other. */
export class Topics {
  readonly #log: Log;
  readonly #listeners = new Map<string, Set<(message: unknown) => void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  subscribe(topic: string, listener: (message: unknown) => void): Disposable {
    const own = (message: unknown): void => listener(message);
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(own));
    return toDisposable(() => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic);
    });
  }

  tell(topic: string, message: unknown): void {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) {
      try {
        listener(message);
      } catch (error) {
        this.#log.error(`A listener of ${topic} failed: ${messageOf(error)}`);
      }
    }
  }
}

/** One answerer per method. */
export class Methods {
  readonly #answers = new Map<string, (params: unknown) => Promise<unknown>>();

  serve(method: string, answer: (params: unknown) => Promise<unknown>): Disposable {
    this.#answers.set(method, answer);
    return toDisposable(() => {
      if (this.#answers.get(method) === answer) this.#answers.delete(method);
    });
  }

  async answer(method: string, params: unknown): Promise<unknown> {
    const answer = this.#answers.get(method);
    if (answer === undefined) throw new AgentsError('unsupported', `This process of the hub does not answer ${method}.`);
    return await answer(params);
  }
}
