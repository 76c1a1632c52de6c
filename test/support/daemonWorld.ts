// The runner as people run it: `sibyl-runner` processes with a configuration, a state folder and a tmux server of their own.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { waitFor } from '../../src/base/wait.ts';
import { makeTmuxHome, type TmuxHome } from './tmuxHome.ts';

const SLOW_MS = 60_000;
const root = join(import.meta.dirname, '..', '..');

export interface DaemonProcess {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves to its exit code; null after a signal. */
  readonly closed: Promise<number | null>;
  /** As soon as it has said so. */
  said(pattern: RegExp): Promise<void>;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export class DaemonWorld {
  readonly home: TmuxHome = makeTmuxHome();
  readonly config = join(this.home.directory, 'config', 'runner.yaml');
  readonly worktrees = join(this.home.directory, 'worktrees');
  readonly #program: readonly string[];
  readonly #children = new Set<ChildProcess>();

  /** By default its source runs; a test that starts it often may have built it. */
  constructor(program: readonly string[] = [process.execPath, join(root, 'src', 'cli', 'main.ts'), 'runner']) {
    this.#program = program;
    mkdirSync(dirname(this.config), { recursive: true });
  }

  /** What a hub has registered. */
  registered(serverUrl: string, more: Readonly<Record<string, unknown>> = {}): void {
    this.write({ server_url: serverUrl, runner_id: 'runner-1', name: 'test', runner_token: 'runner-secret-token', reconnect_interval: 0.1, allow_commands: true, drain_seconds: 10, ...more });
  }

  write(values: Readonly<Record<string, unknown>>): void {
    writeFileSync(this.config, stringify({ worktree_base: this.worktrees, log_dir: join(this.home.directory, 'logs'), ...values }), { mode: 0o600 });
  }

  log(): string {
    const path = join(this.home.directory, 'logs', 'sibyl-runner.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  repository(name = 'project'): string {
    const folder = join(this.home.directory, name);
    mkdirSync(folder);
    const git = (...args: readonly string[]): string => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' });
    git('init', '-q', '-b', 'main');
    writeFileSync(join(folder, 'readme.txt'), 'one\n');
    git('add', '.');
    git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '-q', '-m', 'first');
    return folder;
  }

  start(args: readonly string[], { env = {}, input = '' }: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {}): DaemonProcess {
    const [file = '', ...first] = this.#program;
    const { SIBYL_ACCESS_TOKEN: _access, SIBYL_RUNNER_TOKEN: _runner, SIBYL_CONFIG_FILE: _file, SIBYL_CONFIG_DIR: _dir, ...inherited } = process.env;
    const child = spawn(file, [...first, ...args], { cwd: this.home.directory, env: { ...inherited, HOME: this.home.directory, SIBYL_CONFIG_FILE: this.config, NODE_NO_WARNINGS: '1', ...env } });
    this.#children.add(child);
    let [stdout, stderr] = ['', ''];
    const looks = new Set<() => void>();
    const look = (): void => looks.forEach((each) => each());
    child.stdout.on('data', (chunk: Buffer) => ((stdout += chunk.toString()), look()));
    child.stderr.on('data', (chunk: Buffer) => ((stderr += chunk.toString()), look()));
    child.stdin.on('error', () => undefined).end(input);
    const closed = once(child, 'close').then(([code]) => code as number | null);
    const all = (): string => `${stdout}${stderr}`;
    const said = (pattern: RegExp): Promise<void> =>
      waitFor(
        new Promise<void>((resolve, reject) => {
          const each = (): void => {
            if (!pattern.test(all())) return;
            looks.delete(each);
            resolve();
          };
          looks.add(each);
          each();
          void closed.then((code) => (pattern.test(all()) ? resolve() : reject(new Error(`It ended with ${code} and said: ${all()}`))));
        }),
        { timeoutMs: SLOW_MS, what: `${String(pattern)}` },
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}; it said: ${all()}`);
      });
    return {
      child,
      stdout: () => stdout,
      stderr: () => stderr,
      closed: waitFor(closed, { timeoutMs: SLOW_MS * 2, what: `${args.join(' ')} to end` }),
      said,
      end: (signal) => {
        child.kill(signal);
        return waitFor(closed, { timeoutMs: SLOW_MS, what: `it to end by ${signal}` });
      },
    };
  }

  /** Runs it to its end. */
  async run(args: readonly string[], options: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {}): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
    const started = this.start(args, options);
    const code = await started.closed;
    return { code, stdout: started.stdout(), stderr: started.stderr() };
  }

  async end(): Promise<void> {
    for (const child of this.#children) if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    this.home.end();
  }
}
