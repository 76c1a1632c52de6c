// Drives the hub's page as a person does, against a real hub of the test's own and runners over its real socket.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { silentLog } from '../../src/base/log.ts';
import { startWholeHub, type WholeHub } from '../../src/hub/server/wholeHub.ts';
import type { Role } from '../../src/protocol/hubWire/hubRest.ts';
import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { buildHubPage, hubPageFolder } from '../../scripts/lib/hubPage.mjs';

const SCREENSHOTS = resolve(import.meta.dirname, '..', '..', 'test-output', 'screenshots');

export const ADMIN = { name: 'ada', password: 'correct horse battery' } as const;

export interface LookOptions {
  readonly dark?: boolean;
  readonly phone?: boolean;
  readonly calm?: boolean;
}

let built: Promise<void> | undefined;
const open = new Set<HubPageWorld>();

afterEach(async function () {
  const { currentTest } = this;
  if (currentTest?.state !== 'failed') return;
  const name = currentTest.fullTitle().replaceAll(/[^\p{L}\p{N}]+/gu, '-').slice(0, 100);
  for (const world of open) await world.photograph(`failed-${name}`);
});

// A page that nobody looks at any more would follow all that comes after.
afterEach(() => Promise.all([...open].map((world) => world.closePages())));

/** A hub, its page, and a browser. */
export class HubPageWorld {
  readonly #folder: string;
  readonly #browser: Browser;
  readonly #contexts = new Set<BrowserContext>();
  /** What browsers complained of: faults of scripts, and what the Content-Security-Policy stopped. */
  readonly complaints: string[] = [];
  #hub: WholeHub;

  private constructor(folder: string, browser: Browser, hub: WholeHub) {
    this.#folder = folder;
    this.#browser = browser;
    this.#hub = hub;
  }

  /** With an admin, unless `bare`. End it with `dispose`. */
  static async create({ bare = false }: { readonly bare?: boolean } = {}): Promise<HubPageWorld> {
    built ??= process.env['TMUX_AGENTS_HUB_PAGE_BUILT'] === '1' && existsSync(join(hubPageFolder, 'index.html')) ? Promise.resolve() : buildHubPage();
    await built;
    const folder = mkdtempSync(join(tmpdir(), 'ta-hub-page-'));
    const browser = await launchChromium();
    const hub = await start(folder, 0);
    const world = new HubPageWorld(folder, browser, hub);
    open.add(world);
    if (!bare) await world.post('/api/auth/setup', { token: new URL(hub.adminLink ?? '').hash.slice('#token='.length), ...ADMIN });
    return world;
  }

  get url(): string {
    return this.#hub.url;
  }

  get hub(): WholeHub {
    return this.#hub;
  }

  /** A page of a browser that is signed in, at `path`; of nobody for `as: null`. */
  async visit(path = '/', { as = ADMIN, dark = false, phone = false, calm = false }: LookOptions & { readonly as?: { readonly name: string; readonly password: string } | null } = {}): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: phone ? { width: 390, height: 844 } : { width: 1360, height: 860 }, colorScheme: dark ? 'dark' : 'light', hasTouch: phone, locale: 'en-GB', ...(calm ? { reducedMotion: 'reduce' as const } : {}) });
    this.#contexts.add(context);
    if (as !== null) assert.equal((await context.request.post(`${this.url}/api/auth/login`, { data: as })).status(), 200);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy|Refused to/i.test(message.text())) this.complaints.push(message.text());
    });
    await page.goto(`${this.url}${path}`);
    return page;
  }

  /** A bearer token of the admin's, or of whoever is named. */
  async token(as: { readonly name: string; readonly password: string } = ADMIN): Promise<string> {
    const answer = (await (await this.post('/api/auth/token', as)).json()) as { readonly token: string };
    return answer.token;
  }

  async addUser(name: string, role: Role): Promise<{ readonly name: string; readonly password: string }> {
    const password = 'ten characters and more';
    await this.post('/api/users', { name, password, role }, await this.token());
    return { name, password };
  }

  async post(path: string, body: unknown, token?: string): Promise<Response> {
    const answer = await fetch(`${this.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  /** Ends the hub, as a restart of its machine does. */
  async stopHub(): Promise<void> {
    await this.#hub.close();
  }

  /** The same hub at the same address, with all that it has kept. */
  async startHubAgain(): Promise<void> {
    this.#hub = await start(this.#folder, Number(new URL(this.#hub.url).port));
  }

  async closePages(): Promise<void> {
    await Promise.all([...this.#contexts].map((context) => context.close()));
    this.#contexts.clear();
  }

  async photograph(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    for (const [index, page] of [...this.#contexts].flatMap((context) => context.pages()).entries()) await page.screenshot({ path: join(SCREENSHOTS, `${name}-${index}.png`) }).catch(() => undefined);
  }

  async dispose(): Promise<void> {
    open.delete(this);
    await this.#browser.close();
    await this.#hub.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Tests sign in far more often than people do. */
function start(folder: string, port: number): Promise<WholeHub> {
  return startWholeHub({ host: '127.0.0.1', port, dataFolder: folder, pageFolder: hubPageFolder, log: silentLog }, { rates: { signIn: 1000, address: 100_000 } });
}

/** The card of what an agent asks. */
export function askOf(page: Page, agent: string): Locator {
  return page.locator('article.ask').filter({ has: page.getByRole('heading', { name: agent }) });
}

/** Waits until the terminal shows the text. */
export async function waitForScreen(page: Page, text: string): Promise<void> {
  await page.locator('.xterm-rows').filter({ hasText: text }).waitFor();
}
