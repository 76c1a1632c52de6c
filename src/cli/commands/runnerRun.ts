// `tmux-agents runner run`: the daemon, in the foreground, until it is told to end.
import { AgentsError } from '../../base/errors.ts';
import { daemonLog } from '../daemonLog.ts';
import { ExitCode } from '../exitCodes.ts';
import { packageVersion } from '../packageVersion.ts';
import type { RunnerCommand, RunnerOptions } from '../runnerProgram.ts';

export interface RunOptions extends RunnerOptions {
  readonly wait?: boolean;
}

/** The first signal drains, the second hands over at once: agents go on either way. */
export const runDaemon: RunnerCommand<RunOptions> = async ({ around, output }, { config, wait = false }) => {
  const [{ RunnerDaemon }, { runnerConfigPath }] = await Promise.all([import('../../runner/daemon/runnerDaemon.ts'), import('../../runner/daemon/settings/configPath.ts')]);
  const log = daemonLog(output);
  const atOnce = new AbortController();
  around.atSecondSignal?.(() => atOnce.abort());
  const daemon = await RunnerDaemon.open({ configPath: runnerConfigPath(config, around.env, around.cwd), env: around.env, version: packageVersion(), wait, show: (level, message) => log[level](message) });
  const end = await daemon.run({ drain: around.signal, atOnce: atOnce.signal });
  if (end.how === 'told') return ExitCode.OK;
  throw new AgentsError('policy-denied', end.reason, { hint: 'Register this machine again (tmux-agents runner register), or end the other runner of this id.' });
};
