// The audit log: read from the proxy's own output while it runs, and from a file of this machine once it is gone.
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { stateFolder } from '../../../base/stateFolder.ts';
import { oldFiles, sweepOnce } from '../../../base/sweep.ts';
import { DockerFrames } from '../../../exec/dockerFrames.ts';
import { EgressEntry } from '../../../protocol/network.ts';
import type { DockerEngine } from '../engine.ts';
import { engineError } from '../engineErrors.ts';

/** Milliseconds that the log of an agent is kept after its last line. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;

/** Milliseconds that reading a whole log may take. */
const READ_TIMEOUT_MS = 10_000;

/** An entry of a line that the proxy printed; undefined for a line of another kind. */
export function parseEntry(line: string): EgressEntry | undefined {
  try {
    const parsed = EgressEntry.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Takes apart an engine's log stream; each whole line is handed on. */
export function lineSplitter(onLine: (line: string) => void): (chunk: Buffer) => void {
  const decoder = new TextDecoder();
  let rest = '';
  const frames = new DockerFrames((_, bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  return (chunk) => frames.push(chunk);
}

/** All lines that a proxy's container still has. Fails as the engine does. */
export async function printedLines(engine: DockerEngine, container: string): Promise<string[]> {
  const log = await engine.call({ what: "read a proxy's log", timeoutMs: READ_TIMEOUT_MS }, (docker, abortSignal) =>
    docker.getContainer(container).logs({ follow: false, stdout: true, stderr: false, abortSignal }),
  );
  const lines: string[] = [];
  lineSplitter((line) => lines.push(line))(log);
  return lines;
}

/** Hands on each line as it is printed, from `sinceMs` (Unix time) on; resolves when the container ends, rejects as the engine does. */
export async function followLines(engine: DockerEngine, container: string, onLine: (line: string) => void, { signal, sinceMs }: { readonly signal: AbortSignal; readonly sinceMs?: number | undefined }): Promise<void> {
  const stream = (await engine.call({ what: "follow a proxy's log", signal, timeoutMs: READ_TIMEOUT_MS }, (docker, abortSignal) =>
    docker.getContainer(container).logs({ follow: true, stdout: true, stderr: true, ...(sinceMs === undefined ? {} : { since: sinceMs / 1000 }), abortSignal: AbortSignal.any([signal, abortSignal]) }),
  )) as unknown as Readable;
  const split = lineSplitter(onLine);
  await new Promise<void>((resolve, reject) => {
    let fault: Error | undefined;
    stream.on('data', split);
    stream.on('error', (error: Error) => (fault = error));
    stream.on('close', () => (fault === undefined || signal.aborted ? resolve() : reject(engineError(fault, { url: engine.endpoint.url, what: "follow a proxy's log" }))));
    signal.addEventListener('abort', () => stream.destroy(), { once: true });
    if (signal.aborted) stream.destroy();
  });
}

/** The logs of agents whose proxies are gone: one file each, lines of JSON, its owner's alone. */
export class KeptAudits {
  readonly #folder: string;

  constructor(env: NodeJS.ProcessEnv = process.env) {
    this.#folder = stateFolder(env, 'egress');
  }

  path(agentId: string): string {
    return join(this.#folder, `${agentId}.jsonl`);
  }

  /** In the order of time; nothing where nothing was kept. */
  async read(agentId: string): Promise<EgressEntry[]> {
    return entriesOf(await this.#lines(agentId));
  }

  /** Adds the lines that are not there yet. */
  async keep(agentId: string, printed: readonly string[]): Promise<void> {
    const known = new Set(await this.#lines(agentId));
    const news = entriesOf(printed).map((entry) => JSON.stringify(entry)).filter((line) => !known.has(line));
    if (news.length === 0) return;
    await mkdir(dirname(this.path(agentId)), { recursive: true, mode: 0o700 });
    await appendFile(this.path(agentId), news.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    await sweepOnce(this.#folder, async () => {
      for (const path of await oldFiles(this.#folder, KEPT_MS)) await rm(path, { force: true });
    });
  }

  async #lines(agentId: string): Promise<string[]> {
    const text = await readFile(this.path(agentId), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }
}

/** The entries among lines, each once, in the order of time. That a tunnel was opened is left out once its end is told. */
export function entriesOf(lines: readonly string[]): EgressEntry[] {
  const entries = [...new Set(lines)].map(parseEntry).filter((entry) => entry !== undefined);
  const keyOf = ({ at, via, host, port }: EgressEntry): string => JSON.stringify([at, via, host, port]);
  const ended = new Set(entries.filter(({ event }) => event === undefined).map(keyOf));
  return entries.filter((entry) => entry.event === undefined || !ended.has(keyOf(entry))).toSorted((a, b) => a.at.localeCompare(b.at));
}
