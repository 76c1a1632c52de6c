// `npm start` as a newcomer meets it: the Agents view at first sight, terminals that live over a reload, agents that outlive VS Code.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { CALM_SETTINGS } from '../../scripts/lib/calmSettings.mjs';
import { launchChromium } from '../../scripts/lib/chromium.mjs';
import { needs } from '../support/requirements.ts';
import { StartedVSCode, assertEnded } from '../support/startedVSCode.ts';
import { Workbench } from './workbench.ts';

describe('npm start in a browser', function () {
  this.timeout(120_000);
  let base: string;
  let started: StartedVSCode | undefined;
  let browser: Browser | undefined;
  let workbench: Workbench;
  const tmux = (...args: readonly string[]): string => execFileSync('tmux', [...args], { env: { ...process.env, TMUX_TMPDIR: base }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  before(async function () {
    needs(this, 'chromium', 'tmux', 'git');
    base = mkdtempSync(join(tmpdir(), 'ta-start-'));
    // As `npm start` writes them, and terminals whose text is in the page.
    const user = join(base, 'state', 'vscode-data', 'data', 'User');
    mkdirSync(user, { recursive: true });
    writeFileSync(join(user, 'settings.json'), JSON.stringify({ ...CALM_SETTINGS, 'terminal.integrated.gpuAcceleration': 'off' }));
    started = await StartedVSCode.start(['--state', join(base, 'state')], { TMUX_TMPDIR: base, HOME: base, SHELL: '/bin/sh' });
    browser = await launchChromium();
    workbench = new Workbench(await browser.newPage({ viewport: { width: 1280, height: 800 } }));
    await workbench.open(started.url);
  });

  after(async () => {
    await browser?.close();
    await started?.end('SIGTERM');
    for (const socket of ['tmux-agents', 'lasting']) {
      try {
        tmux('-L', socket, 'kill-server');
      } catch {
        // It was not started, or is gone.
      }
    }
    if (base !== undefined) rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  it('shows the Agents view and the project\'s README at first sight, and nothing else', async () => {
    await workbench.waitForView('Agents');
    await workbench.until(async () => ((await workbench.editorTitles()).some((title) => title.includes('README')) ? true : undefined), 'the README');
    assert.equal((await workbench.editorTitles()).length, 1);
    assert.equal(await workbench.page.locator('.notification-toast').count(), 0);
    await workbench.screenshot('start');
  });

  it('keeps a terminal over a reload, though the extension is linked and not installed', async () => {
    await workbench.runCommand('Terminal: Create New Terminal');
    await workbench.typeInTerminal('kept=survivor; echo "ready $((40 + 2))"\n');
    await workbench.waitForTerminalText('ready 42');
    await workbench.reload();
    await workbench.waitForTerminalText('ready 42');
    await workbench.typeInTerminal('echo "the $kept"\n');
    await workbench.waitForTerminalText('the survivor');
  });

  it('ends on Ctrl-C with all it started, and leaves the tmux sessions at work', async () => {
    await workbench.typeInTerminal('tmux -L lasting new-session -d -s agent "sleep 600" && echo "made $((1 + 1))"\n');
    await workbench.waitForTerminalText('made 2');
    assert.ok(started);
    const below = await started.below();
    assert.ok(below.length > 3, 'the server, its extension host and a terminal run below it');
    assert.equal(await started.end('SIGINT', 'SIGINT'), 0);
    await assertEnded(below);
    assert.equal(tmux('-L', 'lasting', 'list-sessions', '-F', '#{session_name}').trim(), 'agent');
  });
});
