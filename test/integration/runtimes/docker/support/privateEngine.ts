// A dockerd of the test's own, to be stopped, killed and started again without anybody else noticing. Needs root and Linux.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { IMAGE } from './dockerPlace.ts';

/** A file tree with no more than agents in these tests use: quick to hand over. */
export const SMALL_IMAGE = `set -e
tools=$(for tool in sh tail cat tmux sleep env ls rm stty printf; do command -v $tool; done)
{ echo /bin/sh; for tool in $tools; do echo $tool; ldd $tool 2>/dev/null | grep -o '/[^ ]*'; done; } | sort -u > /tmp/files
tar -cf - -h --ignore-failed-read -T /tmp/files --no-recursion /tmp --recursion /usr/lib/locale/C.utf8 /lib/terminfo /usr/share/terminfo 2>/dev/null || true`;

export class PrivateEngine {
  readonly socketPath: string;
  readonly image = 'small:1';
  readonly #root = mkdtempSync(join(tmpdir(), 'dockerd-'));
  readonly #namespace = basename(this.#root);
  readonly #flags: readonly string[];
  #daemon: ChildProcess | undefined;

  constructor(flags: readonly string[] = []) {
    this.socketPath = join(this.#root, 'docker.sock');
    this.#flags = flags;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const folder = (name: string): string => join(this.#root, name);
    const args = ['--data-root', folder('data'), '--exec-root', folder('exec'), '--pidfile', folder('pid'), '-H', `unix://${this.socketPath}`];
    // In a network namespace of its own: a second dockerd on the same one would take the first one's bridge away.
    if (!existsSync(`/run/netns/${this.#namespace}`)) await promisify(execFile)('ip', ['netns', 'add', this.#namespace]);
    const dockerd = ['dockerd', ...args, '--bridge=none', '--iptables=false', '--ip6tables=false', ...this.#flags];
    const daemon = spawn('nsenter', [`--net=/run/netns/${this.#namespace}`, ...dockerd], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#daemon = daemon;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      daemon.once('exit', () => {
        if (this.#daemon === daemon) this.#daemon = undefined;
        reject(new Error(`dockerd ended: ${said.slice(-2_000)}`));
      });
      daemon.stderr.on('data', (bytes: Buffer) => {
        said = (said + bytes.toString()).slice(-10_000);
        if (said.includes('API listen on')) resolve();
      });
    });
  }

  /** Gives it an image that agents can run in. */
  async load(): Promise<void> {
    const source = spawn('docker', ['run', '--rm', '--network', 'none', '--entrypoint', 'sh', '--user', '0', IMAGE, '-c', SMALL_IMAGE], { stdio: ['ignore', 'pipe', 'inherit'] });
    const target = spawn('docker', ['-H', `unix://${this.socketPath}`, 'import', '-', this.image], { stdio: ['pipe', 'ignore', 'inherit'] });
    await Promise.all([once(target, 'exit'), pipeline(source.stdout, target.stdin)]);
    if (target.exitCode !== 0) throw new Error(`docker import ended with ${target.exitCode}`);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, 'exit');
    daemon.kill(signal);
    await ended;
    // Its containerd dies with it. Where nobody reaps orphans that one's number stays taken, and the next dockerd would wait for it.
    if (signal === 'SIGKILL') rmSync(join(this.#root, 'exec/containerd/containerd.pid'), { force: true });
  }

  /** Ends it with all that ran in it. */
  async dispose(): Promise<void> {
    if (this.#daemon !== undefined) {
      const docker = new Docker({ socketPath: this.socketPath });
      for (const { Id } of await docker.listContainers({ all: true })) await docker.getContainer(Id).remove({ force: true, v: true });
      await docker.pruneNetworks();
      await this.end('SIGTERM');
    }
    const { stdout } = await promisify(execFile)('sh', ['-c', 'grep -o " $1[^ ]*" /proc/mounts | sort -r || true', 'sh', this.#root]);
    for (const mount of stdout.split('\n').map((line) => line.trim()).filter(Boolean)) await promisify(execFile)('umount', ['-l', mount]).catch(() => undefined);
    await promisify(execFile)('ip', ['netns', 'delete', this.#namespace]).catch(() => undefined);
    if (existsSync(this.#root)) rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }
}
