// A session's terminal output on its way out: recorded as it is written, told without secrets.
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { RedactedStream, Redactor } from '../../base/redact.ts';
import type { RunnerEventBody } from '../../protocol/runnerEvent.ts';

export interface SessionTerminalParts {
  readonly redactor: Redactor;
  /** Takes secrets out by itself. */
  readonly recorder: { write(text: string): void; close(): Promise<void> } | undefined;
  readonly append: (body: RunnerEventBody) => void;
  readonly log: Log;
}

export class SessionTerminal {
  readonly #parts: SessionTerminalParts;
  readonly #stream: RedactedStream;

  constructor(parts: SessionTerminalParts) {
    this.#parts = parts;
    this.#stream = parts.redactor.stream();
  }

  write(data: string, stream: 'stdout' | 'stderr'): void {
    this.#parts.recorder?.write(data);
    this.#tell(this.#stream.write(data), stream);
  }

  /** Tells what may have been the beginning of a secret. Never fails. */
  async end(): Promise<void> {
    this.#tell(this.#stream.end(), 'stdout');
    await this.release();
  }

  /** Closes the recording; another process goes on with it. Never fails. */
  async release(): Promise<void> {
    await this.#parts.recorder?.close().catch((error: unknown) => this.#parts.log.warn(`The recording is not whole: ${messageOf(error)}`));
  }

  #tell(data: string, stream: 'stdout' | 'stderr'): void {
    if (data !== '') this.#parts.append({ type: 'TERMINAL_CHUNK', data, stream });
  }
}
