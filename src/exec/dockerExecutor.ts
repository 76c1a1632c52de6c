// Runs programs in a container through the Engine API's exec: one hijacked connection per program, no subprocess, no shell.
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { AgentsError, isAgentsError, messageOf } from '../base/errors.ts';
import { cancelled, throwIfCancelled, waitFor } from '../base/wait.ts';
import { DockerExecStream } from './dockerExecStream.ts';
import type { ExecOptions, ExecResult, ExecStream, Executor, RunOptions } from './executor.ts';

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

export interface DockerExecutorOptions {
  /** Milliseconds until the engine must have answered the start of a program. Default 15,000. */
  readonly startTimeoutMs?: number;
}

/**
 * Programs get the container's environment plus `env`, and run as the container's user. The engine has no way to signal a
 * program: disposing, a timeout or a cancellation closes its streams, and a program that ignores that runs on.
 */
export class DockerExecutor implements Executor {
  readonly label: string;
  readonly #docker: () => Promise<Docker>;
  readonly #containerId: string;
  readonly #startTimeoutMs: number;

  constructor(docker: () => Promise<Docker>, containerId: string, options: DockerExecutorOptions = {}) {
    this.#docker = docker;
    this.#containerId = containerId;
    this.#startTimeoutMs = options.startTimeoutMs ?? 15_000;
    this.label = `docker:${containerId.slice(0, 12)}`;
  }

  async open(argv: readonly string[], options: ExecOptions = {}): Promise<ExecStream> {
    const { signal } = options;
    throwIfCancelled(signal);
    const giveUp = new AbortController();
    const starting = this.#start(argv, options, giveUp.signal);
    try {
      const stream = await waitFor(starting, { signal, timeoutMs: this.#startTimeoutMs, what: `${argv[0] ?? 'a program'} to start in ${this.label}` });
      const stop = (): void => stream.dispose();
      signal?.addEventListener('abort', stop, { once: true });
      void stream.exited.then(() => signal?.removeEventListener('abort', stop));
      return stream;
    } catch (error) {
      starting.then((late) => late.dispose(), () => undefined);
      giveUp.abort();
      if (signal?.aborted) throw cancelled();
      throw this.#startError(error);
    }
  }

  async run(argv: readonly string[], options: RunOptions): Promise<ExecResult> {
    const { timeoutMs, maxBytes = DEFAULT_MAX_BYTES, input, signal } = options;
    const started = performance.now();
    const stream = await this.open(argv, options);
    try {
      const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      let overflow: (error: AgentsError) => void = () => undefined;
      const tooMuch = new Promise<never>((_, reject) => (overflow = reject));
      const collect = (name: 'stdout' | 'stderr'): ((bytes: Buffer) => void) => {
        let size = 0;
        return (bytes) => {
          size += bytes.length;
          if (size <= maxBytes) output[name].push(bytes);
          else overflow(new AgentsError('internal', `${argv[0]} in ${this.label} printed more than ${maxBytes} bytes.`));
        };
      };
      stream.onStdout(collect('stdout'));
      stream.onStderr(collect('stderr'));
      if (input !== undefined) stream.write(input);
      stream.end();
      const exit = await waitFor(Promise.race([stream.exited, tooMuch]), {
        timeoutMs: Math.max(1, Math.round(timeoutMs - (performance.now() - started))),
        signal,
        what: `${argv[0] ?? 'a program'} in ${this.label}`,
      });
      if (exit.error !== undefined) throw exit.error;
      return { ...exit, stdout: Buffer.concat(output.stdout), stderr: Buffer.concat(output.stderr) };
    } finally {
      stream.dispose();
    }
  }

  async #start(argv: readonly string[], options: ExecOptions, abortSignal: AbortSignal): Promise<DockerExecStream> {
    const docker = await this.#docker();
    const exec = await docker.getContainer(this.#containerId).exec({
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Cmd: [...argv],
      ...(options.cwd === undefined ? {} : { WorkingDir: options.cwd }),
      ...(options.env === undefined ? {} : { Env: Object.entries(options.env).map(([name, value]) => `${name}=${value}`) }),
      abortSignal,
    });
    const socket: Duplex = await exec.start({ hijack: true, stdin: true, abortSignal });
    return new DockerExecStream(socket, () => exec.inspect({ abortSignal: AbortSignal.timeout(5_000) }), { label: this.label, program: argv[0] ?? '' });
  }

  #startError(error: unknown): AgentsError {
    if (isAgentsError(error)) return error;
    const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
    if (status === 404) return new AgentsError('disconnected', `The container ${this.#shortId} is gone.`, { cause: error });
    if (status === 409) return new AgentsError('disconnected', `The container ${this.#shortId} is not running.`, { cause: error });
    return new AgentsError('disconnected', `The container ${this.#shortId} cannot be reached: ${messageOf(error).trim()}.`, { cause: error });
  }

  get #shortId(): string {
    return this.#containerId.slice(0, 12);
  }
}
