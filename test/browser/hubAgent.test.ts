// The hub's page: one agent. Its terminal, prompts, timeline, changes and usage, as people use them.
import assert from 'node:assert/strict';
import { waitForEvent } from '../../src/base/wait.ts';
import { exampleFleet, type ExampleFleet } from '../support/exampleFleet.ts';
import { needs } from '../support/requirements.ts';
import { ADMIN, HubPageWorld, waitForScreen } from './hubPage.ts';

describe('the hub’s page: an agent', function () {
  this.timeout(120_000);
  let world: HubPageWorld;
  let fleet: ExampleFleet;

  before(async function () {
    needs(this, 'chromium');
    world = await HubPageWorld.create();
    fleet = await exampleFleet(world.url, await world.token());
  });
  after(async () => {
    fleet?.dispose();
    await world?.dispose();
  });

  /** Resolves once this was typed into the agent's terminal, among what else was. */
  async function typed(text: string): Promise<void> {
    const has = (): boolean => fleet.forge.typed.get('rate-limits')?.includes(text) === true;
    if (!has()) await waitForEvent(fleet.forge.onTyped.event, has, { timeoutMs: 10_000, what: `"${text}" to be typed` });
  }

  it('shows its terminal at once, and what is printed from then on', async () => {
    const page = await world.visit('/');
    await page.getByRole('link', { name: /rate-limits/ }).click();
    await page.getByRole('heading', { name: 'rate-limits' }).waitFor();
    await waitForScreen(page, 'Looking at the failing test');
    fleet.forge.print('rate-limits', '\u001b[32mand there it is\u001b[0m\r\n');
    await waitForScreen(page, 'and there it is');
    await page.getByText('You look. Nobody types from here.').waitFor();
  });

  it('types only for who took control, at the size that there is room for', async () => {
    const page = await world.visit('/agents/rate-limits');
    await waitForScreen(page, 'Welcome to the agent');
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.type('not yet');
    await page.getByRole('button', { name: 'Take control' }).click();
    await page.getByText('You type here.').waitFor();
    await page.keyboard.type('ls -la\n');
    await typed('ls -la\r');
    await waitForScreen(page, 'ls -la');
    assert.equal(fleet.forge.typed.get('rate-limits')?.includes('not yet'), false);
    const { columns, rows } = fleet.forge.sizeOf('rate-limits');
    assert.ok(columns > 80 && rows > 24, `${columns} × ${rows}`);
    // Tab is the agent's; F6 leads out.
    await page.keyboard.press('Tab');
    await typed('\t');
    await page.keyboard.press('F6');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Give up control');
    await page.keyboard.press('Enter');
    await page.getByText('You look. Nobody types from here.').waitFor();
  });

  it('hands control over, and tells both who has it', async () => {
    const bob = await world.addUser('bob', 'admin');
    const [mine, his] = [await world.visit('/agents/rate-limits'), await world.visit('/agents/rate-limits', { as: bob })];
    await waitForScreen(mine, 'Welcome to the agent');
    await waitForScreen(his, 'Welcome to the agent');
    await mine.getByRole('button', { name: 'Take control' }).click();
    await mine.getByText('You type here.').waitFor();
    await his.getByText('ada types. You look.').waitFor();
    await his.getByRole('button', { name: 'Take control' }).click();
    await mine.getByText('bob types. You look.').waitFor();
    await his.getByText('You type here.').waitFor();
    await his.keyboard.type('from bob');
    await typed('from bob');
    await waitForScreen(mine, 'from bob');
    await mine.locator('.xterm-helper-textarea').focus();
    await mine.keyboard.type('from ada');
    await his.keyboard.type(' again');
    await typed('from bob again');
    assert.equal(fleet.forge.typed.get('rate-limits')?.includes('from ada'), false);
  });

  it('never answers what a program asks its terminal: tmux has done so', async () => {
    const page = await world.visit('/agents/rate-limits');
    await waitForScreen(page, 'Welcome to the agent');
    await page.getByRole('button', { name: 'Take control' }).click();
    await page.getByText('You type here.').waitFor();
    fleet.forge.typed.delete('rate-limits');
    fleet.forge.print('rate-limits', '\u001b[c\u001b[>c\u001b[6n\u001b[5n\u001b[?6n\u001b[?2026$p\u001b[>q\u001b]10;?\u0007\u001b]11;?\u001b\\\u001b]4;1;?\u0007\u001bP$qm\u001b\\\u001b[18tasked\r\n');
    await waitForScreen(page, 'asked');
    await page.keyboard.type('end');
    await typed('end');
    assert.equal(fleet.forge.typed.get('rate-limits'), 'end');
  });

  it('tells a screen reader what the terminal shows, when wished', async () => {
    const page = await world.visit('/agents/rate-limits');
    await waitForScreen(page, 'Welcome to the agent');
    await page.getByRole('switch', { name: 'Screen reader' }).check();
    await page.locator('.xterm-accessibility-tree').getByText('Welcome to the agent').waitFor();
    await page.reload();
    await page.locator('.xterm-accessibility-tree').getByText('Welcome to the agent').waitFor();
    await page.getByRole('switch', { name: 'Screen reader' }).uncheck();
  });

  it('sends a prompt, lists those that wait, and takes one back', async () => {
    const page = await world.visit('/agents/rate-limits');
    await page.getByText('Then write a line about it in the changelog.').waitFor();
    const box = page.getByLabel('Prompt for rate-limits');
    await box.fill('Now the documentation.\nBriefly.');
    let asked = waitForEvent(fleet.forge.onAsked.event, ({ request }) => request.method === 'prompt', { timeoutMs: 10_000, what: 'the prompt' });
    await box.press('Control+Enter');
    assert.deepEqual((await asked).request, { method: 'prompt', text: 'Now the documentation.\nBriefly.' });
    await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>('.prompt-box textarea')?.value === '');
    asked = waitForEvent(fleet.forge.onAsked.event, ({ request }) => request.method === 'unqueue', { timeoutMs: 10_000, what: 'the prompt taken back' });
    await page.getByRole('button', { name: 'Take back: Then write a line' }).click();
    assert.deepEqual((await asked).request, { method: 'unqueue', id: 'q1' });
  });

  it('keeps a prompt that could not be sent, and says why', async () => {
    const page = await world.visit('/agents/form-labels');
    fleet.laptop.answer = () => {
      throw new Error('Its queue is full.');
    };
    const box = page.getByLabel('Prompt for form-labels');
    await box.fill('One more thing');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('alert').filter({ hasText: 'Its queue is full.' }).waitFor();
    assert.equal(await box.inputValue(), 'One more thing');
    fleet.laptop.answer = () => null;
  });

  it('tells what it did, live, by kind', async () => {
    const page = await world.visit('/agents/rate-limits');
    await page.getByRole('tab', { name: 'Timeline' }).click();
    const timeline = page.getByRole('list', { name: /Timeline/ });
    for (const title of ['Task: Limit how often', 'Wrote tokenBucket.ts, routes.ts', 'Asks: Run npm test', 'Tests failed with exit code 1', 'Commit 9f3c1ab2: A token bucket for writes', '3 files changed, +17 −3']) await timeline.getByRole('listitem').filter({ hasText: title }).waitFor();
    fleet.forge.tell('rate-limits', [{ type: 'ALERT_RAISED', alertId: 'x', severity: 'error', category: 'test', title: 'The tests hang', description: 'No output for ten minutes.' }]);
    await timeline.getByRole('listitem').first().filter({ hasText: 'The tests hang' }).waitFor();
    await page.getByRole('button', { name: /^Commits/ }).click();
    await timeline.getByText('A token bucket for writes').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Commits/ }).click();
    await timeline.getByText('A token bucket for writes').waitFor();
    assert.equal(new URL(page.url()).search, '?tab=timeline');
    await page.reload();
    await timeline.getByText('The tests hang').waitFor();
  });

  it('shows a long life from its end, and its beginning when wished', async () => {
    const commits = Array.from({ length: 3500 }, (_, index) => ({ type: 'PROVIDER_EVENT_FORWARDED' as const, providerEvent: { kind: 'commit', sha: `${index}`.padStart(40, '0'), subject: `Change number ${index}`, action: 'commit' } }));
    fleet.forge.share('long-life', { title: 'A very long life' });
    const page = await world.visit('/agents/long-life?tab=timeline');
    fleet.forge.tell('long-life', commits);
    await page.getByText('Change number 3499').waitFor();
    // The hub tells how many it has once they are all there.
    await page.reload();
    const timeline = page.getByRole('list', { name: /Timeline/ });
    await timeline.getByText('Change number 3499').waitFor();
    assert.ok((await timeline.getByRole('listitem').count()) <= 200);
    while ((await page.getByRole('button', { name: /Show more/ }).count()) > 0) await page.getByRole('button', { name: /Show more/ }).click();
    await page.getByRole('button', { name: 'Load what was before' }).click();
    while ((await page.getByRole('button', { name: /Show more/ }).count()) > 0) await page.getByRole('button', { name: /Show more/ }).click();
    await timeline.getByText('Change number 0', { exact: false }).first().waitFor();
    assert.equal(await page.getByRole('button', { name: 'Load what was before' }).count(), 0);
  });

  it('shows what it changed, by file', async () => {
    const page = await world.visit('/agents/rate-limits?tab=changes');
    await page.getByText('3 files, +17 −3').waitFor();
    const routes = page.locator('[data-path="src/server/routes.ts"]');
    await routes.getByText('const writes = new TokenBucket(20);').waitFor();
    assert.equal(await routes.locator('tr.add').count(), 3);
    assert.equal(await routes.locator('tr.delete').count(), 1);
    await routes.locator('summary').click();
    await routes.getByText('const writes').waitFor({ state: 'detached' });
  });

  it('cuts a diff that is too long to be drawn, and says so', async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `+line ${index}`);
    fleet.laptop.answer = ({ request }) => (request.method === 'diff' ? { diff: `diff --git a/big.txt b/big.txt\nnew file mode 100644\n--- /dev/null\n+++ b/big.txt\n@@ -0,0 +1,3000 @@\n${lines.join('\n')}\n`, cut: true } : null);
    const page = await world.visit('/agents/form-labels?tab=changes');
    await page.getByText('There is more: this is where the diff was cut.').waitFor();
    const big = page.locator('[data-path="big.txt"]');
    await big.locator('summary').click();
    await big.getByText('line 399', { exact: true }).waitFor();
    assert.equal(await big.getByText('line 400', { exact: true }).count(), 0);
    await big.getByRole('button', { name: 'Show more lines (2600)' }).click();
    await big.getByText('line 2399', { exact: true }).waitFor();
    fleet.laptop.answer = () => null;
  });

  it('shows what it used', async () => {
    const page = await world.visit('/agents/rate-limits?tab=usage');
    for (const [name, value] of [['Cost', '$0.951'], ['Tokens in', '154.1k'], ['At work', '46 min'], ['Memory', '466 MB']] as const) await page.locator('.figures > div').filter({ hasText: name }).getByText(value).waitFor();
    await page.getByRole('img', { name: /^Memory: now 466 MB/ }).waitFor();
  });

  it('interrupts at once, and ends only when that was confirmed', async () => {
    const page = await world.visit('/agents/flaky-login');
    let asked = waitForEvent(fleet.forge.onAsked.event, ({ request }) => request.method === 'interrupt', { timeoutMs: 10_000, what: 'the interrupt' });
    await page.getByRole('button', { name: 'Interrupt' }).click();
    assert.equal((await asked).sessionId, 'flaky-login');
    await page.getByRole('button', { name: 'End', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'End flaky-login?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'End');
    asked = waitForEvent(fleet.forge.onAsked.event, ({ request }) => request.method === 'kill', { timeoutMs: 10_000, what: 'the end' });
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'End it' }).click();
    assert.equal((await asked).by, ADMIN.name);
    fleet.forge.share('flaky-login', { state: 'COMPLETED', status: { state: 'exited', exitCode: null, signal: 'SIGHUP' }, ended_at: Date.now(), terminal: false });
    await page.getByText('Completed').first().waitFor();
    assert.equal(await page.getByRole('button', { name: 'Interrupt' }).count(), 0);
    await page.getByText('No terminal to be seen').waitFor();
  });

  it('asks on its own page, too', async () => {
    fleet.forge.asks('rate-limits', { text: 'Read a file outside of the workspace', path: '/etc/hosts', risk: 'low' });
    const page = await world.visit('/agents/rate-limits');
    const card = page.getByRole('article', { name: 'Wants to touch a file' });
    await card.getByText('/etc/hosts').waitFor();
    await card.getByText('Low risk').waitFor();
    await card.getByRole('button', { name: 'Allow' }).click();
    await card.getByText('Allowed.').waitFor();
    fleet.forge.share('rate-limits', { asks: [], state: 'RUNNING', status: { state: 'working' } });
    await card.waitFor({ state: 'detached' });
  });

  it('says that it is gone', async () => {
    fleet.forge.share('short', { title: 'A short life' });
    const page = await world.visit('/agents/short');
    await page.getByRole('heading', { name: 'short' }).waitFor();
    fleet.forge.goneSession('short');
    await page.getByRole('heading', { name: 'No such agent' }).waitFor();
  });

  it('had nothing to complain of', () => assert.deepEqual(world.complaints, []));
});
