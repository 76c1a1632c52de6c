// `npm start` as a test starts it: its address, what it printed, and all that runs below it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import { descendants, stillRunning } from '../../scripts/lib/processes.mjs';
import type { RunningProcess } from '../../scripts/lib/processes.mjs';

export class StartedVSCode {
  readonly child: ChildProcess;
  readonly url: string;
  readonly #output: () => string;

  private constructor(child: ChildProcess, url: string, output: () => string) {
    this.child = child;
    this.url = url;
    this.#output = output;
  }

  /** Runs scripts/start.mjs until it prints its address. */
  static async start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<StartedVSCode> {
    const child = spawn(process.execPath, [join(root, 'scripts', 'start.mjs'), ...args], { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const url = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        output += String(chunk);
        const match = /^ {2}(http:\S+)$/m.exec(output);
        if (match?.[1] !== undefined) resolve(match[1]);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => reject(new Error(`npm start ended with ${String(code)}:\n${output}`)));
    });
    return new StartedVSCode(child, url, () => output);
  }

  get output(): string {
    return this.#output();
  }

  /** What runs below it now. */
  below(): Promise<RunningProcess[]> {
    assert.ok(this.child.pid !== undefined);
    return descendants(this.child.pid);
  }

  /** Sends signals and resolves with the exit code. */
  async end(...signals: readonly NodeJS.Signals[]): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const exited = new Promise<number | null>((resolve) => this.child.once('exit', (code) => resolve(code)));
    for (const signal of signals) this.child.kill(signal);
    return exited;
  }
}

/** Fails unless all of these end within the time. */
export async function assertEnded(processes: readonly RunningProcess[], timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let left = await stillRunning(processes);
  while (left.length > 0 && performance.now() < deadline) left = await stillRunning(left);
  assert.deepEqual(left, [], 'these processes were left behind');
}
