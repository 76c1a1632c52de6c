// Runs programs on this machine, without a shell.
import { existsSync } from 'node:fs';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { AgentsError } from '../base/errors.ts';
import { throwIfCancelled, cancelled } from '../base/wait.ts';
import { ByteChannel } from './byteChannel.ts';
import type { ExecExit, ExecOptions, ExecResult, ExecStream, Executor, RunOptions } from './executor.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/** Milliseconds that a group of processes has to clean up after itself when its stream is disposed. */
const GROUP_GRACE_MS = 5_000;

export interface LocalExecOptions extends ExecOptions {
  /** A process group of its own: disposing asks the program and all that it started to end, and forces them after 5 s. Without it the program alone is killed at once. */
  readonly group?: boolean;
}

export class LocalExecutor implements Executor {
  readonly label = 'local';

  async run(argv: readonly string[], options: RunOptions): Promise<ExecResult> {
    const { timeoutMs, signal, maxBytes = MAX_BYTES, input } = options;
    const stream = await this.open(argv, options);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    let failure: AgentsError | undefined;
    let giveUp: () => void = () => undefined;
    // A child of the killed program may hold its output open: that is not waited for.
    const given = new Promise<ExecExit>((resolve) => (giveUp = () => resolve({ code: null })));
    const fail = (error: AgentsError): void => {
      failure ??= error;
      stream.dispose();
      giveUp();
    };
    const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) fail(new AgentsError('internal', `${argv[0]} printed more than ${maxBytes} bytes.`));
      else chunks.push(chunk);
    };
    stream.onStdout(keep(stdout));
    stream.onStderr(keep(stderr));
    const timer = setTimeout(() => fail(new AgentsError('timeout', `${argv[0]} did not end within ${timeoutMs} ms.`)), timeoutMs);
    const onAbort = (): void => fail(cancelled());
    signal?.addEventListener('abort', onAbort);
    if (input !== undefined) stream.write(input);
    stream.end();
    const exit = await Promise.race([stream.exited, given]);
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    if (failure) throw failure;
    return { ...exit, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
  }

  async open(argv: readonly string[], { cwd, env, signal, group = false }: LocalExecOptions = {}): Promise<ExecStream> {
    throwIfCancelled(signal);
    const [program, ...args] = argv;
    if (program === undefined || program === '') throw new AgentsError('bad-input', 'No program was named.');
    const headsGroup = group && process.platform !== 'win32';
    const child = spawn(program, args, { cwd, env, stdio: 'pipe', windowsHide: true, detached: headsGroup });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error: NodeJS.ErrnoException) => reject(startError(program, cwd, error)));
    });
    const stream = new ChildStream(child, headsGroup);
    const stop = (): void => stream.dispose();
    if (signal?.aborted) {
      stop();
      throw cancelled();
    }
    signal?.addEventListener('abort', stop, { once: true });
    void stream.exited.then(() => signal?.removeEventListener('abort', stop));
    return stream;
  }
}

/** Node gives the same ENOENT for a program and for a folder that is not there. */
function startError(program: string, cwd: string | undefined, error: NodeJS.ErrnoException): AgentsError {
  if (error.code === 'ENOENT' && cwd !== undefined && !existsSync(cwd)) return new AgentsError('folder-missing', `The folder ${cwd} does not exist.`, { cause: error });
  if (error.code === 'ENOENT') return new AgentsError('command-not-found', `The command "${program}" was not found on this machine.`, { cause: error });
  return new AgentsError('internal', `The command "${program}" cannot be started: ${error.message}`, { cause: error });
}

class ChildStream implements ExecStream {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #headsGroup: boolean;
  #ending = false;
  readonly #stdout = new ByteChannel();
  readonly #stderr = new ByteChannel();
  readonly exited: Promise<ExecExit>;

  constructor(child: ChildProcessWithoutNullStreams, headsGroup: boolean) {
    this.#child = child;
    this.#headsGroup = headsGroup;
    child.stdout.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    // A program that ended takes its pipes with it: a late write is dropped, as documented.
    child.stdin.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code, ...(signal === null ? {} : { signal }) }));
    });
  }

  readonly onStdout: ExecStream['onStdout'] = (listener) => this.#stdout.listen(listener);
  readonly onStderr: ExecStream['onStderr'] = (listener) => this.#stderr.listen(listener);

  write(data: string | Uint8Array): void {
    if (this.#child.stdin.writable) this.#child.stdin.write(data);
  }

  end(): void {
    this.#child.stdin.end();
  }

  dispose(): void {
    if (this.#headsGroup) {
      this.#endGroup();
      return;
    }
    this.#child.kill('SIGKILL');
    this.#letGo();
  }

  /** Asks once, and listens on meanwhile: a shell that is cleaning up would die of a second signal, or of an output that nobody reads. */
  #endGroup(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (this.#ending || pid === undefined || exitCode !== null || signalCode !== null) return;
    this.#ending = true;
    signalGroup(pid, 'SIGTERM');
    const force = setTimeout(() => signalGroup(pid, 'SIGKILL'), GROUP_GRACE_MS);
    this.#child.once('exit', () => {
      clearTimeout(force);
      signalGroup(pid, 'SIGKILL');
      this.#letGo();
    });
  }

  #letGo(): void {
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in it.
  }
}
