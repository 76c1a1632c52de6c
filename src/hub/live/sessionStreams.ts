// Which streams want which session's events: one listener for all sockets, one frame for all streams of a session.
import type { Disposable } from '../../base/disposable.ts';
import type { Sessions } from '../parts.ts';
import { encodeEvents } from './outbox.ts';
import { SessionStream, type SessionStreamParts } from './sessionStream.ts';

export class SessionStreams implements Disposable {
  readonly #sessions: Sessions;
  readonly #streams = new Map<string, Set<SessionStream>>();
  readonly #listening: Disposable;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
    this.#listening = sessions.onEvents((events) => {
      const streams = this.#streams.get(events.id);
      if (streams === undefined) return;
      let encoded: Buffer | undefined;
      const frame = (): Buffer => (encoded ??= encodeEvents(events.id, events.texts));
      for (const stream of [...streams]) stream.offer(events, frame);
    });
  }

  open(options: Omit<SessionStreamParts, 'sessions'>): Disposable {
    const stream = new SessionStream({ ...options, sessions: this.#sessions });
    const streams = this.#streams.get(options.id) ?? new Set();
    this.#streams.set(options.id, streams.add(stream));
    return {
      dispose: () => {
        stream.dispose();
        streams.delete(stream);
        if (streams.size === 0 && this.#streams.get(options.id) === streams) this.#streams.delete(options.id);
      },
    };
  }

  dispose(): void {
    this.#listening.dispose();
    for (const streams of this.#streams.values()) for (const stream of streams) stream.dispose();
    this.#streams.clear();
  }
}
