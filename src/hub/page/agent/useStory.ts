// Follows an agent's events while its page is shown.
import { signal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { HubAgent } from '../../../protocol/hubWire/hubRest.ts';
import { useModel } from '../model.ts';
import { AgentStory } from '../state/agentStory.ts';

/** Events that are asked for at first; earlier ones when wished. */
const RECENT = 3000;

export interface Story {
  readonly story: AgentStory;
  /** Counts up with each change. */
  readonly version: ReadonlySignal<number>;
  /** All that the hub had is here. */
  readonly caughtUp: ReadonlySignal<boolean>;
  readonly loadEarlier: () => Promise<void>;
}

export function useStory(agent: HubAgent): Story {
  const model = useModel();
  const { id } = agent;
  const held = useMemo(() => ({ story: new AgentStory(), version: signal(0), caughtUp: signal(false), from: Math.max(0, agent.stored_seq - RECENT) }), [id]);
  useEffect(() => {
    let drawing = 0;
    const changed = (): void => {
      if (drawing !== 0) return;
      drawing = requestAnimationFrame(() => {
        drawing = 0;
        held.version.value++;
      });
    };
    const joined = model.live.joinEvents(id, Math.max(held.from, held.story.lastSeq), (frame) => {
      if (frame.type === 'events' && held.story.take(frame.events)) changed();
      if (frame.type === 'caught_up') {
        held.caughtUp.value = true;
        changed();
      }
    });
    return () => {
      joined.dispose();
      cancelAnimationFrame(drawing);
    };
  }, [id, held, model]);
  return {
    ...held,
    loadEarlier: async () => {
      const first = held.story.firstSeq ?? held.from + 1;
      const after = Math.max(0, first - 1 - RECENT);
      held.story.takeEarlier((await loadBetween(after, first)).flat());
      held.version.value++;
    },
  };

  async function loadBetween(after: number, before: number): Promise<Awaited<ReturnType<typeof model.api.events>>[]> {
    const pages: Awaited<ReturnType<typeof model.api.events>>[] = [];
    for (let last = after; last < before - 1; ) {
      const page = await model.api.events(id, last, Math.min(1000, before - 1 - last));
      const end = page.at(-1)?.seq;
      if (end === undefined || end <= last) break;
      pages.push(page);
      last = end;
    }
    return pages;
  }
}
