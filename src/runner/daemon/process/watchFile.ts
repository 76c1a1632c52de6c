// Tells when a file was changed, also by being replaced, or made where there was none.
import { mkdirSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Disposable } from '../../../base/disposable.ts';
import { PRIVATE_FOLDER } from '../../../base/stateFile.ts';

/** Milliseconds for which changes are gathered: a writer may need several steps. */
const GATHER_MS = 100;

/** Makes its folder where it is missing. What cannot be watched is not told. */
export function watchFile(path: string, onChange: () => void): Disposable {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  try {
    mkdirSync(dirname(path), PRIVATE_FOLDER);
    watcher = watch(dirname(path), { persistent: false }, (_, name) => {
      if (name !== null && name !== basename(path)) return;
      clearTimeout(timer);
      timer = setTimeout(onChange, GATHER_MS);
    });
    watcher.on('error', () => undefined);
  } catch {
    // As said.
  }
  return {
    dispose() {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}
