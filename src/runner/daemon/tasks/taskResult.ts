// What a hub is told of a task that has ended: Sibyl's result, from how its session ended and what it printed, without secrets.
import type { Redactor } from '../../../base/redact.ts';
import type { TaskResult } from '../../../protocol/hubWire/sibylFrames.ts';
import type { TaskRecord } from '../../../protocol/taskRecord.ts';
import type { Session } from '../../../sessions/manager/managedSession.ts';
import type { CapturedOutcome } from './captureProgram.ts';

export interface Ended {
  readonly record: TaskRecord;
  /** Undefined where nothing is left of it. */
  readonly session: Session | undefined;
  readonly outcome: CapturedOutcome | undefined;
  /** What its terminal showed last. */
  readonly shown: string;
  readonly now: number;
}

export function resultOf({ record, session, outcome, shown, now }: Ended, redactor: Redactor): TaskResult {
  const exitCode = outcome?.code ?? session?.exitCode;
  const status = record.ending ?? (session?.runnerState === 'COMPLETED' ? 'completed' : 'failed');
  const error = status === 'completed' ? undefined : errorOf(status, record, session, outcome);
  return {
    status,
    exit_code: exitCode ?? null,
    command: record.command ?? null,
    worktree_path: record.worktreePath ?? session?.workspacePath ?? null,
    stdout: redactor.text(outcome === undefined ? shown : cutMark(outcome.stdoutCut) + outcome.stdout),
    stderr: redactor.text(outcome === undefined ? '' : cutMark(outcome.stderrCut) + outcome.stderr),
    duration_s: secondsOf(record, now),
    ...(error === undefined ? {} : { error: redactor.text(error) }),
  };
}

/** Of a task that was refused, or could not be begun. */
export function refusedResult(record: TaskRecord, error: string, now: number): TaskResult {
  return { status: record.ending ?? 'failed', error, duration_s: secondsOf(record, now), worktree_path: record.worktreePath ?? null };
}

function errorOf(status: 'failed' | 'timeout' | 'cancelled', record: TaskRecord, session: Session | undefined, outcome: CapturedOutcome | undefined): string {
  if (status === 'timeout') return `It took longer than ${record.deadline === undefined || record.startedAt === undefined ? 'it may' : `${(record.deadline - record.startedAt) / 1000} s`} and was ended.`;
  if (status === 'cancelled') return 'It was cancelled.';
  const program = typeof record.command === 'string' ? record.command : (record.command?.[0] ?? 'The command');
  if (outcome?.fault === 'ENOENT') return `The program "${program}" is not on this machine.`;
  if (outcome?.fault === 'EACCES') return `The program "${program}" may not be run.`;
  if (outcome?.fault !== undefined) return `The program "${program}" could not be started: ${outcome.fault}.`;
  return session?.reason ?? 'Nothing of its session is left.';
}

function cutMark(cut: boolean): string {
  return cut ? '[... cut ...]\n' : '';
}

function secondsOf(record: TaskRecord, now: number): number {
  return Math.max(0, now - (record.startedAt ?? record.acceptedAt)) / 1000;
}
