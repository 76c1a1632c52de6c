// The token that a runner connects with: which of those it has is good, and a new one before it ends.
import type { Disposable } from '../../../base/disposable.ts';
import { isAgentsError, messageOf } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import { lifeOf } from '../settings/tokenLife.ts';

export interface RunnerTokenParts {
  /** Read anew: somebody may have registered meanwhile. */
  readonly stored: () => { readonly runnerToken?: string | undefined; readonly accessToken?: string | undefined };
  /** Registers again by that token; resolves with the runner's new one, where the hub gives one. */
  readonly renew: (by: string) => Promise<string | undefined>;
  /** Keeps it for the next process. */
  readonly keep: (token: string) => void;
  readonly log: Log;
  readonly now?: (() => number) | undefined;
}

/** A token is renewed in the last quarter of its life, and looked at so often (ms). */
const QUARTER = 4;
const LOOK_MS = 10 * 60_000;

export class RunnerToken implements Disposable {
  readonly #parts: RunnerTokenParts;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  /** Given by the hub to this process. */
  #fresh: string | undefined;
  #renewing: Promise<string | undefined> | undefined;
  #problem: string | undefined;

  constructor(parts: RunnerTokenParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#timer = setInterval(() => void this.current().catch(() => undefined), LOOK_MS);
    this.#timer.unref();
  }

  /** Why it could not be renewed, for people. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Unix time in ms; undefined where the token does not say. */
  get endsAt(): number | undefined {
    const token = this.#best();
    return token === undefined ? undefined : lifeOf(token)?.end;
  }

  /** Renews it where that is due. Undefined: there is none, and only a person can get one. One that has ended by this machine's clock is given all the same: the clock may be wrong, and the hub judges. */
  async current(): Promise<string | undefined> {
    const token = this.#best();
    if (token === undefined || !this.#isDue(token)) return token;
    return (await this.renewed().catch(() => undefined)) ?? token;
  }

  /** A new one, however good the old one is. Undefined where nothing is left to ask with, or the hub gives none. Fails as the hub does. */
  renewed(): Promise<string | undefined> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  dispose(): void {
    clearInterval(this.#timer);
  }

  async #renew(): Promise<string | undefined> {
    const { accessToken, runnerToken } = this.#parts.stored();
    let fault: unknown;
    for (const token of new Set([accessToken, this.#fresh, runnerToken])) {
      if (token === undefined) continue;
      try {
        const renewed = await this.#parts.renew(token);
        this.#problem = undefined;
        if (renewed === undefined) continue;
        this.#fresh = renewed;
        this.#parts.keep(renewed);
        this.#parts.log.info('The token of this runner was renewed.');
        return renewed;
      } catch (error) {
        fault = error;
        if (!isAgentsError(error, 'policy-denied')) break;
      }
    }
    if (fault === undefined) return undefined;
    this.#say(`The token of this runner could not be renewed: ${messageOf(fault)}${isAgentsError(fault, 'policy-denied') ? ' Register it again: tmux-agents runner register' : ''}`);
    throw fault instanceof Error ? fault : new Error(messageOf(fault));
  }

  /** The first that has not ended, or the first; a runner's own before a person's. */
  #best(): string | undefined {
    const { runnerToken, accessToken } = this.#parts.stored();
    const all = [this.#latest(runnerToken), runnerToken, accessToken].filter((token) => token !== undefined);
    return all.find((token) => this.#isAlive(token)) ?? all[0];
  }

  /** What somebody stored meanwhile may live longer than what the hub gave. */
  #latest(stored: string | undefined): string | undefined {
    if (this.#fresh === undefined || stored === undefined) return this.#fresh ?? stored;
    return (lifeOf(stored)?.end ?? Infinity) > (lifeOf(this.#fresh)?.end ?? Infinity) ? stored : this.#fresh;
  }

  #isAlive(token: string): boolean {
    return (lifeOf(token)?.end ?? Infinity) > this.#now();
  }

  #isDue(token: string): boolean {
    const life = lifeOf(token);
    return life !== undefined && life.end - this.#now() < (life.end - life.start) / QUARTER;
  }

  #say(problem: string): void {
    if (this.#problem !== problem) this.#parts.log.warn(problem);
    this.#problem = problem;
  }
}
