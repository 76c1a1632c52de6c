// The raw thing: a control client with nothing around it, of a subprocess or of a container's exec. Says when output came, and no more.
import { spawn } from 'node:child_process';
import type { Duplex, Readable, Writable } from 'node:stream';
import type Docker from 'dockerode';
import { waitFor } from '../../src/base/wait.ts';

/** `%output %1 BYTES` (tmux(1), CONTROL MODE); in an exec's stream the header of a frame may stand before it. */
const OUTPUT = /%output %\d+ (?<bytes>.*)$/;

export class RawControl {
  readonly #input: Writable;
  readonly #end: () => void;
  readonly #closed: Promise<void>;
  #tail = '';
  #outputs = 0;
  #waiting: { readonly text: string; resolve(): void } | undefined;

  private constructor(output: Readable, input: Writable, end: () => void) {
    this.#input = input;
    this.#end = end;
    this.#closed = new Promise((resolve) => output.once('close', () => resolve()));
    input.on('error', () => undefined);
    output.on('data', (chunk: Buffer) => this.#look(chunk.toString('latin1')));
  }

  /** `tmux -L socketName -C words...` as a subprocess. */
  static local(socketName: string, words: readonly string[]): RawControl {
    const child = spawn('tmux', ['-L', socketName, '-f', '/dev/null', '-C', ...words], { stdio: 'pipe' });
    return new RawControl(child.stdout, child.stdin, () => child.stdin.end());
  }

  /** `tmux -C words...` through the engine's exec. */
  static async docker(container: Docker.Container, words: readonly string[]): Promise<RawControl> {
    const exec = await container.exec({ AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false, Cmd: ['tmux', '-C', ...words] });
    const socket: Duplex = await exec.start({ hijack: true, stdin: true });
    return new RawControl(socket, socket, () => socket.destroy());
  }

  /** Resolves with the first `%output` there is, be it one that came before. */
  firstOutput(): Promise<void> {
    return this.#outputs > 0 ? Promise.resolve() : this.output('');
  }

  /** Resolves with the next `%output` that holds `text`. */
  output(text: string): Promise<void> {
    const seen = new Promise<void>((resolve) => (this.#waiting = { text, resolve }));
    return waitFor(seen, { timeoutMs: 20_000, what: 'output through a raw control client' });
  }

  write(line: string): void {
    this.#input.write(`${line}\n`);
  }

  /** Detaches, and waits until that is done. */
  async end(): Promise<void> {
    this.#end();
    await waitFor(this.#closed, { timeoutMs: 10_000, what: 'a raw control client to end' });
  }

  #look(chunk: string): void {
    const lines = (this.#tail + chunk).split('\n');
    this.#tail = lines.pop() ?? '';
    for (const line of lines) {
      const bytes = OUTPUT.exec(line)?.groups?.['bytes'];
      if (bytes === undefined) continue;
      this.#outputs++;
      if (this.#waiting === undefined || !bytes.includes(this.#waiting.text)) continue;
      this.#waiting.resolve();
      this.#waiting = undefined;
    }
  }
}
