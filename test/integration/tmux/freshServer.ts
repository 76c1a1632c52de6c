// A tmux of a test's own: its own socket directory, ended and removed afterwards. TMUX_BIN names another tmux than the one on the PATH.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitForEvent } from '../../../src/base/wait.ts';
import { LocalExecutor } from '../../../src/exec/localExecutor.ts';
import { TmuxService, type TmuxServerOptions } from '../../../src/tmux/tmuxService.ts';
import type { PaneId, TmuxPane } from '../../../src/tmux/types.ts';
import { needs } from '../../support/requirements.ts';

export const tmuxPath = process.env['TMUX_BIN'] ?? 'tmux';

export class FreshServer {
  readonly directory = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
  readonly socketName = 'test';
  readonly env: Record<string, string>;
  readonly #services: TmuxService[] = [];

  constructor() {
    const { TMUX: _inside, TMUX_PANE: _pane, ...inherited } = process.env;
    this.env = { ...(inherited as Record<string, string>), TMUX_TMPDIR: this.directory, LC_ALL: 'C.UTF-8', SHELL: '/bin/sh' };
  }

  /** A service on this server: ours unless told otherwise. */
  service(options: Partial<TmuxServerOptions> = {}): TmuxService {
    const service = new TmuxService(new LocalExecutor(), {
      mode: 'own',
      socketName: this.socketName,
      env: this.env,
      tmuxPath,
      ...(options.mode === 'guest' ? {} : { configFile: '/dev/null' }),
      ...options,
    });
    this.#services.push(service);
    return service;
  }

  /** Runs the tmux program against this server, as a person in a terminal would. */
  tmux(...args: string[]): string {
    return execFileSync(tmuxPath, ['-u', '-L', this.socketName, ...args], { env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 });
  }

  /** True while a server answers. */
  get isRunning(): boolean {
    return spawnSync(tmuxPath, ['-N', '-L', this.socketName, 'list-sessions'], { env: this.env, timeout: 10_000 }).status === 0;
  }

  dispose(): void {
    for (const service of this.#services) service.dispose();
    spawnSync(tmuxPath, ['-L', this.socketName, 'kill-server'], { env: this.env, timeout: 10_000 });
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Gives each test of a `describe` a server of its own and a connected service on it, and ends both; skips the tests where there is no tmux. */
export function freshServerForEach(begin: (server: FreshServer, tmux: TmuxService) => void): void {
  let server: FreshServer | undefined;

  before(function () {
    needs(this, 'tmux');
  });

  beforeEach(async () => {
    server = new FreshServer();
    const tmux = server.service();
    await tmux.connect();
    begin(server, tmux);
  });

  afterEach(() => server?.dispose());
}

/** A program that says READY, then echoes each byte it is sent as two hex digits; a raw terminal, so that nothing is translated. */
export const hexEcho = [
  process.execPath,
  '-e',
  `process.stdin.setRawMode(true); process.stdin.on('data', (bytes) => process.stdout.write(bytes.toString('hex'))); process.stdout.write('READY\\n');`,
];

/** Collects a pane's bytes from now on. */
export class PaneReader {
  readonly #chunks: Buffer[] = [];
  readonly #service: TmuxService;
  readonly #pane: PaneId;
  #wake: () => void = () => undefined;
  readonly #subscription;

  constructor(service: TmuxService, pane: PaneId) {
    this.#service = service;
    this.#pane = pane;
    this.#subscription = service.onPaneOutput(pane, (bytes) => {
      this.#chunks.push(Buffer.from(bytes));
      this.#wake();
    });
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  /** Waits until the pane's screen or the bytes seen so far hold the text. */
  async until(accept: (text: string) => boolean, timeoutMs = 10_000): Promise<string> {
    const deadline = AbortSignal.timeout(timeoutMs);
    while (!accept(this.text)) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        deadline.addEventListener('abort', () => reject(new Error(`${this.#pane} said only ${JSON.stringify(this.text.slice(-500))}`)), { once: true });
      });
    }
    return this.text;
  }

  /** Waits until the program is up: what it said before we listened counts. */
  async ready(word = 'READY'): Promise<void> {
    const screen = await this.#service.capture(this.#pane, { lines: 'all' });
    if (!screen.includes(word)) await this.until((text) => text.includes(word));
    this.#chunks.length = 0;
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

/** Waits, by tree events alone, until a listing of the panes is as wanted. */
export async function panesUntil(service: TmuxService, accept: (panes: readonly TmuxPane[]) => boolean, timeoutMs = 5_000): Promise<readonly TmuxPane[]> {
  let panes = await service.listPanes();
  const deadline = performance.now() + timeoutMs;
  while (!accept(panes)) {
    const changed = waitForEvent(service.onDidChangeTree, () => true, { timeoutMs: Math.max(1, deadline - performance.now()), what: `the panes to change from ${JSON.stringify(panes)}` });
    const now = await service.listPanes();
    if (accept(now)) {
      changed.catch(() => undefined);
      return now;
    }
    await changed;
    panes = await service.listPanes();
  }
  return panes;
}
