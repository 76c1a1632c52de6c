// Asks a person at a terminal, one line at a time; what is secret is not shown while it is typed.
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { cancelled } from '../base/wait.ts';
import type { Surroundings } from './face.ts';

/** Without the newline. Throws `cancelled` when the input ends or Ctrl-C is pressed. */
export function ask({ stdin, stderr, signal }: Surroundings, question: string, { secret = false }: { readonly secret?: boolean } = {}): Promise<string> {
  const echo = new Writable({
    write(chunk: Buffer, _, done) {
      if (!secret) stderr.write(chunk.toString('utf8'));
      done();
    },
  });
  return new Promise((resolve, reject) => {
    stderr.write(question);
    const lines = createInterface({ input: stdin, output: echo, terminal: true, signal });
    let answer: string | undefined;
    lines.once('line', (line) => {
      answer = line;
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      if (secret) stderr.write('\n');
      if (answer === undefined) reject(cancelled());
      else resolve(answer);
    });
  });
}
