// Asks the system what a process runs: /proc on Linux, `ps` on macOS and other Unix systems, nothing on Windows.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { parseCmdline, type ProcessWords } from './attachMatch.ts';

/** Milliseconds that `ps` may take. */
const PS_TIMEOUT_MS = 2_000;

/** The process's words; undefined when it is gone or the system does not tell. */
export async function processWords(pid: number): Promise<ProcessWords | undefined> {
  if (process.platform === 'win32') return undefined;
  if (process.platform === 'linux') {
    const content = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
    return content === undefined || content === '' ? undefined : { argv: parseCmdline(content) };
  }
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'args=', '-p', String(pid)], { timeout: PS_TIMEOUT_MS }, (error, stdout) => resolve(error === null && stdout.trim() !== '' ? { line: stdout } : undefined));
  });
}
