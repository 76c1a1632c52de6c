// Records on disk: one JSON file for each id in a folder of their own, replaced whole by a rename, shared by all faces on this machine.
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from './errors.ts';
import type { Log } from './log.ts';
import { writeStateJson } from './stateFile.ts';

const SUFFIX = '.json';

export interface RecordKind<T> {
  /** Below which the files lie. */
  readonly folder: string;
  /** Whether that can be an id: no other becomes a file name. */
  readonly isId: (id: string) => boolean;
  /** Throws for what is no such record. */
  readonly parse: (value: unknown) => T;
  readonly idOf: (record: T) => string;
  /** Begins the sentence of a write that failed: `The record of the workspace "a"`. */
  readonly what: (id: string) => string;
  readonly log: Log;
}

/** A file that is no record, and why. */
export interface DamagedRecord {
  readonly path: string;
  readonly reason: string;
}

export class RecordFolder<T> {
  readonly folder: string;
  readonly #kind: RecordKind<T>;

  constructor(kind: RecordKind<T>) {
    this.folder = kind.folder;
    this.#kind = kind;
  }

  /** Undefined where there is none; one that cannot be read is logged and stays. */
  read(id: string): T | undefined {
    const found = this.#look(id);
    if (found === undefined || 'record' in found) return found?.record;
    this.#kind.log.warn(`${found.path} cannot be read: ${found.reason}`);
    return undefined;
  }

  /** All that can be read, in no order. */
  list(): T[] {
    return this.#ids().flatMap((id) => this.read(id) ?? []);
  }

  /** Those that cannot be read: left as they are. */
  damaged(): DamagedRecord[] {
    return this.#ids().flatMap((id) => {
      const found = this.#look(id);
      return found === undefined || 'record' in found ? [] : [found];
    });
  }

  /** Throws `folder-unwritable`. */
  write(record: T): void {
    const id = this.#kind.idOf(record);
    writeStateJson(this.pathOf(id), record, this.#kind.what(id));
  }

  remove(id: string): void {
    if (this.#kind.isId(id)) rmSync(this.pathOf(id), { force: true });
  }

  pathOf(id: string): string {
    return join(this.folder, `${id}${SUFFIX}`);
  }

  /** The id that a file of the folder is of; undefined for another file. */
  idAt(name: string): string | undefined {
    return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : undefined;
  }

  #look(id: string): { readonly record: T } | DamagedRecord | undefined {
    if (!this.#kind.isId(id)) return undefined;
    const path = this.pathOf(id);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? undefined : { path, reason: messageOf(error) };
    }
    try {
      const record = this.#kind.parse(JSON.parse(text));
      return this.#kind.idOf(record) === id ? { record } : { path, reason: `it is the record of "${this.#kind.idOf(record)}"` };
    } catch (error) {
      return { path, reason: messageOf(error) };
    }
  }

  #ids(): string[] {
    try {
      return readdirSync(this.folder).flatMap((name) => this.idAt(name) ?? []);
    } catch {
      return [];
    }
  }
}
