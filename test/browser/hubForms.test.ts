// The hub's page: tasks with who would take them, runners, the audit log, and the settings.
import assert from 'node:assert/strict';
import { exampleFleet, exampleTasks, type ExampleFleet } from '../support/exampleFleet.ts';
import { needs } from '../support/requirements.ts';
import { ADMIN, HubPageWorld } from './hubPage.ts';

describe('the hub’s page: tasks, runners, audit, settings', function () {
  this.timeout(120_000);
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

  it('explains, as one types, who would take a task and why the others would not', async () => {
    const page = await world.visit('/tasks/new');
    const preview = page.getByRole('complementary', { name: 'Who would take it' });
    const forge = preview.locator('.score').filter({ hasText: 'forge' });
    await forge.getByText('Takes it').waitFor();
    await preview.locator('.score').filter({ hasText: 'attic' }).getByText('It is offline.').waitFor();
    await page.getByLabel('Required capabilities').fill('macos');
    await preview.locator('.score.chosen').filter({ hasText: 'ada-laptop' }).getByText('It has all that is required.').waitFor();
    await forge.getByText('It lacks macos.').waitFor();
    await page.getByLabel('Required capabilities').fill('');
    await page.getByLabel('Preferred runner').selectOption({ label: 'ada-laptop' });
    await preview.locator('.score.chosen').filter({ hasText: 'ada-laptop' }).getByText('It is the one you prefer.').waitFor();
    await page.getByLabel('Required capabilities').fill('quantum');
    await preview.getByText(/No runner can take it/).waitFor();
  });

  it('says what is wrong in a form, at the field, and goes there', async () => {
    const page = await world.visit('/tasks/new');
    await page.getByText('More', { exact: true }).click();
    await page.getByLabel('Attempts').fill('99');
    await page.getByRole('button', { name: 'Queue the task' }).click();
    await page.getByText('Say what is to be done.').first().waitFor();
    await page.getByText('From 1 to 10 attempts.').first().waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'TEXTAREA');
  });

  it('queues a task, shows it run, and cancels it', async () => {
    const page = await world.visit('/tasks/new');
    await page.getByLabel('What is to be done').fill('Write a poem about the queue.\nTwo verses.');
    await page.getByLabel('Title').fill('A poem');
    await page.getByLabel('Project').fill('poems');
    await page.getByRole('button', { name: 'Queue the task' }).click();
    await page.getByRole('heading', { name: 'Tasks', exact: true }).waitFor();
    const row = page.getByRole('region', { name: /^Running/ }).getByRole('listitem').filter({ hasText: 'A poem' });
    await row.getByText('Taken').waitFor();
    await row.locator('summary').first().click();
    await row.getByText('Two verses.').waitFor();
    await row.getByText('poems').first().waitFor();
    await row.getByRole('button', { name: 'Cancel A poem' }).click();
    await page.getByRole('region', { name: /^Finished/ }).getByRole('listitem').filter({ hasText: 'A poem' }).getByText('Cancelled').waitFor();
  });

  it('says why a task waits, and who would take it', async () => {
    const page = await world.visit('/tasks');
    const row = page.getByRole('region', { name: /^Queued/ }).getByRole('listitem').filter({ hasText: 'Render the demo' });
    await row.getByText(/It lacks blender/).first().waitFor();
    await row.locator('summary').first().click();
    await row.getByRole('region', { name: 'Who would take it' }).locator('.score').filter({ hasText: 'forge' }).getByText('Cannot take it').waitFor();
  });

  it('lists runners, changes one, and removes one that is away', async () => {
    const page = await world.visit('/runners');
    const laptop = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'ada-laptop' }) });
    await laptop.getByText('3 of 4 slots in use').waitFor();
    await laptop.getByRole('button', { name: 'Edit ada-laptop' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit ada-laptop' });
    await dialog.getByLabel('Agents at once').fill('21');
    await dialog.getByText('From 1 to 20.').waitFor();
    assert.equal(await dialog.getByRole('button', { name: 'Save' }).isDisabled(), true);
    await dialog.getByLabel('Agents at once').fill('6');
    await dialog.getByLabel('Capabilities').fill('node-22, macos, ios');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await laptop.getByText('3 of 6 slots in use').waitFor();
    await laptop.getByText('ios', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Remove attic' }).click();
    await page.getByRole('dialog', { name: 'Remove attic?' }).getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('heading', { name: 'attic', exact: true }).waitFor({ state: 'detached' });
    await page.getByLabel('Command that registers a runner').waitFor();
    assert.equal(await page.getByLabel('Command that registers a runner').inputValue(), `tmux-agents runner register --server ${world.url}`);
  });

  it('tells who did what', async () => {
    const page = await world.visit('/audit');
    const table = page.getByRole('table', { name: 'Audit log' });
    await table.getByRole('row').filter({ hasText: 'Removed a runner' }).filter({ hasText: ADMIN.name }).first().waitFor();
    await table.getByRole('row').filter({ hasText: 'Queued a task' }).filter({ hasText: 'A poem' }).waitFor();
    const token = await world.token();
    for (let index = 0; index < 110; index++) await world.post('/api/tokens', { name: `script ${index}` }, token);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await table.getByText('name: script 109').waitFor();
    assert.equal(await table.getByRole('row').count(), 101);
    while ((await page.getByRole('button', { name: 'Show earlier' }).count()) > 0) {
      const before = await table.getByRole('row').count();
      await page.getByRole('button', { name: 'Show earlier' }).click();
      await page.waitForFunction((count) => document.querySelectorAll('.audit tr').length > count || document.querySelector('main > button') === null, before);
    }
    await table.getByText('Set the hub up').waitFor();
  });

  it('makes a token that is shown once and works, and ends it', async () => {
    const page = await world.visit('/settings');
    await page.getByLabel('Name of the token').fill('my laptop');
    await page.getByLabel('Lasts').selectOption({ label: '30 days' });
    await page.getByRole('button', { name: 'Make a token' }).click();
    const token = await page.getByRole('textbox', { name: 'Token my laptop' }).inputValue();
    const me = (): Promise<number> => fetch(`${world.url}/api/me`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status);
    assert.equal(await me(), 200);
    await page.reload();
    const list = page.getByRole('list', { name: 'Your tokens' });
    await list.getByText('my laptop').waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Token my laptop' }).count(), 0);
    await list.getByRole('button', { name: 'End the token my laptop' }).click();
    await list.getByText('my laptop').waitFor({ state: 'detached' });
    assert.equal(await me(), 401);
  });

  it('adds people, changes their role, shuts them out and lets them in', async () => {
    const page = await world.visit('/settings');
    await page.getByLabel('New name').fill('grace');
    await page.getByLabel('First password').fill('a fine password');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByLabel('Role of grace').waitFor();
    await page.getByLabel('New name').fill('grace');
    await page.getByLabel('First password').fill('a fine password');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: /grace/ }).waitFor();
    await page.getByLabel('Role of grace').selectOption('viewer');
    await page.getByRole('status').filter({ hasText: 'grace: the role is changed.' }).waitFor();
    const grace = { name: 'grace', password: 'a fine password' };
    assert.equal(((await (await fetch(`${world.url}/api/me`, { headers: { authorization: `Bearer ${await world.token(grace)}` } })).json()) as { role: string }).role, 'viewer');
    await page.getByRole('button', { name: 'Shut grace out' }).click();
    await page.getByRole('button', { name: 'Let grace in again' }).waitFor();
    await assert.rejects(world.token(grace), /401/);
    await page.getByRole('button', { name: 'Let grace in again' }).click();
    await page.getByRole('button', { name: 'Shut grace out' }).waitFor();
    await page.getByRole('button', { name: 'New password for grace' }).click();
    await page.getByRole('dialog').getByLabel('New password').fill('an even finer one');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await world.token({ name: 'grace', password: 'an even finer one' });
  });

  it('makes another organization, which sees nothing of this one', async () => {
    const page = await world.visit('/settings');
    await page.getByLabel('Name of the organization').fill('Elsewhere');
    await page.getByLabel('Its admin').fill('lin');
    await page.getByLabel('The admin’s password').fill('lin has a password');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByText('Elsewhere is made').waitFor();
    const other = await world.visit('/', { as: { name: 'lin', password: 'lin has a password' } });
    await other.getByText('No agents yet').waitFor();
    await other.getByText('No runner yet').waitFor();
    await other.goto(`${world.url}/agents/rate-limits`);
    await other.getByRole('heading', { name: 'No such agent' }).waitFor();
  });

  it('had nothing to complain of', () => assert.deepEqual(world.complaints, []));
});
