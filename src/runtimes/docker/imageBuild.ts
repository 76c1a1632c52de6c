// Building the agents' image with the package's own docker/build.sh: its argv, and its lines as they come.
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import type { Executor } from '../../exec/executor.ts';

export interface ImageBuildOptions {
  /** The path of docker/build.sh. */
  readonly script: string;
  readonly image?: string | undefined;
  /** For a machine that can pull nothing: makes the base image itself. */
  readonly bootstrap?: boolean | undefined;
  /** npm packages of agent CLIs to put in. */
  readonly agents?: readonly string[] | undefined;
  /** A file of extra CA certificates. */
  readonly ca?: string | undefined;
  readonly noCache?: boolean | undefined;
}

/** The program and its arguments. */
export function imageBuildArgv({ script, image, bootstrap, agents, ca, noCache }: ImageBuildOptions): string[] {
  return [
    'sh',
    script,
    ...(image === undefined ? [] : ['--tag', image]),
    ...(bootstrap === true ? ['--bootstrap'] : []),
    ...(agents === undefined || agents.length === 0 ? [] : ['--agents', agents.join(' ')]),
    ...(ca === undefined ? [] : ['--ca', ca]),
    ...(noCache === true ? ['--no-cache'] : []),
  ];
}

/** Builds the image, each line of output as it comes. Fails with `docker-failed` and the last lines, or `cancelled`. */
export async function buildImage(executor: Executor, options: ImageBuildOptions, onLine: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const stream = await executor.open(imageBuildArgv(options), signal === undefined ? {} : { signal });
  const onAbort = (): void => stream.dispose();
  signal?.addEventListener('abort', onAbort);
  const last: string[] = [];
  const tell = (line: string): void => {
    if (last.push(line) > 5) last.shift();
    onLine(line);
  };
  const rests = [stream.onStdout, stream.onStderr].map((event) => splitLines(event, tell));
  stream.end();
  const { code, error } = await stream.exited;
  signal?.removeEventListener('abort', onAbort);
  for (const flush of rests) flush();
  if (signal?.aborted) throw cancelled();
  if (code === 0) return;
  const why = last.filter((line) => line.trim() !== '').join('\n');
  throw new AgentsError('docker-failed', `The image was not built: ${why === '' ? `exit code ${code}` : why}`, { hint: 'See the log for all that was printed.', cause: error });
}

/** Hands on whole lines; the result tells what is left at the end. */
function splitLines(event: (listener: (bytes: Buffer) => void) => unknown, tell: (line: string) => void): () => void {
  const decoder = new TextDecoder();
  let rest = '';
  event((bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line);
  });
  return () => {
    if (rest !== '') tell(rest);
  };
}
