// What the page listens to beside the fleet: sessions' events and terminals, and from where each goes on after a lost connection. Pure.
import type { LiveFrame, LiveRequest } from '../../../protocol/hubWire/liveFrames.ts';

export type SessionFrame = Extract<LiveFrame, { readonly session_id: string }> | (Extract<LiveFrame, { readonly type: 'error' }> & { readonly session_id: string });

export class Joins {
  /** The number of the last event that is here. */
  readonly #events = new Map<string, number>();
  /** The number of the last chunk that is here; undefined before the first. */
  readonly #terminals = new Map<string, number | undefined>();

  joinEvents(sessionId: string, after: number): LiveRequest {
    this.#events.set(sessionId, after);
    return { type: 'join', session_id: sessionId, after };
  }

  leaveEvents(sessionId: string): LiveRequest {
    this.#events.delete(sessionId);
    return { type: 'leave', session_id: sessionId };
  }

  joinTerminal(sessionId: string): LiveRequest {
    this.#terminals.set(sessionId, undefined);
    return { type: 'terminal_join', session_id: sessionId };
  }

  leaveTerminal(sessionId: string): LiveRequest {
    this.#terminals.delete(sessionId);
    return { type: 'terminal_leave', session_id: sessionId };
  }

  /** Notes how far the frame goes. False for one that tells what is here already, or that nobody listens to any more. */
  take(frame: SessionFrame): boolean {
    switch (frame.type) {
      case 'events': {
        const before = this.#events.get(frame.session_id);
        const last = frame.events.at(-1)?.seq;
        if (before === undefined || last === undefined || last <= before) return false;
        this.#events.set(frame.session_id, last);
        return true;
      }
      case 'caught_up':
        return this.#events.has(frame.session_id);
      case 'terminal': {
        if (!this.#terminals.has(frame.session_id)) return false;
        const before = this.#terminals.get(frame.session_id);
        if (frame.snapshot !== true && before !== undefined && frame.seq <= before) return false;
        this.#terminals.set(frame.session_id, frame.seq);
        return true;
      }
      case 'terminal_writer':
      case 'terminal_ended':
        return this.#terminals.has(frame.session_id);
      case 'agent_gone':
      case 'error':
        return true;
    }
  }

  /** All that is to be said on a fresh socket. */
  renewed(): readonly LiveRequest[] {
    return [
      { type: 'watch_fleet' },
      ...[...this.#events].map(([id, after]): LiveRequest => ({ type: 'join', session_id: id, after })),
      ...[...this.#terminals].map(([id, after]): LiveRequest => ({ type: 'terminal_join', session_id: id, ...(after === undefined ? {} : { after }) })),
    ];
  }
}
