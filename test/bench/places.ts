// A tmux directory and a corner of Docker for one group of figures, and one warm manager on them; all of it is gone afterwards.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DockerPlace } from '../integration/runtimes/docker/support/dockerPlace.ts';
import { LocalRuntime, RuntimeManager } from '../../src/public/runtimes.ts';
import { makeTmuxHome, type TmuxHome } from '../support/tmuxHome.ts';
import type { Measuring } from './figure.ts';

/** The socket that LocalRuntime uses by default, here in a directory of its own. */
export const SOCKET = 'tmux-agents';

export interface LocalPlace {
  readonly home: TmuxHome;
  /** Where agents work. */
  readonly folder: string;
}

/** Points this process at a fresh TMUX_TMPDIR. Before any LocalRuntime is made. */
export function localPlace(measuring: Measuring): LocalPlace {
  const home = makeTmuxHome();
  measuring.afterwards(() => home.end());
  const folder = join(home.directory, 'work');
  mkdirSync(folder);
  return { home, folder };
}

export function dockerPlace(measuring: Measuring): DockerPlace {
  const place = new DockerPlace();
  measuring.afterwards(() => place.dispose());
  return place;
}

/** A manager with the local runtime as `local` and, where a place for it is given, a Docker runtime as `docker`; it follows them, as the extension's does. */
export function managerOn(measuring: Measuring, docker?: DockerPlace): RuntimeManager {
  const manager = new RuntimeManager();
  manager.register('local', new LocalRuntime());
  if (docker) manager.register('docker', docker.runtime());
  const watching = manager.watch();
  measuring.afterwards(() => manager.dispose());
  measuring.afterwards(() => watching.dispose());
  return manager;
}
