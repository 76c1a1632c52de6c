// A hub with all its parts: what `tmux-agents hub` runs.
import { setFlagsFromString } from 'node:v8';
import { openSessions } from '../events/sessionsPart.ts';
import { openLive } from '../live/livePart.ts';
import type { Hub, HubBase, HubOptions } from '../parts.ts';
import { openSibyl } from '../sibyl/sibylPart.ts';
import { openVillage } from '../village/villagePart.ts';
import { startHub, type StartedHub, type StartOptions } from './startHub.ts';

export interface WholeHub extends StartedHub {
  readonly hub: Hub;
}

/** Of what is in use: how much garbage may lie about before it is collected. V8 by itself lets several times as much gather where a machine has the memory. */
const GARBAGE_PERCENT = 40;

/** Throws as `startHub`. */
export async function startWholeHub(options: HubOptions, start: Omit<StartOptions, 'parts'> = {}): Promise<WholeHub> {
  setFlagsFromString(`--heap-growing-percent=${GARBAGE_PERCENT}`);
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

/** In the order in which they need each other; ended in reverse, also those that were made before one that fails. */
async function openParts(base: HubBase): Promise<{ readonly hub: Hub; dispose(): Promise<void> }> {
  const made: { dispose(): unknown }[] = [];
  const own = <Part extends { dispose(): unknown }>(part: Part): Part => {
    made.push(part);
    return part;
  };
  const dispose = async (): Promise<void> => {
    for (const part of made.reverse()) await part.dispose();
  };
  try {
    const sessions = own(openSessions(base));
    const { runners, tasks } = own(await openSibyl(base, sessions.intake));
    sessions.useRunners(runners);
    const hub: Hub = { ...base, runners, tasks, sessions };
    own(openLive(hub));
    own(openVillage(hub));
    return { hub, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
