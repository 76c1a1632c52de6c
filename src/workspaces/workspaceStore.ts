// The records of workspaces on disk: one file each, replaced whole by a rename, shared by all faces on this machine.
import { readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { silentLog, type Log } from '../base/log.ts';
import { writeStateJson } from '../base/stateFile.ts';
import { stateFolder } from '../base/stateFolder.ts';
import { WorkspaceRecord } from '../protocol/workspaceRecord.ts';

const SUFFIX = '.json';

export class WorkspaceStore {
  readonly #folder: string;
  readonly #log: Log;

  /** The default is `$XDG_STATE_HOME/tmux-agents/workspaces`. */
  constructor(folder: string = stateFolder(process.env, 'workspaces'), log: Log = silentLog) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Undefined where there is none; one that cannot be read is logged and stays. */
  read(id: string): WorkspaceRecord | undefined {
    if (!WorkspaceRecord.shape.id.safeParse(id).success) return undefined;
    const path = this.#path(id);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
    try {
      return WorkspaceRecord.parse(JSON.parse(text));
    } catch (error) {
      this.#log.warn(`${path} cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** The oldest first. */
  list(): WorkspaceRecord[] {
    const records = this.#names().flatMap((name) => (name.endsWith(SUFFIX) ? (this.read(name.slice(0, -SUFFIX.length)) ?? []) : []));
    return records.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  }

  /** The workspace whose folder this is, by its real name. */
  at(folder: string): WorkspaceRecord | undefined {
    const real = realOf(folder);
    return this.list().find(({ path }) => path === real);
  }

  /** Throws `folder-unwritable`. */
  write(record: WorkspaceRecord): void {
    writeStateJson(this.#path(record.id), record, `The record of the workspace "${record.id}"`);
  }

  remove(id: string): void {
    if (WorkspaceRecord.shape.id.safeParse(id).success) rmSync(this.#path(id), { force: true });
  }

  #path(id: string): string {
    return join(this.#folder, `${id}${SUFFIX}`);
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
