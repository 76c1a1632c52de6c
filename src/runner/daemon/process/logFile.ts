// The daemon's log: lines in a file for its user alone, which is put aside when it is large; and its last errors, for `status`.
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from '../../../base/disposable.ts';
import type { Log } from '../../../base/log.ts';
import { PRIVATE_FOLDER, stateFault } from '../../../base/stateFile.ts';

export interface LogFileOptions {
  /** Bytes after which a new file is begun. */
  readonly mostBytes?: number | undefined;
  /** Older files that are kept: `.1` is the latest of them. */
  readonly kept?: number | undefined;
  /** Takes secrets out. */
  readonly redact?: ((text: string) => string) | undefined;
  /** Also told, such as to a terminal. */
  readonly show?: ((level: Level, message: string) => void) | undefined;
}
export type Level = 'debug' | 'info' | 'warn' | 'error';

const MOST_ERRORS = 20;

export class LogFile implements Log, Disposable {
  readonly path: string;
  readonly #options: LogFileOptions;
  readonly #errors: { readonly at: number; readonly message: string }[] = [];
  #fd: number | undefined;
  #size = 0;

  /** Throws `folder-unwritable`. */
  constructor(folder: string, options: LogFileOptions = {}) {
    this.path = join(folder, 'sibyl-runner.log');
    this.#options = options;
    try {
      mkdirSync(folder, PRIVATE_FOLDER);
      this.#open();
    } catch (error) {
      throw stateFault("The runner's log", folder, error);
    }
  }

  /** Warnings and errors, the oldest first. */
  get errors(): readonly { readonly at: number; readonly message: string }[] {
    return this.#errors;
  }

  trace(): void {
    // Not kept.
  }

  debug(message: string): void {
    this.#write('debug', message);
  }

  info(message: string): void {
    this.#write('info', message);
  }

  warn(message: string): void {
    this.#fault('warn', message);
  }

  error(message: string): void {
    this.#fault('error', message);
  }

  dispose(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #fault(level: Level, message: string): void {
    this.#errors.push({ at: Date.now(), message: this.#options.redact?.(message) ?? message });
    if (this.#errors.length > MOST_ERRORS) this.#errors.shift();
    this.#write(level, message);
  }

  /** A disk that takes nothing costs the log, and nothing else. */
  #write(level: Level, message: string): void {
    const text = this.#options.redact?.(message) ?? message;
    this.#options.show?.(level, text);
    if (this.#fd === undefined) return;
    const line = Buffer.from(`${new Date().toISOString()} ${level.padEnd(5)} ${text.replaceAll('\n', '\n  ')}\n`);
    try {
      if (this.#size + line.length > (this.#options.mostBytes ?? 10 * 1024 * 1024)) this.#rotate();
      writeSync(this.#fd, line);
      this.#size += line.length;
    } catch {
      // As said.
    }
  }

  #rotate(): void {
    const { kept = 3 } = this.#options;
    for (let number = kept; number >= 1; number--) {
      try {
        renameSync(number === 1 ? this.path : `${this.path}.${number - 1}`, `${this.path}.${number}`);
      } catch {
        // There are fewer yet.
      }
    }
    const before = this.#fd;
    this.#open();
    if (before !== undefined) closeSync(before);
  }

  #open(): void {
    this.#fd = openSync(this.path, 'a', 0o600);
    this.#size = fstatSync(this.#fd).size;
  }
}
