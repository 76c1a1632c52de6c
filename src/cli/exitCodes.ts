// What each exit code of the command means; docs/cli.md and --help say the same.
import { isAgentsError, type ErrorReason } from '../base/errors.ts';

export const ExitCode = {
  OK: 0,
  FAILURE: 1,
  USAGE: 2,
  NOT_FOUND: 3,
  UNAVAILABLE: 4,
  TAKEN: 5,
  GONE: 6,
  CANCELLED: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const ofReason: Readonly<Partial<Record<ErrorReason, ExitCode>>> = {
  'bad-input': ExitCode.USAGE,
  cancelled: ExitCode.CANCELLED,
  'not-found': ExitCode.NOT_FOUND,
  'folder-missing': ExitCode.NOT_FOUND,
  'name-taken': ExitCode.TAKEN,
  'answered-already': ExitCode.GONE,
  stale: ExitCode.GONE,
  'tmux-missing': ExitCode.UNAVAILABLE,
  disconnected: ExitCode.UNAVAILABLE,
  'runtime-unavailable': ExitCode.UNAVAILABLE,
  'docker-unavailable': ExitCode.UNAVAILABLE,
  'docker-cli-missing': ExitCode.UNAVAILABLE,
  'image-missing': ExitCode.UNAVAILABLE,
};

export function exitCodeOf(error: unknown): ExitCode {
  return isAgentsError(error) ? (ofReason[error.reason] ?? ExitCode.FAILURE) : ExitCode.FAILURE;
}

export const exitCodeHelp = `
Exit codes:
  0    done
  1    failed
  2    the command line, a setting or an input is not valid
  3    no such agent, runtime, provider, file or folder
  4    the runtime or the database cannot be used (tmux or Docker missing or not running, image missing)
  5    the name, id, port or folder is taken
  6    the request is gone, or something else is asked by now: nothing was answered
  130  cancelled`;
