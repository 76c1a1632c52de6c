// What one agent did, out of its events: its timeline, its latest usage, and how that went. Pure.
import type { RunnerEvent, UsageMetrics } from '../../../protocol/runnerEvent.ts';
import { Timeline } from '../../../protocol/timeline/timeline.ts';
import type { TimelineEntry } from '../../../protocol/timelineEntry.ts';

/** One look at what its processes take. */
export interface Load {
  /** Unix time in ms. */
  readonly ts: number;
  /** Percent of one core. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

const LOADS = 240;

export class AgentStory {
  /** Whatever tells something: all but terminal output and usage. */
  #kept: RunnerEvent[] = [];
  #timeline = new Timeline();
  #loads: Load[] = [];
  #usage: UsageMetrics | undefined;
  #first: number | undefined;
  #last = 0;

  /** In the order in which they began. */
  get entries(): readonly TimelineEntry[] {
    return this.#timeline.entries;
  }

  get usage(): UsageMetrics | undefined {
    return this.#usage;
  }

  /** The latest ones, in order. */
  get loads(): readonly Load[] {
    return this.#loads;
  }

  /** The number of the earliest event that is here; undefined while there is none. */
  get firstSeq(): number | undefined {
    return this.#first;
  }

  /** The number of the latest event that is here; 0 while there is none. */
  get lastSeq(): number {
    return this.#last;
  }

  /** Takes what comes after what is here; what is here already is left out. Whether anything that is shown has changed. */
  take(events: readonly RunnerEvent[]): boolean {
    let changed = false;
    for (const event of events) {
      if (event.seq <= this.#last) continue;
      this.#first ??= event.seq;
      this.#last = event.seq;
      if (event.type === 'TERMINAL_CHUNK') continue;
      changed = true;
      this.#measure(event);
      if (event.type === 'USAGE_TICK') continue;
      this.#kept.push(event);
      this.#timeline.take(event);
    }
    return changed;
  }

  /** Puts events before those that are here: the timeline is made anew. */
  takeEarlier(events: readonly RunnerEvent[]): void {
    const first = this.#first;
    const earlier = events.filter(({ seq }) => first === undefined || seq < first);
    if (earlier.length === 0) return;
    this.#first = earlier[0]?.seq;
    if (this.#last === 0) this.#last = earlier.at(-1)?.seq ?? 0;
    this.#kept = [...earlier.filter(({ type }) => type !== 'TERMINAL_CHUNK' && type !== 'USAGE_TICK'), ...this.#kept];
    this.#timeline = new Timeline();
    for (const event of this.#kept) this.#timeline.take(event);
    if (this.#usage === undefined) for (const event of earlier) this.#measure(event);
  }

  #measure(event: RunnerEvent): void {
    if (event.type === 'SESSION_ENDED') this.#usage = event.totalUsage;
    if (event.type !== 'USAGE_TICK') return;
    this.#usage = event.units;
    const { cpuPercent, memoryBytes } = event.units;
    if (cpuPercent === undefined || memoryBytes === undefined) return;
    this.#loads.push({ ts: event.ts, cpuPercent, memoryBytes });
    if (this.#loads.length > LOADS) this.#loads.shift();
  }
}
