// The hub's page: on a phone, in the dark, by keyboard and screen reader; with hostile agents; and over a restart of the hub.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { exampleFleet, exampleTasks, type ExampleFleet } from '../support/exampleFleet.ts';
import { needs } from '../support/requirements.ts';
import { ScriptedRunner } from '../support/scriptedRunner.ts';
import { brokenIds, focused, outline, paleTexts, sticksOut, unnamedControls } from './hubLooks.mjs';
import { ADMIN, askOf, HubPageWorld, waitForScreen } from './hubPage.ts';

/** Each view, and what shows that it is there. */
const views = [
  ['/', '.agents'],
  ['/agents/rate-limits', '.xterm-rows'],
  ['/agents/rate-limits?tab=timeline', '.timeline'],
  ['/agents/rate-limits?tab=changes', '.diff'],
  ['/agents/rate-limits?tab=usage', '.figures'],
  ['/tasks', '.tasks'],
  ['/tasks/new', '.scores'],
  ['/runners', '.cards'],
  ['/audit', '.audit'],
  ['/settings', '.rows'],
] as const;

describe('the hub’s page: looks', function () {
  this.timeout(180_000);
  let world: HubPageWorld;
  let fleet: ExampleFleet;

  before(async function () {
    needs(this, 'chromium');
    world = await HubPageWorld.create();
    const token = await world.token();
    fleet = await exampleFleet(world.url, token);
    await exampleTasks(world.url, token);
  });
  after(async () => {
    fleet?.dispose();
    await world?.dispose();
  });

  async function everyView(page: Page, look: (path: string) => Promise<void>): Promise<void> {
    for (const [path, shown] of views) {
      await page.goto(`${world.url}${path}`);
      await page.locator(shown).first().waitFor();
      await look(path);
    }
  }

  it('tells a screen reader where what is', async () => {
    const page = await world.visit('/');
    await everyView(page, async (path) => {
      const { mains, navigations, unnamedRegions, headings, language } = await page.evaluate(outline);
      assert.deepEqual([mains, [...navigations], [...unnamedRegions], language], [1, ['Main'], [], 'en'], path);
      assert.equal(headings[0], 1, `${path} begins with its name`);
      assert.equal(headings.filter((level) => level === 1).length, 1, path);
      for (const [index, level] of headings.entries()) assert.ok(level - (headings[index - 1] ?? 0) <= 1, `${path}: headings ${headings.join(' ')}`);
      assert.deepEqual(await page.evaluate(unnamedControls), [], path);
      assert.deepEqual(await page.evaluate(brokenIds), [], path);
    });
  });

  for (const dark of [false, true])
    it(`can be read in the ${dark ? 'dark' : 'light'}`, async () => {
      const page = await world.visit('/', { dark, calm: true });
      await everyView(page, async (path) => assert.deepEqual(await page.evaluate(paleTexts), [], path));
    });

  it('changes between light and dark, and remembers it', async () => {
    const page = await world.visit('/');
    const theme = (): Promise<string | undefined> => page.evaluate(() => document.documentElement.dataset['theme']);
    const paper = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor();
    assert.equal(await theme(), 'light');
    const bright = await paper();
    await page.getByRole('button', { name: /Appearance: as the system/ }).click();
    await page.getByRole('button', { name: /Appearance: light/ }).click();
    await page.getByRole('button', { name: /Appearance: dark/ }).waitFor();
    assert.equal(await theme(), 'dark');
    assert.notEqual(await paper(), bright);
    await page.reload();
    await page.getByRole('button', { name: /Appearance: dark/ }).waitFor();
    assert.equal(await theme(), 'dark');
    await page.getByRole('button', { name: /Appearance: dark/ }).click();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'light');
  });

  it('fits on a phone: nothing sticks out, and all is in reach of a thumb', async () => {
    const page = await world.visit('/', { phone: true });
    await everyView(page, async (path) => assert.deepEqual(await page.evaluate(sticksOut), [], path));
    await page.goto(world.url);
    const navigation = page.getByRole('navigation', { name: 'Main' });
    const box = await navigation.boundingBox();
    assert.ok(box !== null && box.y + box.height > 830, 'the navigation is at the bottom');
    await navigation.getByRole('link', { name: 'Tasks' }).tap();
    await page.getByRole('heading', { name: 'Tasks', exact: true }).waitFor();
    await navigation.getByRole('link', { name: 'Fleet' }).tap();
    const allow = askOf(page, 'deploy-docs').getByRole('button', { name: 'Allow: deploy-docs' });
    const size = await allow.boundingBox();
    assert.ok(size !== null && size.height >= 40 && size.width >= 80, JSON.stringify(size));
    await allow.tap();
    await askOf(page, 'deploy-docs').getByText('Allowed.').waitFor();
  });

  it('types on a phone, with the keys that its keyboard lacks', async () => {
    const page = await world.visit('/agents/thumbnails', { phone: true });
    await page.getByRole('button', { name: 'Take control' }).tap();
    await page.getByText('You type here.').waitFor();
    fleet.forge.typed.delete('thumbnails');
    await page.getByRole('group', { name: 'Keys' }).getByRole('button', { name: 'Esc' }).tap();
    await page.getByRole('group', { name: 'Keys' }).getByRole('button', { name: '↑' }).tap();
    await page.keyboard.type('x');
    await page.waitForFunction(() => document.querySelector('.xterm-rows')?.textContent?.includes('x'));
    assert.equal(fleet.forge.typed.get('thumbnails'), '\u001b\u001b[Ax');
    assert.deepEqual(await page.evaluate(sticksOut), []);
  });

  it('can be used by keyboard alone', async () => {
    const page = await world.visit('/');
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(focused), 'Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.getByText('Go to the tasks').waitFor();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });

    // The first request is denied, and its agent opened, without a mouse.
    fleet.laptop.asks('dep-updates', { text: 'Add the package zod', command: 'npm install zod' });
    await askOf(page, 'dep-updates').waitFor();
    await page.keyboard.press('j');
    assert.match(await page.evaluate(focused), /^(search-box|dep-updates|deploy-docs)/);
    for (let step = 0; step < 5 && !(await page.evaluate(focused)).startsWith('dep-updates'); step++) await page.keyboard.press('j');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(focused), 'Deny: dep-updates');
    await page.keyboard.press('Enter');
    await askOf(page, 'dep-updates').getByText('Denied.').waitFor();
    fleet.laptop.share('dep-updates', { asks: [], state: 'RUNNING', status: { state: 'working' } });

    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await page.getByRole('heading', { name: 'Tasks', exact: true }).waitFor();
    await page.waitForFunction(() => document.activeElement?.textContent === 'Tasks');
    await page.keyboard.press('n');
    await page.getByRole('heading', { name: 'New task', exact: true }).waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA');
    await page.keyboard.type('gn? are only letters here');
    assert.equal(await page.getByLabel('What is to be done').inputValue(), 'gn? are only letters here');
    await page.goto(`${world.url}/agents/rate-limits`);
    await page.getByRole('tab', { name: 'Terminal' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('list', { name: /Timeline/ }).waitFor();
    await page.keyboard.press('End');
    await page.locator('.figures').waitFor();
    assert.equal(await page.evaluate(focused), 'Usage');
    await page.keyboard.press('Home');
    await waitForScreen(page, 'Welcome to the agent');
    // Whoever only looks is not held by the terminal.
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.press('Tab');
    assert.notEqual(await page.evaluate(() => document.activeElement?.className), 'xterm-helper-textarea');
  });

  it('leaves single keys alone where they are not wished', async () => {
    const page = await world.visit('/settings');
    await page.getByRole('switch', { name: 'Keyboard shortcuts of single keys' }).uncheck();
    await page.getByRole('heading', { name: 'Settings', exact: true }).focus();
    await page.keyboard.press('?');
    await page.keyboard.press('n');
    assert.equal(await page.getByRole('dialog').count(), 0);
    assert.equal(new URL(page.url()).pathname, '/settings');
  });

  it('keeps still for who does not want things to move', async () => {
    const page = await world.visit('/', { calm: true });
    const turning = page.locator('.turning').first();
    await turning.waitFor();
    assert.equal(await turning.evaluate((element) => getComputedStyle(element).animationName), 'none');
  });

  it('takes whatever an agent says for text, and nothing else', async () => {
    const evil = '<img src=x onerror="document.body.dataset.hacked=1"><script>document.body.dataset.hacked=1</script>';
    const runner = await ScriptedRunner.start({ url: world.url, userToken: await world.token(), name: `r ${evil}`, hostname: evil.slice(0, 250), capabilities: ['<b>x</b>'] });
    runner.answer = ({ request: { method } }) => (method === 'diff' ? { diff: `diff --git a/${evil} b/${evil}\n--- a/${evil}\n+++ b/${evil}\n@@ -1,1 +1,1 @@ ${evil}\n-${evil}\n+${evil}\n`, cut: false } : method === 'queue' ? [{ id: evil, text: evil, at: 1 }] : null);
    runner.share('evil', { name: `n ${evil}`, title: evil, provider_id: '<i>p</i>', branch: evil, workspace: evil, runtime_id: '<u>r</u>', queued_prompts: 1 });
    runner.asks('evil', { text: evil, command: evil, path: evil, risk: 'high' });
    runner.tell('evil', [
      { type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'prompt', text: `${evil}\n${evil}`, from: 'queue' } },
      { type: 'ALERT_RAISED', alertId: 'a', severity: 'critical', category: 'security', title: evil, description: evil },
      { type: 'FILE_TOUCHED', path: evil, reason: 'write' },
    ]);
    runner.print('evil', `${evil}\r\n\u001b]8;;javascript:document.body.dataset.hacked=1\u0007click me\u001b]8;;\u0007 https://example.net \u001b]0;${evil}\u0007\u001b]52;c;aGFja2Vk\u0007`);
    const page = await world.visit('/');
    const card = page.locator('[data-ask=evil-ask]');
    await card.locator('.command').filter({ hasText: '<script>' }).waitFor();
    for (const [path, shown] of [['/agents/evil', '.xterm-rows'], ['/agents/evil?tab=timeline', '.timeline'], ['/agents/evil?tab=changes', '.diff'], ['/runners', '.cards'], ['/tasks/new', '.scores'], ['/audit', '.audit'], ['/', '[data-ask=evil-ask]']] as const) {
      await page.goto(`${world.url}${path}`);
      await page.locator(shown).filter({ hasText: /<script>|<img|Registered/ }).first().waitFor();
      if (shown === '.xterm-rows') await page.getByText('click me').click({ force: true });
      assert.equal(await page.evaluate(() => document.body.dataset['hacked']), undefined, path);
      assert.equal(await page.locator('main img, main script, main b, main i, main u').count(), 0, path);
      assert.equal(await page.locator('main a[href^="http"], main a[href^="javascript"]').count(), 0, path);
    }
    assert.equal(page.context().pages().length, 1, 'no link of an agent was opened');
    runner.drop();
  });

  it('says that it reconnects, and goes on where it was once the hub is back', async () => {
    const page = await world.visit('/agents/rate-limits');
    await waitForScreen(page, 'Welcome to the agent');
    const other = await world.visit('/agents/rate-limits?tab=timeline');
    await other.getByText('Tests failed with exit code 1').waitFor();
    await world.stopHub();
    for (const one of [page, other]) await one.getByRole('status').getByText('Reconnecting… What you see may be out of date.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Take control' }).isDisabled(), true);
    await page.getByLabel('Prompt for rate-limits').fill('Are you there?');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('alert').filter({ hasText: 'The hub cannot be reached.' }).waitFor();
    await world.startHubAgain();
    await page.getByText('Reconnecting…').waitFor({ state: 'detached', timeout: 30_000 });
    await page.getByRole('status').filter({ hasText: 'Connected again.' }).first().waitFor();
    await fleet.forge.connect();
    fleet.forge.print('rate-limits', '\r\nand on it goes\r\n');
    fleet.forge.tell('rate-limits', [{ type: 'ALERT_RAISED', alertId: 'b', severity: 'info', category: 'build', title: 'After the restart', description: 'All is well.' }]);
    await waitForScreen(page, 'and on it goes');
    await other.getByText('After the restart').waitFor();
    assert.equal(await other.getByText('After the restart').count(), 1);
    assert.equal(await other.getByText('Tests failed with exit code 1').count(), 1);
    assert.equal(await page.getByLabel('Prompt for rate-limits').inputValue(), 'Are you there?');
    await page.getByRole('button', { name: 'Take control' }).click();
    await page.getByText('You type here.').waitFor();
  });

  it('tells that a runner is away, and when it is back', async () => {
    const page = await world.visit('/agents/rate-limits');
    await waitForScreen(page, 'Welcome to the agent');
    fleet.forge.drop();
    await page.getByText('Out of reach').waitFor();
    await page.getByText('forge is not connected: nothing can be sent now.').waitFor();
    await fleet.forge.connect();
    await page.getByText('Working').waitFor();
    fleet.forge.print('rate-limits', 'back again\r\n');
    await waitForScreen(page, 'back again');
  });

  it('is only text, styles and scripts of its own', async () => {
    const page = await world.visit('/', { as: null });
    const answer = await page.goto(world.url);
    const policy = answer?.headers()['content-security-policy'] ?? '';
    assert.match(policy, /script-src 'self'(;|$)/);
    assert.equal(await page.locator('script:not([src])').count(), 0);
    assert.equal(ADMIN.password.length > 0 && (await page.content()).includes(ADMIN.password), false);
  });

  it('had nothing to complain of', () => assert.deepEqual(world.complaints, []));
});
