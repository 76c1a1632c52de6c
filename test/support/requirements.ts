// What a test needs from the machine: checked once, skipped with its reason where it is missing, a failure under REQUIRE_ALL=1.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { root } from '../../scripts/lib/paths.mjs';

export type Requirement = 'tmux' | 'git' | 'docker' | 'image' | 'chromium' | 'podman' | 'sshd' | 'openssl' | 'agent-clis';

const commands: Record<Requirement, readonly string[]> = {
  tmux: ['tmux', '-V'],
  git: ['git', '--version'],
  docker: ['docker', 'version', '--format', '{{.Server.Version}}'],
  image: ['docker', 'image', 'inspect', '--format', '{{.Id}}', 'tmux-agents-base:latest'],
  chromium: ['chromium', '--version'],
  podman: ['podman', '--version'],
  sshd: ['/usr/sbin/sshd', '-V'],
  openssl: ['openssl', 'version'],
  'agent-clis': [process.execPath, join(root, 'scripts', 'ensureClis.mjs'), '--check'],
};

const remedies: Record<Requirement, string> = {
  tmux: 'install tmux (apt-get install tmux, brew install tmux)',
  git: 'install git',
  docker: 'start the Docker daemon',
  image: 'build the image: docker/build.sh',
  chromium: 'install chromium',
  podman: 'install podman',
  sshd: 'install openssh-server',
  openssl: 'install openssl',
  'agent-clis': 'run "node scripts/ensureClis.mjs"',
};

const known = new Map<Requirement, string | undefined>();

/** Skips the test or suite with the reason when a part is missing; throws instead when REQUIRE_ALL=1. Call first in `before` or the test. */
export function needs(context: Context, ...parts: readonly Requirement[]): void {
  for (const part of parts) {
    const missing = missingReason(part);
    needsThat(context, missing === undefined, missing ?? '');
  }
}

/** As `needs`, for what is no part: `reason` says what is missing when it does not hold. */
export function needsThat(context: Context, holds: boolean, reason: string): void {
  if (holds) return;
  if (process.env['REQUIRE_ALL'] === '1') throw new Error(`${reason} (REQUIRE_ALL=1 makes this a failure)`);
  process.stderr.write(`    skipped: ${reason}\n`);
  context.skip();
}

/** Why a part cannot be used here, or undefined when it can. */
export function missingReason(part: Requirement): string | undefined {
  if (!known.has(part)) known.set(part, probe(part));
  return known.get(part);
}

function probe(part: Requirement): string | undefined {
  const [program = '', ...args] = commands[part];
  try {
    execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 });
    return undefined;
  } catch (error) {
    // sshd has no version flag everywhere: that it ran and complained is enough.
    if (part === 'sshd' && error instanceof Error && !('code' in error && error.code === 'ENOENT')) return undefined;
    return `${part} is not available here: ${remedies[part]}`;
  }
}
