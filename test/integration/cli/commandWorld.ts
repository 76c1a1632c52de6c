// A machine of a test's own for the command: settings, state, tmux server and folder, all fresh, all gone afterwards.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalExecutor } from '../../../src/exec/localExecutor.ts';
import { TmuxService } from '../../../src/tmux/tmuxService.ts';
import type { AgentStatus } from '../../../src/protocol/agentStatus.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** Called with the running process. */
  readonly meanwhile?: (kill: (signal: NodeJS.Signals) => void) => void;
  readonly cwd?: string;
}

const project = fileURLToPath(new URL('../../../', import.meta.url));
/** With `--`, or Node itself would look for the file of `--env-file`. */
export const sourceCommand: readonly string[] = [process.execPath, '--', join(project, 'src/cli/main.ts')];
/** As a person runs it: by its first line. */
export const builtCommand: readonly [string] = [join(project, 'dist/cli.mjs')];

export class CommandWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
  readonly work = join(this.folder, 'work folder');
  readonly env: Record<string, string>;
  readonly #command: readonly string[];
  readonly #services: TmuxService[] = [];

  constructor(command: readonly string[] = sourceCommand, settings: object = { runtimes: { docker: false } }) {
    this.#command = command;
    const { TMUX: _inside, TMUX_PANE: _pane, ...inherited } = process.env;
    this.env = {
      ...(inherited as Record<string, string>),
      TMUX_TMPDIR: join(this.folder, 'tmux'),
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      XDG_STATE_HOME: join(this.folder, 'state'),
      LC_ALL: 'C.UTF-8',
      TMUX_AGENTS_DEMO_DELAY: '0',
      NODE_NO_WARNINGS: '1',
    };
    for (const folder of [this.work, join(this.folder, 'tmux'), join(this.folder, 'config', 'tmux-agents')]) mkdirSync(folder, { recursive: true });
    writeFileSync(join(this.folder, 'config', 'tmux-agents', 'config.json'), JSON.stringify(settings));
  }

  /** Runs the command as a process, in the work folder, to its end; a hang is a failure. */
  async run(args: readonly string[], { input = '', meanwhile, cwd = this.work }: RunOptions = {}): Promise<Ran> {
    const [program = '', ...first] = this.#command;
    const child = spawn(program, [...first, ...args], { cwd, env: this.env, stdio: ['pipe', 'pipe', 'pipe'], timeout: 90_000, killSignal: 'SIGKILL' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    meanwhile?.((signal) => void child.kill(signal));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  /** Runs it with --json and takes its answer apart. */
  async json<T>(args: readonly string[], options: RunOptions = {}): Promise<Ran & { readonly value: T }> {
    const separator = args.indexOf('--');
    const at = separator === -1 ? args.length : separator;
    const ran = await this.run([...args.slice(0, at), '--json', ...args.slice(at)], options);
    try {
      return { ...ran, value: JSON.parse(ran.stdout) as T };
    } catch {
      throw new Error(`no JSON: exit code ${String(ran.code)}, stdout ${JSON.stringify(ran.stdout)}, stderr ${JSON.stringify(ran.stderr)}`);
    }
  }

  async spawn(...args: string[]): Promise<AgentInfo> {
    const { code, value } = await this.json<AgentInfo>(['spawn', ...args]);
    if (code !== 0) throw new Error(`spawn failed: ${JSON.stringify(value)}`);
    return value;
  }

  async list(): Promise<(AgentInfo & { readonly state: AgentStatus })[]> {
    const { code, value } = await this.json<{ agents: (AgentInfo & { readonly state: AgentStatus })[]; errors: object[] }>(['list']);
    if (code !== 0 || value.errors.length > 0) throw new Error(`list failed with ${String(code)}: ${JSON.stringify(value)}`);
    return value.agents;
  }

  /** Another client of the same tmux server: what a second face would see. */
  tmux(): TmuxService {
    const service = new TmuxService(new LocalExecutor(), { mode: 'own', socketName: 'tmux-agents', configFile: '/dev/null', env: this.env });
    this.#services.push(service);
    return service;
  }

  /** Who is connected to the tmux server, this test's own connections aside. */
  async clients(): Promise<string[]> {
    await Promise.all(this.#services.splice(0).map((service) => service.leave()));
    const { stdout } = spawnSync('tmux', ['-L', 'tmux-agents', 'list-clients', '-F', '#{client_pid} #{client_session}'], { env: this.env, encoding: 'utf8' });
    return stdout.split('\n').filter((line) => line !== '');
  }

  dispose(): void {
    for (const service of this.#services) service.dispose();
    spawnSync('tmux', ['-L', 'tmux-agents', 'kill-server'], { env: this.env });
    rmSync(this.folder, { recursive: true, force: true });
  }
}
