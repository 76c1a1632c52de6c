// A real VS Code with some extensions installed, in a fresh place, opened in a browser: says what it measured of their activation.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_SETTINGS } from '../../scripts/lib/calmSettings.mjs';
import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { ensureVSCodeServer, installExtension, startVSCodeServer } from '../../scripts/lib/vscodeServer.mjs';
import { Workbench } from '../browser/workbench.ts';
import type { Measuring } from './figure.ts';

export class MeasuredVSCode {
  readonly #workbench: Workbench;
  readonly #url: string;

  private constructor(workbench: Workbench, url: string) {
    this.#workbench = workbench;
    this.#url = url;
  }

  static async start(measuring: Measuring, vsixes: readonly string[]): Promise<MeasuredVSCode> {
    const base = mkdtempSync(join(tmpdir(), 'tmux-agents-bench-'));
    measuring.afterwards(() => rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
    const [folder, home, tmux] = [join(base, 'project'), join(base, 'home'), join(base, 'tmux')];
    for (const made of [folder, home, tmux]) mkdirSync(made);
    writeFileSync(join(folder, 'README.md'), '# A folder\n');
    const places = { server: await ensureVSCodeServer(), dataDir: join(base, 'data'), extensionsDir: join(base, 'extensions') };
    for (const vsix of vsixes) await installExtension({ ...places, vsix });
    const env = { HOME: home, XDG_STATE_HOME: join(home, '.local', 'state'), TMUX_TMPDIR: tmux };
    const server = await startVSCodeServer({ ...places, folder, env, settings: TEST_SETTINGS });
    measuring.afterwards(() => server.stop());
    const browser = await launchChromium();
    measuring.afterwards(() => browser.close());
    // Tall enough for all running extensions: the list renders only the rows that are in sight.
    const page = await browser.newPage({ viewport: { width: 1_280, height: 4_000 } });
    return new MeasuredVSCode(new Workbench(page), server.url);
  }

  /** Opens the window anew, and with it an extension host. */
  async open(): Promise<void> {
    await this.#workbench.open(this.#url);
    await this.#workbench.runCommand('Developer: Show Running Extensions');
  }

  /** Milliseconds that loading an extension's code and the call of its `activate` took, by VS Code's own clock. */
  async activationMs(name: string): Promise<number> {
    const row = this.#workbench.page.locator('.runtime-extensions-editor .monaco-list-row').filter({ hasText: name });
    const text = await row.locator('.activation-time').filter({ hasText: /\d+ms/ }).first().textContent();
    const milliseconds = /(\d+)ms/.exec(text ?? '')?.[1];
    if (milliseconds === undefined) throw new Error(`VS Code says "${text}" of the activation of ${name}.`);
    return Number(milliseconds);
  }
}
