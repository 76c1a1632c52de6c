// The groups of attempts on disk: one file each, changed under a lock that all faces of this machine share, and watched.
import { mkdirSync, readFileSync, readdirSync, renameSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { withProcessLock } from '../../base/processLock.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { AttemptGroup, type Attempt } from '../../protocol/attemptGroup.ts';

const SUFFIX = '.json';
/** Milliseconds that another face may take for one change of a file. */
const CHANGE_MS = 10_000;

export class AttemptStore {
  readonly #folder: string;
  readonly #log: Log;

  /** The default is `$XDG_STATE_HOME/tmux-agents/attempts`. */
  constructor(folder: string = stateFolder(process.env, 'attempts'), log: Log = silentLog) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Undefined where there is none; one that cannot be read is logged and stays. */
  read(id: string): AttemptGroup | undefined {
    if (!AttemptGroup.shape.id.safeParse(id).success) return undefined;
    let text: string;
    try {
      text = readFileSync(this.#path(id), 'utf8');
    } catch {
      return undefined;
    }
    try {
      return AttemptGroup.parse(JSON.parse(text));
    } catch (error) {
      this.#log.warn(`${this.#path(id)} cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Throws `not-found`. */
  require(id: string): AttemptGroup {
    const group = this.read(id);
    if (group === undefined) throw new AgentsError('not-found', `There is no group of attempts "${id}".`);
    return group;
  }

  /** The latest first. */
  list(): AttemptGroup[] {
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch {
      return [];
    }
    return names.flatMap((name) => (name.endsWith(SUFFIX) ? (this.read(name.slice(0, -SUFFIX.length)) ?? []) : [])).sort((one, other) => other.createdAt.localeCompare(one.createdAt));
  }

  /** Replaced whole. */
  write(group: AttemptGroup): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const draft = `${this.#path(group.id)}.${process.pid}.tmp`;
    writeFileSync(draft, `${JSON.stringify(AttemptGroup.parse(group), undefined, 2)}\n`, { mode: 0o600 });
    renameSync(draft, this.#path(group.id));
  }

  /** Changes one attempt of a group; `change` sees the group as it is under the lock, and may throw. Throws `not-found`. */
  async update(id: string, agentId: string, change: (attempt: Attempt, group: AttemptGroup) => Attempt): Promise<void> {
    await withProcessLock(this.#path(id), () => {
      const group = this.require(id);
      this.write({ ...group, attempts: group.attempts.map((attempt) => (attempt.agentId === agentId ? change(attempt, group) : attempt)) });
      return Promise.resolve();
    }, { timeoutMs: CHANGE_MS });
  }

  /** Calls back when a face changed a group. */
  watch(onChange: (id: string) => void): Disposable {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const watcher = watch(this.#folder, (_event, name) => (name?.endsWith(SUFFIX) === true ? onChange(name.slice(0, -SUFFIX.length)) : undefined));
    watcher.on('error', () => undefined);
    return toDisposable(() => watcher.close());
  }

  #path(id: string): string {
    return join(this.#folder, `${id}${SUFFIX}`);
  }
}
