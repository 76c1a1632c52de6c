// A hub with all its parts: what `tmux-agents hub` runs.
import { openSessions } from '../events/sessionsPart.ts';
import { openLive } from '../live/livePart.ts';
import type { Hub, HubBase, HubOptions } from '../parts.ts';
import { openSibyl } from '../sibyl/sibylPart.ts';
import { openVillage } from '../village/villagePart.ts';
import { startHub, type StartedHub, type StartOptions } from './startHub.ts';

export interface WholeHub extends StartedHub {
  readonly hub: Hub;
}

/** Throws as `startHub`. */
export async function startWholeHub(options: HubOptions, start: Omit<StartOptions, 'parts'> = {}): Promise<WholeHub> {
  let whole: Hub | undefined;
  const started = await startHub(options, {
    ...start,
    parts: [
      async (base) => {
        const parts = await openParts(base);
        whole = parts.hub;
        return parts;
      },
    ],
  });
  return { ...started, hub: whole as Hub };
}

/** In the order in which they need each other; ended in reverse. */
async function openParts(base: HubBase): Promise<{ readonly hub: Hub; dispose(): Promise<void> }> {
  const sessions = openSessions(base);
  try {
    const sibyl = await openSibyl(base, sessions.intake);
    sessions.useRunners(sibyl.runners);
    const hub: Hub = { ...base, runners: sibyl.runners, tasks: sibyl.tasks, sessions };
    const village = openVillage(hub);
    const live = openLive(hub);
    return {
      hub,
      dispose: async () => {
        live.dispose();
        village.dispose();
        await sibyl.dispose();
        await sessions.dispose();
      },
    };
  } catch (error) {
    await sessions.dispose();
    throw error;
  }
}
