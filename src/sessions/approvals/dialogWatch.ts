// Keeps an eye on the dialog of one request for as long as it waits: a hook tells of it before it is drawn, and a screen may be read in the middle of a repaint.
import { Backoff } from '../../base/backoff.ts';
import type { Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { screenKey } from '../../providers/status/screenMatch.ts';
import { ScreenSampler } from '../../providers/status/screenSampler.ts';
import type { ScreenMatch } from '../../providers/status/screenTypes.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { AgentScreen } from './ports.ts';

export interface DialogWatchOptions {
  readonly screen: Pick<AgentScreen, 'look' | 'onOutput'>;
  readonly agent: AgentInfo;
  /** Called when the screen has settled on a dialog other than the one that the request was described by. */
  readonly changed: () => void;
  readonly log?: Log;
}

/** Looks after output only, and after each description until the screen agrees with it: nothing runs while a dialog just stands there. */
export class DialogWatch implements Disposable {
  readonly #options: DialogWatchOptions;
  readonly #log: Log;
  readonly #backoff = new Backoff({ firstMs: 250, longestMs: 10_000 });
  readonly #sampler: ScreenSampler<ScreenMatch | undefined>;
  #described: string | undefined;
  #output: Disposable | undefined;
  #retry: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(options: DialogWatchOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    const { screen, agent } = options;
    this.#sampler = new ScreenSampler({
      look: () => screen.look(agent),
      keyOf: screenKey,
      settled: (shown) => this.#settled(shown),
      failed: (error) => this.#log.debug(`${agent.agentId}: its dialog cannot be seen: ${messageOf(error)}`),
    });
    void this.#listen();
  }

  /** The request is described by this screen now; undefined where it could not be seen. */
  described(shown: ScreenMatch | undefined): void {
    if (this.#disposed) return;
    this.#described = screenKey(shown);
    this.#sampler.hurry();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#retry);
    this.#output?.dispose();
    this.#sampler.dispose();
  }

  async #listen(): Promise<void> {
    const { screen, agent } = this.#options;
    try {
      const output = await screen.onOutput(agent, () => this.#sampler.touch());
      if (this.#disposed) return output.dispose();
      this.#output = output;
      // What was printed before is heard of by nobody.
      this.#sampler.hurry();
    } catch (error) {
      if (this.#disposed) return;
      this.#log.debug(`${agent.agentId}: its terminal cannot be followed: ${messageOf(error)}`);
      this.#retry = setTimeout(() => void this.#listen(), this.#backoff.next());
      this.#retry.unref();
    }
  }

  /** A dialog that is gone changes nothing here: its agent's status tells what became of it. */
  #settled(shown: ScreenMatch | undefined): void {
    const key = screenKey(shown);
    if (shown?.dialog === undefined || key === this.#described) return;
    this.#described = key;
    this.#options.changed();
  }
}
