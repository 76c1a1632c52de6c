// A command's stdout and stderr, each for itself: a small program stands around it in its terminal, passes both on, and writes down their last words and how it ended.
// It belongs to the agent, not to the daemon, so that it goes on and is still told when the daemon dies.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonOf } from '../../../base/json.ts';

/** Bytes of each stream that a result holds. */
export const CAPTURED_BYTES = 64 * 1024;

/** Runs in Node as it is, so it imports nothing of ours: argv is FOLDER BYTES PROGRAM ARG... */
const PROGRAM = `
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const [folder, most, file, ...args] = process.argv.slice(1);
const streams = { stdout: { chunks: [], size: 0, cut: false }, stderr: { chunks: [], size: 0, cut: false } };
const tail = (stream) => {
  let bytes = Buffer.concat(stream.chunks);
  if (bytes.length > most) { bytes = bytes.subarray(bytes.length - most); stream.cut = true; }
  stream.chunks = [bytes];
  stream.size = bytes.length;
  return bytes.toString('utf8');
};
const note = (end) => {
  try {
    const text = JSON.stringify({ ...end, stdout: tail(streams.stdout), stderr: tail(streams.stderr), stdoutCut: streams.stdout.cut, stderrCut: streams.stderr.cut });
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    fs.writeFileSync(folder + '/outcome.tmp', text, { mode: 0o600 });
    fs.renameSync(folder + '/outcome.tmp', folder + '/outcome.json');
  } catch (error) {
    process.stderr.write('tmux-agents: what the command printed cannot be kept: ' + error.message + '\\n');
  }
};
for (const name of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM']) process.on(name, () => note({}));
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
for (const name of ['stdout', 'stderr']) {
  child[name]?.on('data', (chunk) => {
    process[name].write(chunk);
    const stream = streams[name];
    stream.chunks.push(chunk);
    stream.size += chunk.length;
    if (stream.size > 4 * most) tail(stream);
  });
}
let over = false;
const finish = (end, code) => {
  if (over) return;
  over = true;
  note(end);
  process.exit(code);
};
child.on('error', (error) => {
  if (child.pid !== undefined) return;
  process.stdout.write('tmux-agents: cannot start: ' + file + ': ' + error.message + '\\n');
  finish({ fault: error.code ?? error.message }, error.code === 'EACCES' ? 126 : 127);
});
child.on('exit', (code, signal) => {
  const end = code === null ? { signal } : { code };
  const exit = code ?? 128 + (os.constants.signals[signal] ?? 0);
  child.on('close', () => finish(end, exit));
  // What it left running may hold its streams.
  setTimeout(() => finish(end, exit), 500);
});
`;

/** The command with the program around it. `folder` is made when it ends, for its user alone. */
export function capturedArgv(folder: string, argv: readonly string[], node: string = process.execPath): string[] {
  return [node, '-e', PROGRAM, '--', folder, String(CAPTURED_BYTES), ...argv];
}

const Outcome = z.object({
  code: z.int().optional(),
  signal: z.string().optional(),
  /** The system's word for why it could not be started: `ENOENT`. */
  fault: z.string().optional(),
  stdout: z.string(),
  stderr: z.string(),
  stdoutCut: z.boolean(),
  stderrCut: z.boolean(),
});
/** Neither `code`, `signal` nor `fault`: it was ended by force, and this is what it had printed by then. */
export type CapturedOutcome = z.infer<typeof Outcome>;

/** Undefined where nothing was written down. */
export async function readOutcome(folder: string): Promise<CapturedOutcome | undefined> {
  const text = await readFile(join(folder, 'outcome.json'), 'utf8').catch(() => undefined);
  const parsed = text === undefined ? undefined : Outcome.safeParse(jsonOf(text));
  return parsed?.success === true ? parsed.data : undefined;
}

/** The file that says that a session's program was started. */
export function startedMark(folder: string): string {
  return join(folder, 'started');
}

export async function forgetOutcome(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}
