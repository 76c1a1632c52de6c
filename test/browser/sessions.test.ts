// A session as a person looks back at it: its timeline, live and after a reload; its terminal, replayed; and several attempts at one task, compared.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { needs } from '../support/requirements.ts';
import { World } from './world.ts';
import type { Workbench } from './workbench.ts';

describe('sessions, in the browser', function () {
  this.timeout(120_000);
  let world: World;
  let vscode: Workbench;

  before(async function () {
    needs(this, 'chromium', 'tmux', 'git');
    world = await World.create({ settings: { 'tmuxAgents.spawn.autopilot': false } });
    world.configureMachine({ 'tmuxAgents.docker.enabled': false });
    vscode = world.workbench;
    writeFileSync(join(world.folder, '.tmux-agents.json'), JSON.stringify({ test: 'test -f README.md && echo "1 passed"' }));
  });

  after(() => world?.dispose('sessions-end'));

  const git = (...args: readonly string[]): void => void execFileSync('git', ['-C', world.folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.invalid', ...args], { stdio: 'ignore' });
  /** The page of the panel that is shown. */
  const page = (): FrameLocator => vscode.page.frameLocator('iframe.webview.ready:visible').frameLocator('#active-frame');
  const entry = (text: string | RegExp): Locator => page().locator('li.entry').filter({ hasText: text }).first();
  const seen = (locator: Locator, timeout = 20_000): Promise<void> => locator.first().waitFor({ timeout });

  it('shows what happened in order, live', async () => {
    await vscode.openView('Agents');
    await vscode.welcomeButton('Try the Demo Agent');
    await vscode.waitForRow('demo-1');
    await vscode.waitForTerminalText('Allow? [y/n]');
    await vscode.rowMenu('demo-1', 'Show Timeline', async () => (await entry('Task: Show me what you can do').count()) > 0);
    await seen(entry('Task: Show me what you can do'));
    await seen(entry(/Asks: .*npm test/));
    await vscode.typeInTerminal('y\n');
    await seen(entry(/Asks: .*answered in the terminal/));
    await seen(entry('At rest'));
    writeFileSync(join(world.folder, 'tea.txt'), 'Earl Grey\n');
    git('add', 'tea.txt');
    git('commit', '-qm', 'Add a tea');
    await seen(entry(/Commit [0-9a-f]{8}: Add a tea/));
    await vscode.rowAction('demo-1', 'Send Prompt');
    await vscode.answer('Say it once more', 'Prompt to demo-1');
    await seen(entry('Prompt: Say it once more'));
    assert.equal(await page().locator('h1').textContent(), 'demo-1');
    await vscode.screenshot('timeline');
  });

  it('shows only what is wanted, and is walked through by keys', async () => {
    const filter = (name: string): Locator => page().locator('button.filter').filter({ hasText: name });
    await filter('Status').click();
    assert.equal(await filter('Status').getAttribute('aria-pressed'), 'false');
    assert.equal(await page().locator('li.status:visible').count(), 0);
    await page().locator('li.prompt button.title').first().focus();
    await vscode.page.keyboard.press('End');
    await vscode.page.keyboard.press('ArrowUp');
    assert.ok(await page().locator('button.title:focus').count());
    await filter('Status').click();
    assert.ok((await page().locator('li.status:visible').count()) > 0);
  });

  it('leads from a commit to what it changed', async () => {
    await entry('Add a tea').locator('button.title').click();
    await vscode.until(async () => ((await vscode.editorText()).includes('Earl Grey') ? true : undefined), 'the commit', { seen: () => vscode.editorText() });
    await vscode.screenshot('timeline-commit');
  });

  it('comes back after a reload', async () => {
    await vscode.page.locator('.tab').filter({ hasText: 'Timeline: demo-1' }).click();
    await seen(entry('Task: Show me what you can do'));
    await vscode.reload();
    await seen(entry(/Commit [0-9a-f]{8}: Add a tea/), 60_000);
    await vscode.until(async () => ((await page().locator('#state').textContent()) === '' ? undefined : true), 'its state');
  });

  it('replays the terminal from a moment, at any speed, without the silences', async () => {
    await page().locator('#replay').click();
    await seen(page().locator('.xterm-rows'));
    const shown = async (): Promise<string> => (await page().locator('.xterm-rows > div').allInnerTexts()).join('\n').replaceAll('\u00a0', ' ');
    await page().locator('#speed').selectOption('16');
    await vscode.until(async () => ((await page().locator('body').getAttribute('data-playing')) === 'false' && /once more/.test(await shown()) ? true : undefined), 'the replay to end', { seen: shown });
    await vscode.screenshot('replay');
    await page().locator('#restart').click();
    await vscode.until(async () => (/once more/.test(await shown()) ? undefined : true), 'the beginning', { seen: shown });
    await page().locator('#marks .tick.prompt').last().click();
    await vscode.until(async () => ((Number(await page().locator('body').getAttribute('data-position')) > 0 ? true : undefined)), 'the moment of the prompt');
    const skipped = await page().locator('#time').textContent();
    await page().locator('#skip').uncheck();
    assert.notEqual(await page().locator('#time').textContent(), skipped);
    assert.equal(await page().locator('#play').getAttribute('aria-label'), 'Play');
  });

  it('gives one task to several attempts, and compares them', async () => {
    await vscode.runCommand('Agents: Best of N…');
    await vscode.answer('Name a tea', 'Each attempt gets this task');
    await vscode.waitForQuickInput('Which agents?');
    await vscode.quickInput().fill('Demo');
    await vscode.quickPickRow('Demo agent').first().locator('input[type="checkbox"], .monaco-checkbox').first().click();
    await vscode.page.locator('.quick-input-widget:visible .monaco-button').filter({ hasText: 'OK' }).first().click();
    await vscode.waitForQuickInput('How often does it try?');
    await vscode.pick('2 times');
    await seen(page().locator('section.attempt'), 60_000);
    assert.equal(await page().locator('section.attempt').count(), 2);
    await seen(page().locator('section.attempt .badge').filter({ hasText: 'Waiting for You' }));
    await page().locator('#test').click();
    await seen(page().locator('section.attempt').nth(0).getByText('passed in'), 60_000);
    await seen(page().locator('section.attempt').nth(1).getByText('passed in'), 60_000);
    await vscode.screenshot('comparison');
  });

  it('shows the changes of an attempt, new files too, in the editor of review', async () => {
    const agent = await page().locator('section.attempt').first().getAttribute('data-agent');
    writeFileSync(join(world.home, '.local', 'state', 'tmux-agents', 'worktrees', agent ?? '', 'notes.txt'), 'Rooibos is not a tea.\n');
    await page().locator('section.attempt').first().locator('button', { hasText: 'Changes' }).click();
    await vscode.page.locator('.tab').filter({ hasText: 'Changes of demo 1 (against main) (1 file)' }).waitFor();
    await vscode.page.locator('.view-line').filter({ hasText: 'is not a tea' }).first().waitFor();
    await vscode.page.locator('.tab').filter({ hasText: 'Best of 2' }).click();
    await seen(page().locator('section.attempt'));
  });

  it('picks one, and archives the other with its work', async () => {
    const attempt = page().locator('section.attempt').first();
    await attempt.locator('button', { hasText: 'Pick This One' }).click();
    await vscode.dialogButton('and archive demo 2', 'Pick');
    await seen(page().locator('section.attempt[data-outcome="picked"]'), 30_000);
    await seen(page().locator('section.attempt[data-outcome="archived"]'), 30_000);
    await seen(page().locator('.note').filter({ hasText: 'Archived: its commits on the branch tmux-agents/' }));
    await vscode.screenshot('comparison-picked');
    await vscode.reload();
    await seen(page().locator('section.attempt[data-outcome="picked"]'), 60_000);
    await vscode.runCommand('Agents: Kill All Agents…');
    await vscode.dialogButton('Kill', 'Kill 2 Agents');
    await vscode.until(async () => ((await page().locator('.badge').filter({ hasText: 'picked' }).count()) > 0 ? true : undefined), 'the picked one');
  });

  it('shows what an agent changed that is gone, from its timeline', async () => {
    await vscode.page.locator('.tab').filter({ hasText: 'Timeline: demo-1' }).click();
    await entry(/changed, \+/).locator('button.title').click();
    // It worked in the folder itself: what it left is compared with the commit at which it began.
    await vscode.page.locator('.tab').filter({ hasText: /Changes of demo-1 \(against [0-9a-f]{10}\)/ }).waitFor();
    await vscode.page.locator('.view-line').filter({ hasText: 'Earl Grey' }).first().waitFor();
  });
});
