// Runs the command's code in this process, with streams that are kept; for what needs no runtime.
import { Readable } from 'node:stream';
import { run } from '../../../src/cli/run.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing of the person's own settings is read. */
export async function runCli(args: readonly string[], { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {}): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await run(args, {
    env: { XDG_CONFIG_HOME: '/nonexistent', ...env },
    cwd: '/work-folder',
    stdin: Readable.from([Buffer.from(input)]) as unknown as NodeJS.ReadStream,
    stdout: { write: (text) => void (stdout += text) },
    stderr: { write: (text) => void (stderr += text) },
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}
