// A fresh place for browser tests: a VS Code server with the VSIX installed, a sample folder, a home and a tmux of its own.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { TEST_SETTINGS } from '../../scripts/lib/calmSettings.mjs';
import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { ensureVSCodeServer, installExtension, startVSCodeServer } from '../../scripts/lib/vscodeServer.mjs';
import type { VSCodeServer } from '../../scripts/lib/vscodeServer.mjs';
import { Workbench } from './workbench.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..', '..');

export interface WorldOptions {
  /** User settings on top of those that keep VS Code calm. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Environment of the server, and so of the extension and its agents. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Worlds that are open now: a picture of each is kept when a test fails. */
const open = new Set<World>();

afterEach(async function () {
  const { currentTest } = this;
  if (currentTest?.state !== 'failed') return;
  const name = currentTest.fullTitle().replaceAll(/[^\p{L}\p{N}]+/gu, '-').slice(0, 100);
  for (const world of open) await world.workbench.screenshot(`failed-${name}`).catch(() => undefined);
});

export class World {
  readonly folder: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly server: VSCodeServer;
  readonly workbench: Workbench;
  readonly #base: string;
  readonly #browser: Browser;

  private constructor(base: string, env: Readonly<Record<string, string>>, server: VSCodeServer, browser: Browser, workbench: Workbench) {
    this.#base = base;
    this.folder = join(base, 'project');
    this.home = join(base, 'home');
    this.env = env;
    this.server = server;
    this.#browser = browser;
    this.workbench = workbench;
  }

  /** Makes everything and opens the folder. Takes some seconds; end it with `dispose`. */
  static async create({ settings = {}, env: extra = {} }: WorldOptions = {}): Promise<World> {
    const base = mkdtempSync(join(tmpdir(), 'ta-ui-'));
    let server: VSCodeServer | undefined;
    let browser: Browser | undefined;
    try {
      const env = makeFolders(base, extra);
      const places = { server: await ensureVSCodeServer(), dataDir: join(base, 'data'), extensionsDir: join(base, 'extensions') };
      await installExtension({ ...places, vsix: await vsix() });
      server = await startVSCodeServer({ ...places, folder: join(base, 'project'), env, settings: { ...TEST_SETTINGS, ...settings } });
      browser = await launchChromium();
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
      const workbench = new Workbench(await context.newPage());
      await workbench.open(server.url);
      const world = new World(base, env, server, browser, workbench);
      open.add(world);
      return world;
    } catch (error) {
      await browser?.close();
      await server?.stop();
      rmSync(base, { recursive: true, force: true });
      throw error;
    }
  }

  /** Writes the settings of the machine that VS Code runs on; VS Code takes them over at once. */
  configureMachine(settings: Readonly<Record<string, unknown>>): void {
    const folder = join(this.#base, 'data', 'data', 'Machine');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  }

  /** Runs tmux as the agents' machine has it: `tmux('-L', 'tmux-agents', 'list-sessions')`. Resolves with what it printed. */
  async tmux(...args: readonly string[]): Promise<string> {
    return (await run('tmux', [...args], { env: { ...process.env, ...this.env } })).stdout;
  }

  /** Ends the browser, the server and this world's tmux servers, and removes its files. A picture is kept under `name` when given. */
  async dispose(name?: string): Promise<void> {
    if (name !== undefined) await this.workbench.screenshot(name).catch(() => undefined);
    open.delete(this);
    await this.#browser.close();
    await this.server.stop();
    for (const socket of ['tmux-agents', 'default']) await this.tmux('-L', socket, 'kill-server').catch(() => undefined);
    rmSync(this.#base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function makeFolders(base: string, extra: Readonly<Record<string, string>>): Record<string, string> {
  for (const name of ['project', 'data', 'extensions', 'home', 'tmux']) mkdirSync(join(base, name));
  const folder = join(base, 'project');
  writeFileSync(join(folder, 'README.md'), '# Tea timer\n\nA small project to try agents on.\n');
  const git = (...args: readonly string[]): unknown => execFileSync('git', ['-C', folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.invalid', ...args], { stdio: 'ignore' });
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'Begin');
  const home = join(base, 'home');
  return { HOME: home, XDG_STATE_HOME: join(home, '.local', 'state'), XDG_RUNTIME_DIR: '', TMUX_TMPDIR: join(base, 'tmux'), SHELL: '/bin/sh', PS1: '$ ', ...extra };
}

let made: Promise<string> | undefined;

/** The VSIX under test: the one that the test run made, or one made now from the sources. */
function vsix(): Promise<string> {
  const given = process.env['TMUX_AGENTS_VSIX'];
  if (given !== undefined && given !== '') return Promise.resolve(given);
  made ??= run(process.execPath, [join(root, 'scripts', 'package.mjs'), '--out', join(root, 'dist', 'test', 'tmux-agents.vsix')], { cwd: root }).then(() => join(root, 'dist', 'test', 'tmux-agents.vsix'));
  return made;
}
