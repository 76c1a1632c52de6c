// A session's log on disk: one JSON line per decision, only ever appended to, readable by its person alone.
import { mkdirSync, watch } from 'node:fs';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { PRIVATE_FOLDER, stateFault } from '../../base/stateFile.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { oldFiles, sweepOnce } from '../../base/sweep.ts';
import { DecisionRecord } from '../../protocol/decisionRecord.ts';
import { scrubSecrets } from '../../base/scrub.ts';

/** Bytes of the end of a log that are read to find its latest lines. */
const TAIL_BYTES = 64 * 1024;
/** Milliseconds that a log is kept that nothing is added to any more. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
/** Characters of each text that are kept. */
const LONGEST = 4_000;

/** Of this machine's user. */
export function sessionLogFolder(): string {
  return stateFolder(process.env, 'log');
}

export class SessionLog {
  readonly #folder: string;

  constructor(folder: string = sessionLogFolder()) {
    this.#folder = folder;
  }

  /** Agent ids hold no character that could lead elsewhere. */
  pathOf(agentId: string): string {
    return join(this.#folder, `${agentId}.jsonl`);
  }

  /** Appends one line, secrets removed. Fails with `folder-unwritable`; half a line that a full disk leaves does not harm the next one. */
  async append(record: DecisionRecord): Promise<void> {
    const path = this.pathOf(record.agentId);
    try {
      await mkdir(dirname(path), PRIVATE_FOLDER);
      const file = await open(path, 'a+', 0o600);
      try {
        await file.appendFile(`${(await endsInALine(file)) ? '' : '\n'}${JSON.stringify(scrubbed(record))}\n`);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw stateFault(`What was decided for "${record.agentId}"`, this.#folder, error);
    }
    void this.sweep();
  }

  /** Calls back with the agent's id when any face may have added to its log. */
  watch(onChange: (agentId: string) => void): Disposable {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const watcher = watch(this.#folder, { persistent: false }, (_event, name) => (name?.endsWith('.jsonl') === true ? onChange(name.slice(0, -'.jsonl'.length)) : undefined));
    watcher.on('error', () => undefined);
    return toDisposable(() => watcher.close());
  }

  /** Once in a process: removes the logs that nothing was added to for long. Never fails. */
  sweep(): Promise<void> {
    return sweepOnce(this.#folder, async () => {
      const old = await oldFiles(this.#folder, KEPT_MS);
      await Promise.all(old.filter((path) => path.endsWith('.jsonl')).map((path) => rm(path, { force: true })));
    });
  }

  /** The latest decisions, the newest last; none where there is no log. Lines that are no record are left out. */
  async latest(agentId: string): Promise<readonly DecisionRecord[]> {
    let file: FileHandle;
    try {
      file = await open(this.pathOf(agentId), 'r');
    } catch {
      return [];
    }
    try {
      const { size } = await file.stat();
      const length = Math.min(size, TAIL_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8', 0, bytesRead).split('\n').flatMap(parseLine);
    } finally {
      await file.close();
    }
  }
}

/** False after a write that was cut off. */
async function endsInALine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  return size === 0 || (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] === 0x0a;
}

function parseLine(line: string): DecisionRecord[] {
  try {
    const parsed = DecisionRecord.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}

function scrubbed(record: DecisionRecord): DecisionRecord {
  const { words, request } = record;
  return {
    ...record,
    text: kept(record.text),
    outcome: kept(record.outcome),
    ...(words === undefined ? {} : { words: kept(words) }),
    ...(request === undefined ? {} : { request: { ...request, ...(request.command === undefined ? {} : { command: kept(request.command) }), ...(request.path === undefined ? {} : { path: kept(request.path) }) } }),
  };
}

function kept(text: string): string {
  const clean = scrubSecrets(text);
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}
