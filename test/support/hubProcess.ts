// A hub as people start it: `tmux-agents hub` in a process of its own, which can be killed and started again where it was.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { dist } from '../../scripts/lib/paths.mjs';
import { freePort } from './freePort.ts';

export interface HubProcessOptions {
  readonly data: string;
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export class HubProcess {
  readonly #options: HubProcessOptions;
  readonly port: number;
  #child: ChildProcess | undefined;
  #setup: string | undefined;
  /** What it said on its standard error; the last of it. */
  said = '';

  /** Starts it; needs dist/ to be built. */
  static async start(options: HubProcessOptions): Promise<HubProcess> {
    const hub = new HubProcess(options, await freePort());
    await hub.start();
    return hub;
  }

  private constructor(options: HubProcessOptions, port: number) {
    this.#options = options;
    this.port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves once it listens; on the same port and data as before. */
  async start(): Promise<void> {
    const { data, databaseUrl, env, args = ['--no-runner'] } = this.#options;
    const child = spawn(process.execPath, [join(dist, 'cli.mjs'), 'hub', '--port', String(this.port), '--data', data, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, DATABASE_URL: databaseUrl, ...env } });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-10_000)));
    const lines = createInterface({ input: child.stdout });
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`The hub ended with ${code ?? signal}: ${this.said}`)));
      lines.on('line', (line) => {
        this.#setup ??= /#token=(\S+)/.exec(line)?.[1];
        if (/^listening on /.test(line)) resolve();
      });
    });
  }

  /** Resolves when it is gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await gone.finally(() => clearTimeout(late));
  }

  /** Makes the first admin by the one-time link. Resolves to a bearer token. */
  async signUp(person = { name: 'admin', password: 'a long password' }): Promise<string> {
    for (const wait = performance.now() + 5_000; this.#setup === undefined && performance.now() < wait; ) await new Promise((resolve) => setImmediate(resolve));
    await this.post('/api/auth/setup', { token: this.#setup, ...person });
    const { token } = (await this.post('/api/auth/token', person)) as { token: string };
    return token;
  }

  async post(path: string, body: unknown, token?: string): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return await response.json();
  }

  async register(token: string, name: string): Promise<{ readonly id: string; readonly token: string }> {
    return (await this.post('/api/runners/register', { name, hostname: 'tests', max_concurrent_agents: 20 }, token)) as { id: string; token: string };
  }
}
