// How a tmux server is started so that the end of a login (an SSH connection that closes) does not end it: in a scope of the user's own systemd.
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Executor } from '../../exec/executor.ts';

/** There only where systemd runs the machine: sd_booted(3). */
const SYSTEMD_FOLDER = '/run/systemd/system';

/** Whether systemd runs this machine. */
export function runsSystemd(folder = SYSTEMD_FOLDER): boolean {
  return existsSync(folder);
}

/** Milliseconds that systemd has to answer. */
const ANSWER_MS = 3_000;

/** `--collect`: nothing is left of a scope that failed. The scope runs the program itself, with our environment and streams. */
const SCOPE = ['systemd-run', '--user', '--scope', '--quiet', '--collect', '--'] as const;

export interface LogoutProofOptions {
  readonly systemdFolder?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The words to put before the command that starts a server; none where a plain start is the better one. Without lingering the
 * user's systemd ends with the last login, and every scope with it, while what a login started by itself may stay
 * (`KillUserProcesses=no`): a scope is asked for unless lingering is known to be off.
 */
export async function logoutProof(executor: Executor, { systemdFolder = SYSTEMD_FOLDER, env }: LogoutProofOptions): Promise<readonly string[]> {
  if (!runsSystemd(systemdFolder) || (await linger(executor, { systemdFolder, env })) === 'no') return [];
  const works = await succeeds(executor, [...SCOPE, 'true'], env);
  return works === undefined ? [] : SCOPE;
}

/** Whether the user's systemd outlives the last login; undefined where there is no systemd, or nobody can tell. */
export async function linger(executor: Executor, { systemdFolder = SYSTEMD_FOLDER, env }: LogoutProofOptions): Promise<'yes' | 'no' | undefined> {
  if (!runsSystemd(systemdFolder)) return undefined;
  const answer = await succeeds(executor, ['loginctl', 'show-user', userInfo().username, '--property=Linger', '--value'], env);
  const value = answer?.trim();
  return value === 'yes' || value === 'no' ? value : undefined;
}

/** What it printed; undefined when it failed, is not there, or did not answer. */
async function succeeds(executor: Executor, argv: readonly string[], env: Readonly<Record<string, string>>): Promise<string | undefined> {
  try {
    const { code, stdout } = await executor.run(argv, { timeoutMs: ANSWER_MS, env });
    return code === 0 ? stdout.toString('utf8') : undefined;
  } catch {
    return undefined;
  }
}
