// The adopted sessions on disk: one small file, replaced whole by a rename, shared by all faces on this machine.
import { mkdirSync, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { PRIVATE_FOLDER, stateFault, writeStateJson } from '../../base/stateFile.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { AdoptedSessionsFile, type AdoptedSession } from '../../protocol/adoptedSession.ts';

/** `$XDG_STATE_HOME/tmux-agents/adopted.json`, or below ~/.local/state. */
export function adoptedStorePath(env: NodeJS.ProcessEnv = process.env): string {
  return stateFolder(env, 'adopted.json');
}

export class AdoptedStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The sessions on record; none when there is no file. Throws `bad-input` for a file that is not ours to overwrite. */
  read(): readonly AdoptedSession[] {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return [];
    }
    try {
      return AdoptedSessionsFile.parse(JSON.parse(text)).sessions;
    } catch (error) {
      throw new AgentsError('bad-input', `The list of adopted sessions cannot be read: ${this.#path}: ${messageOf(error)}`, {
        hint: 'Mend the file, or delete it to adopt afresh.',
        cause: error,
      });
    }
  }

  /** Reads, changes and replaces the file without a pause in between. Throws `folder-unwritable`. */
  update(change: (sessions: readonly AdoptedSession[]) => readonly AdoptedSession[]): void {
    writeStateJson(this.#path, { v: 1, sessions: change(this.read()) }, 'The list of adopted sessions');
  }

  /** Calls back when any face changed the file. Throws `folder-unwritable` where there is no folder, and none can be made. */
  watch(onChange: () => void): Disposable {
    try {
      mkdirSync(dirname(this.#path), PRIVATE_FOLDER);
    } catch (error) {
      throw stateFault('The list of adopted sessions', dirname(this.#path), error);
    }
    const watcher = watch(dirname(this.#path), (_event, file) => {
      if (file === null || file === basename(this.#path)) onChange();
    });
    watcher.on('error', () => undefined);
    return toDisposable(() => watcher.close());
  }
}
