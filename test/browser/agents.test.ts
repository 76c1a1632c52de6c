// The main job as a person does it: spawn from the view and the palette, attach, type, prompt, reload, attach again, kill.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { SilentEngine } from '../integration/runtimes/docker/support/silentEngine.ts';
import { needs } from '../support/requirements.ts';
import { World } from './world.ts';
import type { Workbench } from './workbench.ts';

describe('agents on this machine, in the browser', function () {
  this.timeout(120_000);
  let world: World;
  let vscode: Workbench;

  before(async function () {
    needs(this, 'chromium', 'tmux', 'git');
    world = await World.create();
    world.configureMachine({ 'tmuxAgents.docker.enabled': false });
    vscode = world.workbench;
  });

  after(() => world?.dispose('agents-end'));

  /** Waits until the terminal with this name is the one that is shown. */
  const shownTerminal = (name: string): Promise<true> =>
    vscode.until(async () => {
      const selected = vscode.page.locator('.terminal-tabs-entry').locator('xpath=ancestor::*[contains(@class, "monaco-list-row") and contains(@class, "selected")]').locator('.label-name');
      return (await selected.allTextContents()).some((text) => text.trim() === name) ? true : undefined;
    }, `the terminal ${name}`);

  const rows = async (): Promise<string[]> => (await vscode.treeRows()).map(({ label }) => label);

  it('welcomes a newcomer', async () => {
    await vscode.openView('Agents');
    await vscode.page.locator('.sidebar .welcome-view').getByText('No agents yet').waitFor();
    await vscode.screenshot('welcome');
  });

  it('spawns the demo with one click and shows its terminal', async () => {
    await vscode.welcomeButton('Try the Demo Agent');
    await vscode.waitForRow('demo-1');
    await vscode.waitForTerminalText('Show me what you can do');
    await vscode.waitForTerminalText('Allow? [y/n]');
    await vscode.screenshot('demo');
    assert.deepEqual(await rows(), ['This machine', 'demo-1']);
  });

  it('takes what is typed into the terminal', async () => {
    await vscode.typeInTerminal('y\n');
    await vscode.waitForTerminalText(/›/);
  });

  it('asks task, provider, runtime and folder, with a way back, and remembers', async () => {
    await vscode.runCommand('Agents: Spawn Agent…');
    await vscode.answer('Write the release notes', 'What should the agent do');
    await vscode.waitForQuickInput('Which agent');
    assert.match((await vscode.quickInputTexts()).title, /Spawn Agent \(2\/5\)/);
    await vscode.screenshot('spawn-provider');
    await vscode.pick('Demo agent');
    await vscode.waitForQuickInput('Where should it run');
    await vscode.page.locator('.quick-input-widget:visible .codicon-quick-input-back').click();
    await vscode.waitForQuickInput('Which agent');
    await vscode.pick('Demo agent');
    await vscode.waitForQuickInput('Where should it run');
    await vscode.page.keyboard.press('Enter');
    await vscode.waitForQuickInput('In which folder');
    await vscode.page.keyboard.press('Enter');
    await vscode.waitForQuickInput('Where may it change files');
    await vscode.page.keyboard.press('Enter');
    await vscode.waitForRow('demo-2');
    await vscode.waitForTerminalText('Write the release notes');
  });

  it('needs nothing but Enter the next time', async () => {
    await vscode.runCommand('Agents: Spawn Agent…');
    await vscode.answer('A third one', 'What should the agent do');
    for (const step of ['Which agent', 'Where should it run', 'In which folder', 'Where may it change files']) {
      await vscode.waitForQuickInput(step);
      await vscode.page.keyboard.press('Enter');
    }
    await vscode.waitForRow('demo-3');
    await vscode.waitForTerminalText('A third one');
    assert.deepEqual((await vscode.terminalNames()).sort(), ['demo-1', 'demo-2', 'demo-3']);
    await vscode.screenshot('three-agents');
  });

  it('says everything about a row to a screen reader', async () => {
    const row = await vscode.until(async () => (await vscode.treeRows()).find(({ label, description }) => label === 'demo-2' && description.startsWith('waits')), 'demo-2 to wait');
    assert.match(row.spoken, /^demo-2, waits for your permission: .*npm test, since just now, demo, Write the release notes, on This machine, started just now/);
    assert.match(row.description, /^waits: .*npm test · now · Write the release notes$/);
  });

  it('sends a prompt from the row, as it is', async () => {
    await vscode.row('demo-1').first().click();
    await shownTerminal('demo-1');
    await vscode.rowAction('demo-1', 'Send Prompt');
    await vscode.answer('say `this`; and $(that) ;', 'Prompt to demo-1');
    await vscode.waitForTerminalText(/say `this`; and \$\(that\) ;[^]*Allow\?/);
    // While it waits for an answer, a prompt would wait too.
    await vscode.typeInTerminal('y\n');
    await vscode.waitForTerminalText(/3 passed[^]*›/);
  });

  it('sends a prompt of many lines from an editor', async () => {
    await vscode.rowMenu('demo-1', 'Write Prompt in Editor', async () => (await vscode.editorTitles()).some((title) => title.startsWith('Untitled')));
    await vscode.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor();
    await vscode.page.keyboard.type('first line\nsecond line');
    await vscode.screenshot('prompt-editor');
    await vscode.page.keyboard.press('ControlOrMeta+Enter');
    await vscode.waitForTerminalText(/first line[^]*second line/);
    await vscode.until(async () => ((await vscode.editorTitles()).length === 0 ? true : undefined), 'the prompt editor to close', { seen: async () => (await vscode.editorTitles()).join(', ') });
  });

  it('reveals the terminal that is open instead of a second one', async () => {
    await vscode.rowAction('demo-2', 'Attach Terminal');
    await shownTerminal('demo-2');
    assert.equal((await vscode.terminalNames()).length, 3);
  });

  it('keeps agents and terminals over a reload, and recognises them again', async () => {
    await vscode.reload();
    await vscode.waitForView('Agents');
    await vscode.waitForRow('demo-1');
    await vscode.row('demo-1').first().click();
    await vscode.waitForTerminalText('second line');
    await vscode.row('demo-3').first().click();
    await shownTerminal('demo-3');
    assert.deepEqual((await vscode.terminalNames()).sort(), ['demo-1', 'demo-2', 'demo-3']);
    await vscode.until(async () => ((await vscode.badge('Agents')) === '3' ? true : undefined), 'the three that wait on the badge');
    await vscode.screenshot('reloaded');
  });

  it('shows the output in an editor', async () => {
    await vscode.rowMenu('demo-1', 'Terminal ▸ Show Output', async () => (await vscode.editorTitles()).includes('demo-1 (output)'));
    await vscode.until(async () => ((await vscode.editorText()).includes('second line') ? true : undefined), 'the output');
  });

  it('renames with F2', async () => {
    await vscode.row('demo-3').first().click();
    await shownTerminal('demo-3');
    await vscode.runCommand('Agents: Focus on Agents View');
    await vscode.page.keyboard.press('F2');
    await vscode.answer('the third', 'Rename demo-3');
    await vscode.waitForRow('the third');
    await vscode.waitForNoRow('demo-3');
  });

  it('adopts a session of the user\'s own tmux server, and releases it untouched', async () => {
    await world.tmux('new-session', '-d', '-s', 'by hand', 'cat');
    await vscode.runCommand('Agents: Adopt tmux Session…');
    await vscode.waitForQuickInput('Which session');
    await vscode.pick('by hand');
    await vscode.waitForRow('by hand');
    await vscode.rowMenu('by hand', 'Release Adopted Session', async () => (await vscode.row('by hand').count()) === 0);
    assert.match(await world.tmux('list-sessions'), /by hand/);
  });

  it('groups by status and by folder', async () => {
    await vscode.runCommand('Agents: Group By…');
    await vscode.pick('Status');
    await vscode.waitForRow('Waiting for You');
    await vscode.runCommand('Agents: Group By…');
    await vscode.pick('Folder');
    await vscode.waitForRow('project');
    await vscode.runCommand('Agents: Group By…');
    await vscode.pick('Runtime');
    await vscode.waitForRow('This machine');
  });

  it('runs the doctor', async () => {
    await vscode.runCommand('Agents: Doctor: Check What Agents Need');
    await vscode.until(async () => ((await vscode.editorTitles()).some((title) => title.includes('Doctor')) ? true : undefined), 'the report');
    await vscode.screenshot('doctor');
  });

  it('tells why a spawn failed, in a sentence', async () => {
    await vscode.runCommand('Agents: Spawn Agent…');
    await vscode.answer('', 'What should the agent do');
    await vscode.waitForQuickInput('Which agent');
    await vscode.pick('Custom command');
    await vscode.notification('Custom command has no command yet').waitFor();
    await vscode.screenshot('error');
    await vscode.notificationButton('Custom command has no command yet', 'Open Settings');
    await vscode.page.locator('.settings-editor .setting-item-label').getByText('Argv').first().waitFor();
    await vscode.screenshot('error-settings');
    await vscode.page.keyboard.press('Escape');
    await vscode.page.locator('.monaco-modal-editor-block').waitFor({ state: 'detached' });
  });

  it('kills what is selected, after asking once', async () => {
    await vscode.selectRows('demo-1', 'demo-2');
    await shownTerminal('demo-1');
    await vscode.runCommand('Agents: Focus on Agents View');
    await vscode.page.keyboard.press('Delete');
    await vscode.dialogButton('Kill 2 agents?', 'Kill 2 Agents');
    await vscode.waitForNoRow('demo-1');
    await vscode.waitForNoRow('demo-2');
    await vscode.runCommand('Agents: Kill All Agents…');
    await vscode.dialogButton('Kill the agent the third?', 'Kill');
    await vscode.waitForNoRow('the third');
    await vscode.until(async () => ((await vscode.terminalNames()).length === 0 ? true : undefined), 'the terminals to close', { seen: async () => (await vscode.terminalNames()).join(', ') });
    assert.equal(await vscode.badge('Agents'), '');
  });
});

describe('agents in Docker, in the browser', function () {
  this.timeout(120_000);
  let world: World;
  let vscode: Workbench;
  /** Other agents may live in the same Docker engine, so the number in it is not known beforehand. */
  let name: string;

  before(async function () {
    needs(this, 'chromium', 'tmux', 'git', 'docker', 'image');
    world = await World.create();
    vscode = world.workbench;
  });

  after(async () => {
    if (world === undefined) return;
    const left = execFileSync('docker', ['ps', '-aq', '--filter', `label=tmux-agents.working-directory=${world.folder}`], { encoding: 'utf8' });
    for (const id of left.split('\n').filter((line) => line !== '')) execFileSync('docker', ['rm', '-f', id], { stdio: 'ignore' });
    await world.dispose('docker-end');
  });

  it('spawns in a container, attaches, and is recognised after a reload', async () => {
    await vscode.openView('Agents');
    await vscode.runCommand('Agents: Spawn Agent…');
    await vscode.answer('Tidy the tea timer', 'What should the agent do');
    await vscode.waitForQuickInput('Which agent');
    await vscode.pick('Demo agent');
    await vscode.waitForQuickInput('Where should it run');
    await vscode.pick('Docker');
    await vscode.waitForQuickInput('In which folder');
    await vscode.page.keyboard.press('Enter');
    await vscode.waitForQuickInput('Where may it change files');
    await vscode.page.keyboard.press('Enter');
    name = await vscode.until(async () => (await vscode.treeRows()).find(({ description }) => description.includes('Tidy the tea timer'))?.label, 'the agent');
    await vscode.waitForTerminalText('Tidy the tea timer');
    await vscode.screenshot('docker');
    await vscode.reload();
    await vscode.waitForView('Agents');
    await vscode.waitForRow(name);
    await vscode.row(name).first().click();
    await vscode.waitForTerminalText('Allow? [y/n]');
    assert.deepEqual(await vscode.terminalNames(), [name]);
  });

  it('offers to build an image that is missing', async () => {
    world.configureMachine({ 'tmuxAgents.docker.image': 'no-such-image-here:1' });
    await vscode.runCommand('Agents: Spawn Agent…');
    await vscode.answer('', 'What should the agent do');
    for (const step of ['Which agent', 'Where should it run', 'In which folder', 'Where may it change files']) {
      await vscode.waitForQuickInput(step);
      await vscode.page.keyboard.press('Enter');
    }
    await vscode.notificationButton('no-such-image-here:1', 'Build Image');
    await vscode.waitForQuickInput('Which agents should be in the image');
    await vscode.screenshot('build-image');
    await vscode.page.keyboard.press('Escape');
    world.configureMachine({});
  });

  it('kills it without an error from VS Code', async () => {
    // Settings are being taken over: while all rows are made anew VS Code may not know whose button it is, and the command asks which agent is meant.
    await vscode.until(async () => {
      await vscode.rowAction(name, 'Kill');
      const dialog = vscode.page.locator('.monaco-dialog-box');
      await vscode.page.locator('.monaco-dialog-box, .quick-input-widget:visible').first().waitFor();
      if ((await dialog.count()) > 0) return true;
      await vscode.page.keyboard.press('Escape');
      return undefined;
    }, 'the question whether to kill it');
    await vscode.dialogButton(`Kill the agent ${name}?`, 'Kill');
    await vscode.waitForNoRow(name);
    assert.equal(await vscode.page.locator('.notification-toast .codicon-error').count(), 0);
  });
});

describe('a machine without Docker and tmux, in the browser', function () {
  this.timeout(120_000);
  let world: World;
  let vscode: Workbench;

  before(async function () {
    needs(this, 'chromium', 'tmux', 'git');
    world = await World.create();
    world.configureMachine({ 'tmuxAgents.docker.socketPath': '/nowhere/docker.sock' });
    vscode = world.workbench;
  });

  after(() => world?.dispose('unavailable-end'));

  it('says that there are no agents only when it has looked for them', async () => {
    const silent = new SilentEngine();
    await silent.start();
    world.configureMachine({ 'tmuxAgents.docker.socketPath': silent.socketPath });
    await vscode.openView('Agents');
    await vscode.reload();
    const [looking, welcome] = [vscode.page.locator('.sidebar .monaco-progress-container.active'), vscode.page.locator('.sidebar .welcome-view').getByText('No agents yet')];
    await looking.first().waitFor();
    const began = performance.now();
    assert.equal(await welcome.isVisible(), false);
    await welcome.waitFor();
    // The engine has 4 s to answer.
    assert.ok(performance.now() - began > 1_500, 'welcomed while Docker was still being asked');
    assert.equal(await looking.count(), 0);
    world.configureMachine({ 'tmuxAgents.docker.socketPath': '/nowhere/docker.sock' });
    await silent.dispose();
  });

  it('tells a newcomer that Docker is not running, and goes on without', async () => {
    await vscode.openView('Agents');
    await vscode.page.locator('.sidebar .welcome-view').getByText('Docker is not running').waitFor();
    await vscode.screenshot('welcome-no-docker');
    await vscode.welcomeButton('Try the Demo Agent');
    await vscode.waitForRow('demo-1');
  });

  it('says on Docker\'s own node why, and what to do', async () => {
    await vscode.waitForRow('Docker');
    await vscode.waitForRow(/\/nowhere\/docker\.sock/);
    await vscode.row(/\/nowhere\/docker\.sock/).first().click();
    await vscode.notification('/nowhere/docker.sock').waitFor();
    await vscode.screenshot('docker-unavailable');
  });

  it('leads to tmux when that is missing', async () => {
    await vscode.runCommand('Agents: Kill All Agents…');
    await vscode.dialogButton('Kill the agent', 'Kill');
    await vscode.waitForNoRow('demo-1');
    world.configureMachine({ 'tmuxAgents.docker.socketPath': '/nowhere/docker.sock', 'tmuxAgents.local.tmuxPath': '/nowhere/tmux' });
    await vscode.page.locator('.sidebar .welcome-view').getByText('tmux is missing').waitFor();
    await vscode.screenshot('welcome-no-tmux');
  });
});
