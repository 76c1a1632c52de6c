// The pictures of the hub's page in the docs, taken of the real page: `TMUX_AGENTS_PICTURES=docs/images` puts them there, else they are test output.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { exampleFleet, exampleTasks, type ExampleFleet } from '../support/exampleFleet.ts';
import { needs } from '../support/requirements.ts';
import { askOf, HubPageWorld, waitForScreen, type LookOptions } from './hubPage.ts';

const FOLDER = resolve(import.meta.dirname, '..', '..', process.env['TMUX_AGENTS_PICTURES'] ?? join('test-output', 'screenshots'));

describe('the hub’s page in pictures', function () {
  this.timeout(120_000);
  let world: HubPageWorld;
  let fleet: ExampleFleet;

  before(async function () {
    needs(this, 'chromium');
    mkdirSync(FOLDER, { recursive: true });
    world = await HubPageWorld.create();
    const token = await world.token();
    fleet = await exampleFleet(world.url, token);
    await exampleTasks(world.url, token);
  });
  after(async () => {
    fleet?.dispose();
    await world?.dispose();
  });

  async function picture(name: string, path: string, ready: (page: Page) => Promise<void>, looks: LookOptions = {}): Promise<void> {
    const page = await world.visit(path, { calm: true, ...looks });
    // What a machine of tests calls its system's font looks like nobody's.
    await page.addStyleTag({ content: ':root { --pico-font-family: "Liberation Sans", sans-serif }' });
    await ready(page);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled' });
  }

  it('the fleet, with what waits for a person', () => picture('hub-fleet', '/', (page) => askOf(page, 'search-box').waitFor()));

  it('an agent at work, asking', async () => {
    fleet.forge.asks('rate-limits', { text: 'Run the tests of the limits once more', command: 'npm test -- --grep limits', risk: 'low', category: 'shell' });
    await picture('hub-agent', '/agents/rate-limits', async (page) => {
      await page.getByRole('article').waitFor();
      await waitForScreen(page, 'Looking at the failing test');
      await page.getByText('Then write a line about it').waitFor();
    }, { dark: true });
    fleet.forge.share('rate-limits', { asks: [], state: 'RUNNING', status: { state: 'working' }, status_since: Date.now() - 180_000 });
  });

  it('what it did', () => picture('hub-timeline', '/agents/rate-limits?tab=timeline', (page) => page.getByText('A token bucket for writes').waitFor()));

  it('what it changed', () => picture('hub-changes', '/agents/rate-limits?tab=changes', (page) => page.locator('.diff').first().waitFor(), { dark: true }));

  it('what it used', () => picture('hub-usage', '/agents/rate-limits?tab=usage', (page) => page.locator('.chart').first().waitFor()));

  it('a new task, and who would take it', () =>
    picture('hub-new-task', '/tasks/new', async (page) => {
      await page.getByLabel('What is to be done').fill('Train the size model on the data of this quarter.\nCompare it with the last one, and write down what became better and what did not.');
      await page.getByLabel('Project').fill('sizes');
      await page.getByLabel('Required capabilities').fill('gpu, docker');
      await page.locator('.score').filter({ hasText: 'ada-laptop' }).getByText('It lacks gpu, docker.').waitFor();
    }));

  it('the queue', () => picture('hub-tasks', '/tasks', (page) => page.getByText('Render the demo').waitFor()));

  it('the runners', () => picture('hub-runners', '/runners', (page) => page.getByRole('heading', { name: 'forge' }).waitFor(), { dark: true }));

  it('on a phone', async () => {
    await picture('hub-phone', '/', (page) => askOf(page, 'deploy-docs').waitFor(), { phone: true });
    await picture('hub-phone-agent', '/agents/rate-limits', (page) => waitForScreen(page, 'Looking at the failing test'), { phone: true, dark: true });
  });
});
