// The adopted sessions on disk: one small file, replaced whole by a rename, shared by all faces on this machine.
import { mkdirSync, readFileSync, renameSync, watch, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
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

  /** Reads, changes and replaces the file without a pause in between. */
  update(change: (sessions: readonly AdoptedSession[]) => readonly AdoptedSession[]): void {
    const sessions = change(this.read());
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const draft = `${this.#path}.${process.pid}.tmp`;
    writeFileSync(draft, `${JSON.stringify({ v: 1, sessions }, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(draft, this.#path);
  }

  /** Calls back when any face changed the file. */
  watch(onChange: () => void): Disposable {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const watcher = watch(dirname(this.#path), (_event, file) => {
      if (file === null || file === basename(this.#path)) onChange();
    });
    watcher.on('error', () => undefined);
    return toDisposable(() => watcher.close());
  }
}
