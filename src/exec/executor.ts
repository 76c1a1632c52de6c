// What it takes to run programs in a place (this machine, a container, a host): argv in, bytes out, never a shell.
import type { Disposable } from '../base/disposable.ts';
import type { Event } from '../base/event.ts';

export interface ExecExit {
  /** The exit code, or null when a signal ended the program or the place went away. */
  readonly code: number | null;
  /** The signal's name, where one is known. */
  readonly signal?: string;
  /** Why the stream ended without an exit (connection lost, program missing). */
  readonly error?: Error;
}

export interface ExecOptions {
  readonly cwd?: string;
  /** The whole environment of the program; the place's own when absent. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface RunOptions extends ExecOptions {
  /** Written to standard input, which is then closed. */
  readonly input?: string | Uint8Array;
  /** Milliseconds until the program is killed and the run fails with reason `timeout`. */
  readonly timeoutMs: number;
  /** Bytes of stdout and of stderr kept; more than this fails the run. Default 16 MiB. */
  readonly maxBytes?: number;
}

export interface ExecResult extends ExecExit {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** A program that runs until it ends or is disposed. Bytes arriving before the first listener are kept for it. */
export interface ExecStream extends Disposable {
  readonly onStdout: Event<Buffer>;
  readonly onStderr: Event<Buffer>;
  /** Resolves once, after the last byte was delivered; never rejects. */
  readonly exited: Promise<ExecExit>;
  /** Queues bytes for standard input. A write after the end is dropped. */
  write(data: string | Uint8Array): void;
  /** Closes standard input. */
  end(): void;
}

export interface Executor {
  /** Names the place in messages and logs: `local`, `docker:ab12...`. */
  readonly label: string;
  /** Runs a program to its end. Fails with `command-not-found`, `timeout`, `cancelled` or `disconnected`; an exit code is no failure. */
  run(argv: readonly string[], options: RunOptions): Promise<ExecResult>;
  /** Starts a program and keeps its streams open. Fails as `run` does. */
  open(argv: readonly string[], options?: ExecOptions): Promise<ExecStream>;
}
