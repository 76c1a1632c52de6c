// One program in a container, over the hijacked connection of its exec: streams out, stdin in, and how it ended.
import { setTimeout as delay } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { AgentsError, messageOf } from '../base/errors.ts';
import type { Event } from '../base/event.ts';
import { ByteChannel } from './byteChannel.ts';
import { DockerFrames } from './dockerFrames.ts';
import type { ExecExit, ExecStream } from './executor.ts';

/** What the engine writes to stdout, in the program's place, when it could not start it. */
const NOT_STARTED = /^(OCI runtime exec failed|crun: |runc: )/;

/** The engine may close the stream just before it has noted the exit: how long to wait between looks, in milliseconds. */
const EXIT_LOOKS = [0, 2, 5, 10, 25, 50, 100, 250, 500];

interface Program {
  readonly label: string;
  readonly program: string;
}

export class DockerExecStream implements ExecStream {
  readonly exited: Promise<ExecExit>;
  readonly #socket: Duplex;
  readonly #inspect: () => Promise<Docker.ExecInspectInfo>;
  readonly #program: Program;
  readonly #stdout = new ByteChannel();
  readonly #stderr = new ByteChannel();
  #finish: (exit: ExecExit) => void = () => undefined;
  #sawOutput = false;
  #complaint: string | undefined;
  #ended = false;
  #disposed = false;

  constructor(socket: Duplex, inspect: () => Promise<Docker.ExecInspectInfo>, program: Program) {
    this.exited = new Promise((resolve) => (this.#finish = resolve));
    this.#socket = socket;
    this.#inspect = inspect;
    this.#program = program;
    const frames = new DockerFrames((stream, bytes) => this.#receive(stream, bytes));
    let fault: Error | undefined;
    socket.on('data', (chunk: Buffer) => frames.push(chunk));
    socket.on('error', (error: Error) => (fault = error));
    // Half-open: the engine has said everything, so nothing is to be written any more.
    socket.on('end', () => socket.end());
    socket.on('close', () => void this.#close(fault));
  }

  readonly onStdout: Event<Buffer> = (listener) => this.#stdout.listen(listener);

  readonly onStderr: Event<Buffer> = (listener) => this.#stderr.listen(listener);

  write(data: string | Uint8Array): void {
    if (!this.#ended && this.#socket.writable) this.#socket.write(data);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.end();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#ended = true;
    this.#socket.destroy();
    this.#finish({ code: null });
  }

  #receive(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    if (this.#disposed) return;
    if (stream === 'stdout' && (this.#complaint !== undefined || (!this.#sawOutput && NOT_STARTED.test(bytes.toString('latin1'))))) {
      this.#complaint = (this.#complaint ?? '') + bytes.toString();
      return;
    }
    this.#sawOutput = true;
    (stream === 'stdout' ? this.#stdout : this.#stderr).push(bytes);
  }

  async #close(fault: Error | undefined): Promise<void> {
    this.#ended = true;
    if (this.#disposed) return;
    this.#finish(await this.#exit(fault));
  }

  async #exit(fault: Error | undefined): Promise<ExecExit> {
    const { label, program } = this.#program;
    try {
      for (const look of EXIT_LOOKS) {
        if (look > 0) await delay(look);
        const { Running, ExitCode, Pid } = await this.#inspect();
        if (Running || ExitCode === null) continue;
        if (Pid === 0 && this.#complaint !== undefined) return { code: ExitCode, error: this.#notStarted(this.#complaint) };
        if (this.#complaint !== undefined) this.#stdout.push(Buffer.from(this.#complaint));
        return { code: ExitCode };
      }
      return { code: null, error: new AgentsError('disconnected', `The connection to ${program} in ${label} was lost.`, { cause: fault }) };
    } catch (error) {
      const why = fault === undefined ? messageOf(error).trim() : fault.message;
      return { code: null, error: new AgentsError('disconnected', `The connection to ${program} in ${label} was lost: ${why}.`, { cause: fault ?? error }) };
    }
  }

  #notStarted(complaint: string): AgentsError {
    const { label, program } = this.#program;
    if (/executable file not found|no such file or directory: unknown|not found/.test(complaint) && !complaint.includes('chdir to cwd')) {
      return new AgentsError('command-not-found', `${program} is not installed in ${label}.`, { cause: new Error(complaint.trim()) });
    }
    return new AgentsError('command-not-found', `${program} cannot be started in ${label}: ${complaint.trim()}`);
  }
}
