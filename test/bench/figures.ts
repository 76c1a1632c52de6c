// Every group of figures, in the order of the table.
import type { FigureGroup } from './figure.ts';

type Load = () => Promise<FigureGroup>;

/** Loaded one by one, each in its own process: what one group needs costs the others no memory. */
export const figureGroups: Readonly<Record<string, Load>> = {
  'local-spawn': async () => (await import('./figures/localSpawn.ts')).localSpawn,
  'docker-spawn': async () => (await import('./figures/dockerSpawn.ts')).dockerSpawn,
  'local-keys': async () => (await import('./figures/keys.ts')).localKeys,
  'docker-keys': async () => (await import('./figures/keys.ts')).dockerKeys,
  fleet: async () => (await import('./figures/fleet.ts')).fleet,
  'local-flood': async () => (await import('./figures/flood.ts')).localFlood,
  'docker-flood': async () => (await import('./figures/flood.ts')).dockerFlood,
  status: async () => (await import('./figures/status.ts')).status,
  workspaces: async () => (await import('./figures/workspaces.ts')).workspaces,
  sessions: async () => (await import('./figures/sessions.ts')).sessions,
  hub: async () => (await import('./figures/hub.ts')).hub,
  extension: async () => (await import('./figures/extension.ts')).extension,
};
