// The hub's page: getting in, the fleet, and what waits for a person.
import assert from 'node:assert/strict';
import { waitForEvent } from '../../src/base/wait.ts';
import { exampleFleet, type ExampleFleet } from '../support/exampleFleet.ts';
import { needs } from '../support/requirements.ts';
import { ScriptedRunner } from '../support/scriptedRunner.ts';
import { ADMIN, askOf, HubPageWorld } from './hubPage.ts';

describe('the hub’s page: getting in', function () {
  this.timeout(120_000);
  let world: HubPageWorld;

  before(async function () {
    needs(this, 'chromium');
    world = await HubPageWorld.create({ bare: true });
  });
  after(() => world?.dispose());

  it('makes an admin by the setup link, once', async () => {
    const link = new URL(world.hub.adminLink ?? '');
    const page = await world.visit(`${link.pathname}${link.hash}`, { as: null });
    await page.getByRole('heading', { name: 'Welcome to your hub' }).waitFor();
    await page.getByLabel('Name').fill(ADMIN.name);
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: 'Create the admin' }).click();
    await page.getByRole('alert').filter({ hasText: 'at least 10 characters' }).waitFor();
    await page.getByLabel('Password').fill(ADMIN.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor();
    await page.getByText('No agents yet').waitFor();
    assert.equal(new URL(page.url()).hash, '', 'the token is gone from the address');
    await page.getByText('Nothing waits for you.').waitFor();

    const late = await world.visit(`${link.pathname}${link.hash}`, { as: null });
    await late.getByLabel('Name').fill('eve');
    await late.getByLabel('Password').fill('another password');
    await late.getByRole('button', { name: 'Create the admin' }).click();
    await late.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  });

  it('signs in where one wanted to go, refuses a wrong password, and signs out', async () => {
    const page = await world.visit('/runners', { as: null });
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('autocomplete')), 'username');
    await page.getByLabel('Name').fill(ADMIN.name);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'The name or the password is wrong.' }).waitFor();
    await page.getByLabel('Password').fill(ADMIN.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Runners', exact: true }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/runners');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto(`${world.url}/tasks`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('says that nothing is at an address that leads nowhere', async () => {
    const page = await world.visit('/nowhere');
    await page.getByRole('heading', { name: 'Nothing is here' }).waitFor();
    await page.getByRole('link', { name: 'Go to the fleet' }).click();
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Nothing is here' }).waitFor();
  });

  it('is at the sign-in as soon as the session is ended elsewhere', async () => {
    const page = await world.visit('/');
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor();
    assert.equal((await page.context().request.post(`${world.url}/api/auth/logout`)).status(), 200);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: 30_000 });
  });
});

describe('the hub’s page: the fleet', function () {
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

  it('shows runners with their room and health, and agents by their state', async () => {
    const page = await world.visit('/');
    await page.getByText('2 of 3 runners online · 4 free slots').waitFor();
    const strip = page.getByRole('region', { name: 'Runners' });
    await strip.getByText('5 of 8 slots in use').waitFor();
    await strip.getByRole('listitem').filter({ hasText: 'attic' }).getByText('Offline').waitFor();
    const agents = page.getByRole('region', { name: 'Agents' });
    for (const [group, name, word] of [['Turn failed', 'import-csv', 'The model is overloaded'], ['Working', 'thumbnails', 'Working'], ['At rest', 'form-labels', 'At rest'], ['Out of reach', 'old-cache', 'attic is not connected']] as const) await agents.getByRole('list', { name: group }).getByRole('listitem').filter({ hasText: name }).filter({ hasText: word }).waitFor();
    // Those that have ended are put away.
    assert.equal(await agents.getByText('typo-fixes').count(), 0);
    await agents.getByRole('heading', { name: 'Ended' }).click();
    await agents.getByText('typo-fixes').waitFor();
  });

  it('follows what changes, and narrows by what is typed', async () => {
    const page = await world.visit('/');
    await page.getByLabel('Search the agents').fill('thumbnails opencode');
    await page.getByRole('link', { name: /thumbnails/ }).waitFor();
    assert.equal(await page.locator('a.agent').count(), 1);
    fleet.forge.share('thumbnails', { status: { state: 'idle' }, status_since: Date.now() });
    await page.getByRole('list', { name: 'At rest' }).getByRole('link', { name: /thumbnails/ }).waitFor();
    await page.getByLabel('Search the agents').fill('no such thing');
    await page.getByText('No agent matches').waitFor();
    fleet.forge.share('no-such-thing-yet', { title: 'no such thing' });
    await page.getByRole('link', { name: /no-such-thing-yet/ }).waitFor();
    fleet.forge.goneSession('no-such-thing-yet');
    await page.getByText('No agent matches').waitFor();
  });

  it('shows what an agent asks, and takes a decision with a note', async () => {
    const page = await world.visit('/');
    const card = askOf(page, 'deploy-docs');
    await card.getByText('rsync -az --delete').waitFor();
    await card.getByText('High risk').waitFor();
    assert.match(await page.title(), /^\(3\) Fleet/);
    await card.getByRole('button', { name: 'Add a note' }).click();
    await card.getByLabel('Note to the agent').fill('Not on a Friday.');
    const asked = waitForEvent(fleet.forge.onAsked.event, ({ request }) => request.method === 'answer', { timeoutMs: 10_000, what: 'the answer' });
    await card.getByRole('button', { name: 'Deny: deploy-docs' }).click();
    assert.deepEqual((await asked).request, { method: 'answer', ask_id: 'deploy-docs-ask', decision: 'deny', note: 'Not on a Friday.' });
    assert.equal((await asked).by, ADMIN.name);
    await card.getByText('Denied.').waitFor();
    fleet.forge.share('deploy-docs', { asks: [], state: 'RUNNING', status: { state: 'working' } });
    await card.waitFor({ state: 'detached' });
    assert.match(await page.title(), /^\(2\) Fleet/);
  });

  it('says where it happened that an answer came too late', async () => {
    const page = await world.visit('/');
    fleet.laptop.answer = () => {
      throw new Error('It was answered in the terminal already.');
    };
    const card = askOf(page, 'dep-updates');
    await card.getByRole('button', { name: 'Allow: dep-updates' }).click();
    await card.getByRole('alert').filter({ hasText: 'It was answered in the terminal already.' }).waitFor();
    fleet.laptop.answer = () => null;
    await card.getByRole('button', { name: 'Allow: dep-updates' }).click();
    await card.getByText('Allowed.').waitFor();
    assert.deepEqual(fleet.laptop.asked.at(-1)?.request, { method: 'answer', ask_id: 'dep-updates-ask', decision: 'allow' });
  });

  it('answers a question in words', async () => {
    const page = await world.visit('/');
    const card = askOf(page, 'search-box');
    await card.getByLabel('Answer to search-box').fill('Yes, but list them last.');
    await card.getByRole('button', { name: 'Send the answer' }).click();
    await card.getByText('Answered.').waitFor();
    assert.deepEqual(fleet.laptop.asked.at(-1)?.request, { method: 'answer', ask_id: 'search-box-ask', words: 'Yes, but list them last.' });
  });

  it('lets a viewer look, and nothing else', async () => {
    fleet.forge.asks('deploy-docs', { text: 'Run it?', command: 'make deploy' });
    const page = await world.visit('/', { as: await world.addUser('vera', 'viewer') });
    const card = askOf(page, 'deploy-docs');
    await card.getByText('You may look, and not answer').waitFor();
    assert.equal(await card.getByRole('button').count(), 0);
    assert.equal(await page.getByRole('link', { name: 'New task' }).count(), 0);
    assert.equal(await page.getByRole('link', { name: 'Audit' }).count(), 0);
    await page.goto(`${world.url}/agents/rate-limits`);
    await page.getByText('You look. Nobody types from here.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Take control' }).count(), 0);
    assert.equal(await page.getByRole('button', { name: 'End', exact: true }).count(), 0);
  });

  it('tells a member whose agent it is not that they may not, at that place', async () => {
    const page = await world.visit('/', { as: await world.addUser('max', 'member') });
    const card = askOf(page, 'deploy-docs');
    await card.getByRole('button', { name: 'Allow: deploy-docs' }).click();
    await card.getByRole('alert').filter({ hasText: /Only the owner/ }).waitFor();
  });

  it('stays smooth with a thousand agents, while many of them change', async () => {
    const sessions = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`agent-${index}`, { title: `Task number ${index}` }]));
    const crowd = await ScriptedRunner.start({ url: world.url, userToken: await world.token(), name: 'crowd', sessions });
    const page = await world.visit('/');
    const working = page.getByRole('list', { name: 'Working' });
    await page.locator('[data-group=working] .count-plain').filter({ hasText: /^100\d$/ }).waitFor();
    assert.ok((await working.getByRole('listitem').count()) <= 60, 'only the first rows are drawn');
    await page.getByRole('button', { name: /Show more \(9\d\d\)/ }).click();
    await working.getByRole('listitem').nth(200).waitFor();
    // The page still answers at once, meanwhile.
    for (let index = 700; index < 1000; index++) crowd.share(`agent-${index}`, { queued_prompts: 1 });
    const started = performance.now();
    await page.getByLabel('Search the agents').fill('agent-777');
    await page.locator('a.agent[data-agent=agent-777]').waitFor();
    const took = performance.now() - started;
    assert.ok(took < 3000, `a search took ${Math.round(took)} ms`);
    await page.getByLabel('Search the agents').fill('agent-999');
    await page.locator('a.agent[data-agent=agent-999] [title="1 prompt waiting for it"]').waitFor();
    crowd.drop();
    await page.getByRole('list', { name: 'Out of reach' }).getByRole('link', { name: /agent-999/ }).waitFor();
  });

  it('had nothing to complain of', () => assert.deepEqual(world.complaints, []));
});
