// The agents of a hub as a window keeps them: a snapshot, then changes. Those that this machine itself shares are left out: the view has them already.
import { Emitter, type Event } from '../../base/event.ts';
import type { HubAgent } from '../../protocol/hubWire/hubRest.ts';
import type { LiveFrame } from '../../protocol/hubWire/liveFrames.ts';
import type { Shown } from '../tree/shownState.ts';
import { oneLine } from '../shownText.ts';

export class HubAgents {
  readonly #agents = new Map<string, HubAgent>();
  readonly #changed = new Emitter<void>();
  readonly #isOwn: (runnerId: string) => boolean;

  constructor(isOwn: (runnerId: string) => boolean) {
    this.#isOwn = isOwn;
  }

  readonly onDidChange: Event<void> = (listener) => this.#changed.event(listener);

  /** Those that wait come first, then the newest; what has ended comes last. */
  list(): readonly HubAgent[] {
    return [...this.#agents.values()].filter(({ runner_id: runnerId }) => !this.#isOwn(runnerId)).sort((a, b) => rank(a) - rank(b) || b.created_at - a.created_at || a.id.localeCompare(b.id));
  }

  find(id: string): HubAgent | undefined {
    return this.#agents.get(id);
  }

  take(frame: LiveFrame): void {
    if (frame.type === 'fleet') {
      this.#agents.clear();
      for (const agent of frame.agents) this.#agents.set(agent.id, agent);
    } else if (frame.type === 'agent') this.#agents.set(frame.agent.id, frame.agent);
    else if (frame.type !== 'agent_gone' || !this.#agents.delete(frame.session_id)) return;
    this.#changed.fire();
  }

  /** The hub is not connected any more. */
  clear(): void {
    if (this.#agents.size === 0) return;
    this.#agents.clear();
    this.#changed.fire();
  }
}

function rank({ asks, ended_at: endedAt, connected }: HubAgent): number {
  if (endedAt !== undefined) return 3;
  if (!connected) return 2;
  return asks.length > 0 ? 0 : 1;
}

/** Its state in the words and icons of the view. */
export function shownHubAgent({ connected, ended_at: endedAt, status, status_since: since, asks, runner_name: runner }: HubAgent): Shown {
  if (endedAt === undefined && !connected) return { state: 'unreachable', text: `${runner} is not connected` };
  switch (status.state) {
    case 'waiting':
      return { state: 'waiting', kind: status.kind, text: oneLine(asks[0]?.text ?? status.text), since };
    case 'error':
      return { state: 'error', text: oneLine(status.message), since };
    case 'exited':
      return { state: 'exited', text: status.exitCode === null ? 'ended' : `ended with exit code ${status.exitCode}`, inOrder: status.exitCode === 0 || status.exitCode === null, since };
    case 'unknown':
      return { state: 'unknown', text: oneLine(status.reason), since };
    case 'starting':
    case 'working':
    case 'idle':
      return { state: status.state, text: '', since };
  }
}
