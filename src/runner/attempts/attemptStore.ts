// The groups of attempts on disk: one file each, changed under a lock that all faces of this machine share, and watched.
import { mkdirSync, watch } from 'node:fs';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { withProcessLock } from '../../base/processLock.ts';
import { RecordFolder, type DamagedRecord } from '../../base/recordFolder.ts';
import { PRIVATE_FOLDER } from '../../base/stateFile.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { AttemptGroup, type Attempt } from '../../protocol/attemptGroup.ts';

/** Milliseconds that another face may take for one change of a file. */
const CHANGE_MS = 10_000;

export class AttemptStore {
  readonly #groups: RecordFolder<AttemptGroup>;

  /** The default is `$XDG_STATE_HOME/tmux-agents/attempts`. */
  constructor(folder: string = stateFolder(process.env, 'attempts'), log: Log = silentLog) {
    const isId = (id: string): boolean => AttemptGroup.shape.id.safeParse(id).success;
    this.#groups = new RecordFolder({ folder, isId, parse: (value) => AttemptGroup.parse(value), idOf: ({ id }) => id, what: (id) => `The group of attempts "${id}"`, log });
  }

  /** Undefined where there is none; one that cannot be read is logged and stays. */
  read(id: string): AttemptGroup | undefined {
    return this.#groups.read(id);
  }

  damaged(): DamagedRecord[] {
    return this.#groups.damaged();
  }

  /** Throws `not-found`. */
  require(id: string): AttemptGroup {
    const group = this.read(id);
    if (group === undefined) throw new AgentsError('not-found', `There is no group of attempts "${id}".`);
    return group;
  }

  /** The latest first. */
  list(): AttemptGroup[] {
    return this.#groups.list().sort((one, other) => other.createdAt.localeCompare(one.createdAt));
  }

  /** Replaced whole. Throws `folder-unwritable`, and for what is no group. */
  write(group: AttemptGroup): void {
    this.#groups.write(AttemptGroup.parse(group));
  }

  /** Changes one attempt of a group; `change` sees the group as it is under the lock, and may throw. Throws `not-found`. */
  async update(id: string, agentId: string, change: (attempt: Attempt, group: AttemptGroup) => Attempt): Promise<void> {
    await withProcessLock(this.#groups.pathOf(id), () => {
      const group = this.require(id);
      this.write({ ...group, attempts: group.attempts.map((attempt) => (attempt.agentId === agentId ? change(attempt, group) : attempt)) });
      return Promise.resolve();
    }, { timeoutMs: CHANGE_MS });
  }

  /** Calls back when a face changed a group. */
  watch(onChange: (id: string) => void): Disposable {
    mkdirSync(this.#groups.folder, PRIVATE_FOLDER);
    const watcher = watch(this.#groups.folder, (_event, name) => {
      const id = this.#groups.idAt(name ?? '');
      if (id !== undefined) onChange(id);
    });
    watcher.on('error', () => undefined);
    return toDisposable(() => watcher.close());
  }
}
