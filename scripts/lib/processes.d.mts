// Types of processes.mjs for the tests.
import type { ChildProcess } from 'node:child_process';

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  show?: boolean;
  timeoutMs?: number;
}
export interface RunResult {
  readonly code: number;
  readonly killedBy: string | null;
  readonly output: string;
}
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly started: string;
}
export function run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
export function mustRun(argv: readonly string[], options?: RunOptions): Promise<string>;
export function descendants(pid: number): Promise<RunningProcess[]>;
export function stillRunning(processes: readonly RunningProcess[]): Promise<RunningProcess[]>;
export function endTree(child: ChildProcess, options?: { graceMs?: number }): Promise<void>;
