// Runs a command in a fresh container of the image, as the Docker runtime would: its limits, any user, its home.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export const IMAGE = 'tmux-agents-base:latest';

const execute = promisify(execFile);

/** Runs argv; resolves with what it printed, fails with what it complained about. */
export async function run(program: string, args: readonly string[], options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}): Promise<string> {
  const { stdout } = await execute(program, args, { timeout: 300_000, maxBuffer: 32 * 1024 * 1024, ...options });
  return stdout.trim();
}

/** The output of a shell script in a container that is gone afterwards. */
export function inContainer(script: string, { user = '1000:1000', image = IMAGE }: { readonly user?: string; readonly image?: string } = {}): Promise<string> {
  const home = user.startsWith('0:') ? '/root' : '/home/agent';
  const limits = ['--init', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--pids-limit', '512', '--network', 'none'];
  return run('docker', ['run', '--rm', ...limits, '--user', user, '--env', `HOME=${home}`, '--workdir', '/workspace', image, 'sh', '-euc', script]);
}
