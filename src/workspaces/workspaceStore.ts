// The records of workspaces on disk.
import { realpathSync } from 'node:fs';
import { RecordFolder, type DamagedRecord } from '../base/recordFolder.ts';
import { silentLog, type Log } from '../base/log.ts';
import { stateFolder } from '../base/stateFolder.ts';
import { WorkspaceRecord } from '../protocol/workspaceRecord.ts';

export class WorkspaceStore {
  readonly #records: RecordFolder<WorkspaceRecord>;

  /** The default is `$XDG_STATE_HOME/tmux-agents/workspaces`. */
  constructor(folder: string = stateFolder(process.env, 'workspaces'), log: Log = silentLog) {
    const isId = (id: string): boolean => WorkspaceRecord.shape.id.safeParse(id).success;
    this.#records = new RecordFolder({ folder, isId, parse: (value) => WorkspaceRecord.parse(value), idOf: ({ id }) => id, what: (id) => `The record of the workspace "${id}"`, log });
  }

  /** Undefined where there is none; one that cannot be read is logged and stays. */
  read(id: string): WorkspaceRecord | undefined {
    return this.#records.read(id);
  }

  /** The oldest first. */
  list(): WorkspaceRecord[] {
    return this.#records.list().sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  }

  damaged(): DamagedRecord[] {
    return this.#records.damaged();
  }

  /** The workspace whose folder this is, by its real name. */
  at(folder: string): WorkspaceRecord | undefined {
    const real = realOf(folder);
    return this.list().find(({ path }) => path === real);
  }

  /** Throws `folder-unwritable`. */
  write(record: WorkspaceRecord): void {
    this.#records.write(record);
  }

  remove(id: string): void {
    this.#records.remove(id);
  }
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
