// Agents that wait, as a person meets them: the notification, the status bar, the rows and the inbox; one click answers.
import assert from 'node:assert/strict';
import { needs } from '../support/requirements.ts';
import { World } from './world.ts';
import type { Workbench } from './workbench.ts';

describe('waiting agents, in the browser', function () {
  this.timeout(120_000);
  let world: World;
  let vscode: Workbench;

  before(async function () {
    needs(this, 'chromium', 'tmux', 'git');
    world = await World.create();
    world.configureMachine({ 'tmuxAgents.docker.enabled': false });
    vscode = world.workbench;
    await vscode.openView('Agents');
  });

  after(() => world?.dispose('waiting-end'));

  const notice = (text: string | RegExp): ReturnType<Workbench['notification']> => vscode.notification(text);
  const noNotice = (text: string | RegExp): Promise<void> => notice(text).waitFor({ state: 'detached' });
  const waiting = (count: number): Promise<void> => vscode.statusBarItem(`${count} waiting`).waitFor();
  const nothingWaits = (): Promise<void> => vscode.statusBarItem('waiting').waitFor({ state: 'detached' });
  /** Waits until the row of an agent says this beside its name. */
  const says = (label: string, text: RegExp): Promise<true> =>
    vscode.until(async () => ((await vscode.treeRows()).some((row) => row.label === label && text.test(row.description)) ? true : undefined), `${label} to say ${String(text)}`, {
      seen: async () => JSON.stringify(await vscode.treeRows()),
    });
  const prompt = async (label: string, text: string): Promise<void> => {
    await vscode.rowMenu(label, 'Send Prompt', () => vscode.quickInputSays(`Prompt to ${label}`));
    await vscode.answer(text);
  };

  it('tells what an agent wants: in a notification, on its row, on the badge and in the status bar', async () => {
    await vscode.welcomeButton('Try the Demo Agent');
    await notice('demo-1 wants to run: npm test').waitFor();
    await waiting(1);
    await says('demo-1', /^waits: .*npm test · now · Show me what you can do$/);
    const row = (await vscode.treeRows()).find(({ label }) => label === 'demo-1');
    assert.match(row?.spoken ?? '', /^demo-1, waits for your permission: .*npm test, since just now, demo, /);
    assert.equal(await vscode.badge('Agents'), '1');
    assert.equal((await vscode.treeRows())[0]?.description, '1 waiting');
    await vscode.screenshot('waiting');
  });

  it('lets it go on with one click, and takes everything back', async () => {
    await vscode.notificationLink('demo-1 wants to run', 'Approve');
    await noNotice('demo-1 wants to run');
    await vscode.waitForTerminalText('✔ Done.');
    await says('demo-1', /^idle · now/);
    await nothingWaits();
    assert.equal(await vscode.badge('Agents'), '');
  });

  it('has what is risky looked at as a whole before it is approved', async () => {
    await prompt('demo-1', '/risky');
    await notice(/rm -rf build.*high risk/).waitFor();
    await vscode.notificationLink('rm -rf build', 'Review');
    await vscode.page.locator('.monaco-dialog-box').filter({ hasText: 'rm -rf build' }).filter({ hasText: 'Risk: high' }).waitFor();
    await vscode.screenshot('review');
    await vscode.page.keyboard.press('Escape');
    await waiting(1);
    await vscode.rowAction('demo-1', 'Approve');
    await vscode.dialogButton('demo-1 wants to run: rm -rf build', 'Approve');
    await vscode.waitForTerminalText('pretend: nothing is removed');
    await nothingWaits();
  });

  it('denies from the row', async () => {
    await prompt('demo-1', '/risky');
    await waiting(1);
    await says('demo-1', /^waits: .*rm -rf build/);
    await vscode.rowAction('demo-1', 'Deny');
    await vscode.waitForTerminalText('Not allowed: the demo goes on without it.');
    await nothingWaits();
    await noNotice('rm -rf build');
  });

  it('is quiet when the answer was given in the terminal', async () => {
    await prompt('demo-1', '/risky');
    await notice('rm -rf build').waitFor();
    await vscode.typeInTerminal('n\n');
    await noNotice('rm -rf build');
    await nothingWaits();
    await says('demo-1', /^idle/);
  });

  it('puts a notification off without an answer, and does not come back to it', async () => {
    await prompt('demo-1', '/risky');
    await vscode.notificationButton('rm -rf build', 'Later');
    await noNotice('rm -rf build');
    await waiting(1);
    await says('demo-1', /^waits/);
  });

  it('answers from the inbox behind the status bar', async () => {
    await vscode.statusBarItem('1 waiting').click();
    await vscode.waitForQuickInput('1 agent waits for you');
    assert.deepEqual(await vscode.quickPickLabels(), ['demo-1']);
    await vscode.screenshot('inbox');
    await vscode.pick('demo-1');
    await vscode.quickPickRow('Explain Status').waitFor();
    await vscode.quickPickRow('Deny').waitFor();
    assert.deepEqual(await vscode.quickPickLabels(), ['Approve', 'Deny', 'Deny with Note…', 'Always Approve for This Agent', 'Open Terminal', 'Explain Status']);
    await vscode.pick('Deny');
    await nothingWaits();
  });

  it('answers a question with one of its options', async () => {
    await prompt('demo-1', '/ask');
    await notice('demo-1 asks: Which greeting do you like?').waitFor();
    await vscode.notificationLink('Which greeting', 'Answer');
    await vscode.waitForQuickInput('Which greeting do you like?');
    await vscode.pick('2. Ahoy');
    await vscode.waitForTerminalText('You chose Ahoy.');
    await nothingWaits();
  });

  it('shows a failed turn with its message', async () => {
    await prompt('demo-1', '/error');
    await says('demo-1', /^error: API Error: the demo has no API/);
  });

  it('gathers several in one notification, which leads to the inbox', async () => {
    for (const name of ['demo-2', 'demo-3']) {
      await vscode.viewMenu('Try the Demo Agent');
      await vscode.waitForRow(name);
    }
    await notice('2 agents wait for you: demo-2, demo-3').waitFor();
    // The one before it goes with an animation.
    const toasts = vscode.page.locator('.notification-toast').filter({ hasText: 'demo-' });
    await vscode.until(async () => ((await toasts.count()) === 1 ? true : undefined), 'one notification', { seen: async () => (await toasts.allInnerTexts()).join(' | ') });
    assert.equal(await vscode.badge('Agents'), '2');
    await vscode.screenshot('several-waiting');
    await vscode.notificationLink('2 agents wait', 'Show Inbox');
    await vscode.waitForQuickInput('2 agents wait for you');
    await vscode.screenshot('inbox-several');
    await vscode.quickPickButton('demo-2', 'Approve');
    await notice('demo-3 wants to run: npm test').waitFor();
    await waiting(1);
    await vscode.rowMenu('demo-3', 'Deny with Note…', () => vscode.quickInputSays('What should it do instead?'));
    await vscode.answer('Use fewer words');
    await vscode.row('demo-3').first().click();
    await vscode.waitForTerminalText(/Use fewer words[^]*Allow\?/);
    await vscode.notificationLink('demo-3 wants to run', 'Approve');
    await vscode.waitForTerminalText(/3 passed/);
    await nothingWaits();
  });

  it('groups by what agents do, those that wait first', async () => {
    await vscode.runCommand('Agents: Group By…');
    await vscode.pick('Status');
    await prompt('demo-2', '/risky');
    await vscode.waitForRow('Waiting for You');
    assert.equal((await vscode.treeRows())[0]?.label, 'Waiting for You');
    await vscode.screenshot('by-status');
    await vscode.rowAction('demo-2', 'Deny');
    await vscode.waitForNoRow('Waiting for You');
    await vscode.runCommand('Agents: Group By…');
    await vscode.pick('Runtime');
  });

  it('explains a status: who says what, and who was believed', async () => {
    await vscode.rowMenu('demo-2', 'Explain Status', async () => (await vscode.editorTitles()).some((title) => title.includes('Status of demo-2')));
    await vscode.screenshot('explain');
  });

  it('chooses what an agent may do unasked', async () => {
    await vscode.rowMenu('demo-2', 'Auto-Approve for This Agent…', () => vscode.quickInputSays('What demo-2 may do unasked'));
    await vscode.page.locator('.quick-input-widget:visible').getByRole('checkbox', { name: 'Test', exact: true }).click();
    await vscode.screenshot('auto-approve');
    await vscode.page.locator('.quick-input-widget:visible .monaco-button').filter({ hasText: 'OK' }).click();
    await vscode.statusBarItem('demo-2 may: test').waitFor();
  });

  it('resumes the very conversation of an agent that ended', async () => {
    // A program that says which conversation it has, and ends unless it goes on with one.
    // It stays a moment: tmux 3.3a can lose what a program prints as it ends.
    const program = ['sh', '-c', 'echo "$*"; [ "$1" = --resume ] && exec cat; sleep 1; exit 1', 'talker'];
    world.configureMachine({ 'tmuxAgents.docker.enabled': false, 'tmuxAgents.providers': { talker: { argv: program, conversation: ['--conversation', '{session}'], resume: ['--resume', '{session}'] } } });
    // VS Code reads the settings' file when it sees that it changed: a picker that was opened before does not know the provider yet.
    await vscode.until(async () => {
      await vscode.runCommand('Agents: Spawn Agent…');
      await vscode.answer('', 'What should the agent do');
      await vscode.waitForQuickInput('Which agent');
      await vscode.quickInput().fill('talker');
      const isThere = await vscode.quickPickRow('talker').first().waitFor({ timeout: 1_500 }).then(() => true, () => undefined);
      if (isThere === undefined) await vscode.page.keyboard.press('Escape');
      return isThere;
    }, 'the provider of the settings');
    await vscode.pick('talker');
    for (const step of ['Where should it run', 'In which folder', 'Where may it change files']) {
      await vscode.waitForQuickInput(step);
      await vscode.page.keyboard.press('Enter');
    }
    await says('talker-1', /^exit 1|^done/);
    const told = /--conversation (\S+)/.exec(await vscode.waitForTerminalText(/--conversation [0-9a-f-]{36}/))?.[1] ?? '';
    await vscode.rowAction('talker-1', 'Resume Agent');
    await vscode.waitForTerminalText(`--resume ${told}`);
    assert.equal((await vscode.treeRows()).filter(({ label }) => label === 'talker-1').length, 1);
  });
});
