// An engine behind ssh, as the docker command reaches it: `ssh HOST docker system dial-stdio`, with the person's own ssh and its settings, keys and known hosts.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';

/** argv of one connection. `url` is `ssh://[USER@]HOST[:PORT]`. Never asks: a password or an unknown host key is a failure. */
export function sshArgv(url: string): string[] {
  const { hostname, port, username } = new URL(url);
  return [
    'ssh',
    '-T',
    ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10'],
    ...(port === '' ? [] : ['-p', port]),
    ...(username === '' ? [] : ['-l', decodeURIComponent(username)]),
    '--',
    hostname,
    ...['docker', 'system', 'dial-stdio'],
  ];
}

/** Gives every request a connection of its own, which ends with it. */
export class SshAgent extends Agent {
  readonly #argv: readonly string[];

  constructor(url: string) {
    super({ keepAlive: false });
    this.#argv = sshArgv(url);
  }

  override createConnection(): Duplex {
    const [program = 'ssh', ...args] = this.#argv;
    return new SshConnection(spawn(program, args, { stdio: 'pipe', windowsHide: true }));
  }
}

/** A program's input and output as one stream, which ends or fails only when it is known how the program ended. */
class SshConnection extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #said: string[] = [];

  constructor(child: ChildProcessWithoutNullStreams) {
    super();
    this.#child = child;
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => this.push(chunk) || child.stdout.pause());
    child.stderr.on('data', (chunk: Buffer) => void (this.#said.length < 20 && this.#said.push(chunk.toString('utf8'))));
    child.once('error', (error) => this.destroy(error));
    child.once('close', (code) => {
      if (code === 0 || code === null) this.push(null);
      else this.destroy(new Error(this.#said.join('').trim().split(/\r?\n/).at(-1) || `ssh ended with exit code ${code}`));
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#child.stdin.writable) this.#child.stdin.write(chunk, () => done());
    else done();
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }
}
