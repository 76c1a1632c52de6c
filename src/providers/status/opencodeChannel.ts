// The channel source of opencode: follows its server's events for one agent, and comes back when they break off.
import { Backoff } from '../../base/backoff.ts';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { asAgentsError, messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { Observation } from './observation.ts';
import type { OpencodeServer } from './opencodeServer.ts';
import { afterEvent, opencodeObservation, opencodeState, type OpencodeState } from './opencodeState.ts';

export interface ChannelOptions {
  /** Finds the server; fails where the agent has none. Asked again at each attempt until it succeeds. */
  readonly server: () => Promise<OpencodeServer>;
  readonly take: (observation: Observation) => void;
  readonly log?: Log;
}

/**
 * Attempts in vain, one after the other, before the channel is given up, and the milliseconds between them at most. It starts within
 * seconds, or it is not there: asking this machine costs nothing, running a program in a container does.
 */
const PATIENCE = { here: { attempts: 90, longestMs: 1_000 }, there: { attempts: 6, longestMs: 10_000 } } as const;

/** Follows until disposed. Every failure is an observation without a claim, so that the next source decides. */
export function followOpencode({ server, take, log = silentLog }: ChannelOptions): Disposable {
  const stop = new AbortController();
  const backoff = new Backoff({ firstMs: 250, longestMs: PATIENCE.there.longestMs });
  let retry: NodeJS.Timeout | undefined;
  let state: OpencodeState | undefined;
  let found: OpencodeServer | undefined;
  let vain = 0;

  const tell = (next: OpencodeState): void => {
    if (next === state) return;
    state = next;
    take(opencodeObservation(next, Date.now()));
  };

  const connect = async (): Promise<void> => {
    const opencode = (found ??= await server());
    await opencode.ready(stop.signal);
    let early: string[] | undefined = [];
    const connected = async (): Promise<void> => {
      // Events are kept until it is known where things stand.
      const snapshot = await opencode.snapshot();
      if (stop.signal.aborted) return;
      vain = 0;
      backoff.reset();
      const kept = early ?? [];
      early = undefined;
      tell(kept.reduce(afterEvent, opencodeState(snapshot, state)));
    };
    const broken = new AbortController();
    let failure: Error | undefined;
    await opencode.follow(
      (json) => {
        if (early === undefined) {
          if (state !== undefined) tell(afterEvent(state, json));
          return;
        }
        // The first event says that the server listens to us.
        if (early.push(json) === 1) {
          connected().catch((error: unknown) => {
            failure = asAgentsError(error);
            broken.abort();
          });
        }
      },
      AbortSignal.any([stop.signal, broken.signal]),
    );
    if (failure !== undefined) throw failure;
  };

  const attempt = (): void => {
    connect()
      .catch((error: unknown) => log.debug(`opencode's events: ${messageOf(error)}`))
      .finally(() => {
        if (stop.signal.aborted) return;
        if (state !== undefined && vain === 0) take({ source: 'channel', at: Date.now(), claim: null, evidence: 'Its server does not answer.' });
        const { attempts, longestMs } = found?.waits === false ? PATIENCE.here : PATIENCE.there;
        if (++vain > attempts) return;
        retry = setTimeout(attempt, Math.min(longestMs, backoff.next()));
        retry.unref();
      });
  };
  attempt();
  return toDisposable(() => {
    clearTimeout(retry);
    stop.abort();
  });
}
