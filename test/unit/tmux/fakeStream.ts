// A stream without a program: a test says what it prints and when it ends.
import { ByteChannel } from '../../../src/exec/byteChannel.ts';
import type { ExecExit, ExecStream } from '../../../src/exec/executor.ts';

export class FakeStream implements ExecStream {
  readonly #stdout = new ByteChannel();
  readonly #stderr = new ByteChannel();
  readonly written: string[] = [];
  disposed = false;
  exit: (exit: ExecExit) => void = () => undefined;
  readonly exited = new Promise<ExecExit>((resolve) => (this.exit = resolve));
  readonly onStdout: ExecStream['onStdout'] = (listener) => this.#stdout.listen(listener);
  readonly onStderr: ExecStream['onStderr'] = (listener) => this.#stderr.listen(listener);

  write(data: string | Uint8Array): void {
    this.written.push(data.toString());
  }

  end(): void {
    this.write('END');
  }

  dispose(): void {
    this.disposed = true;
  }

  say(text: string): void {
    this.#stdout.push(Buffer.from(text));
  }
}
