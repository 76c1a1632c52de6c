// The hub's page with a real runner behind it: a task that is typed into the page is worked on by an agent in tmux, asked about, written to, and ended.
import assert from 'node:assert/strict';
import { DaemonWorld } from '../support/daemonWorld.ts';
import { needs } from '../support/requirements.ts';
import { HubPageWorld, waitForScreen } from './hubPage.ts';

describe('the hub’s page: a real runner', function () {
  this.timeout(180_000);
  let world: HubPageWorld;
  let machine: DaemonWorld;
  let repository: string;

  before(async function () {
    needs(this, 'chromium', 'tmux', 'git');
    world = await HubPageWorld.create();
    machine = new DaemonWorld();
    repository = machine.repository();
  });
  after(async () => {
    await machine?.end();
    await world?.dispose();
  });

  it('comes in with a token that was made in the settings', async () => {
    const page = await world.visit('/settings');
    await page.getByLabel('Name of the token').fill('workshop');
    await page.getByRole('button', { name: 'Make a token' }).click();
    const token = await page.getByRole('textbox', { name: 'Token workshop' }).inputValue();
    const registered = await machine.run(['register', '--server', world.url, '-n', 'workshop', '--capability', 'demo'], { input: `${token}\n` });
    assert.equal(registered.code, 0, registered.stderr);
    await page.getByRole('link', { name: 'Runners' }).click();
    const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'workshop' }) });
    await card.getByText('It never connected.', { exact: false }).waitFor();
    machine.start(['run']);
    await card.getByText('Online').waitFor({ timeout: 60_000 });
  });

  it('works on a task: asked, allowed, written to, ended', async () => {
    const page = await world.visit('/tasks/new');
    await page.getByLabel('What is to be done').fill('Greet people by their name');
    await page.getByLabel('Kind of agent').fill('demo');
    await page.getByText('More', { exact: true }).click();
    await page.getByLabel('Folder of the repository').fill(repository);
    await page.getByLabel('Attempts').fill('1');
    await page.locator('.score.chosen').filter({ hasText: 'workshop' }).waitFor();
    await page.getByRole('button', { name: 'Queue the task' }).click();
    const task = page.getByRole('listitem').filter({ hasText: 'Greet people by their name' });
    await task.getByText('Running').waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Fleet' }).click();

    const card = page.locator('article.ask').first();
    await card.waitFor({ timeout: 60_000 });
    await card.getByRole('heading').getByRole('link').click();
    await page.getByRole('button', { name: 'Take control' }).waitFor();
    await waitForScreen(page, 'You asked:');
    await page.getByRole('article').getByRole('button', { name: /^Allow/ }).click();
    await page.getByRole('article').waitFor({ state: 'detached', timeout: 30_000 });
    await waitForScreen(page, 'Done');

    // A prompt by the box; what it then asks is answered in the terminal.
    await page.getByLabel(/^Prompt for/).fill('Now say goodbye, too');
    await page.getByRole('button', { name: 'Send' }).click();
    await waitForScreen(page, 'Now say goodbye, too');
    await page.getByRole('article').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Take control' }).click();
    await page.getByText('You type here.').waitFor();
    await page.keyboard.type('perhaps\n');
    await waitForScreen(page, 'You said: perhaps');
    await page.keyboard.type('n\n');
    await page.getByRole('article').waitFor({ state: 'detached', timeout: 30_000 });
    await page.getByText('At rest').waitFor({ timeout: 30_000 });

    await page.getByRole('tab', { name: 'Timeline' }).click();
    const timeline = page.getByRole('list', { name: /Timeline/ });
    await timeline.getByRole('listitem').filter({ hasText: 'Asks: run: npm test — allowed' }).getByText('Allowed by ada').waitFor();
    await page.getByRole('tab', { name: 'Changes' }).click();
    await page.getByText('Nothing has changed').waitFor();
    await page.getByRole('button', { name: 'End', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End it' }).click();
    await page.getByText(/^(Completed|Failed)$/).first().waitFor({ timeout: 30_000 });
    await page.getByRole('link', { name: 'Tasks' }).click();
    await page.getByRole('region', { name: /^Finished/ }).getByRole('listitem').filter({ hasText: 'Greet people by their name' }).waitFor({ timeout: 60_000 });
  });

  it('had nothing to complain of', () => assert.deepEqual(world.complaints, []));
});
