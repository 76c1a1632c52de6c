// A person reviews an agent's work: spawns it in a worktree of its own, looks at its changes, takes one back, comments, merges.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkspaceStore } from '../../src/workspaces/workspaceStore.ts';
import { needs } from '../support/requirements.ts';
import { commit, git, read, write } from '../support/reviewWorld.ts';
import { World } from './world.ts';
import type { Workbench } from './workbench.ts';

const original = `export interface Tea {
  readonly name: string;
  readonly seconds: number;
}

const teas: readonly Tea[] = [
  { name: 'Sencha', seconds: 90 },
  { name: 'Darjeeling', seconds: 180 },
];

export function find(name: string): Tea | undefined {
  return teas.find((tea) => tea.name === name);
}

export function timer(tea: Tea, done: () => void): NodeJS.Timeout {
  return setTimeout(done, tea.seconds * 1000);
}
`;
const changed = original
  .replace("  { name: 'Darjeeling', seconds: 180 },\n", "  { name: 'Darjeeling', seconds: 180 },\n  { name: 'Rooibos', seconds: 420 },\n")
  .replace('tea.seconds * 1000', 'tea.seconds * 1_000 // milliseconds');

describe('review of an agent\'s work, in the browser', function () {
  this.timeout(180_000);
  let world: World;
  let vscode: Workbench;
  let folder: string;

  before(async function () {
    needs(this, 'chromium', 'tmux', 'git');
    world = await World.create({ settings: { 'editor.minimap.enabled': false, 'comments.openView': 'never' } });
    world.configureMachine({ 'tmuxAgents.docker.enabled': false });
    writeFileSync(join(world.home, '.gitconfig'), '[user]\n\tname = Ada\n\temail = ada@example.invalid\n');
    commit(world.folder, { 'src/timer.ts': original }, 'A timer');
    vscode = world.workbench;
  });

  after(() => world?.dispose('review-end'));

  it('spawns the agent in a worktree of its own', async () => {
    await vscode.openView('Agents');
    await vscode.runCommand('Agents: Spawn Agent…');
    await vscode.answer('Add Rooibos', 'What should the agent do');
    await vscode.waitForQuickInput('Which agent');
    await vscode.pick('Demo agent');
    for (const step of ['Where should it run', 'In which folder']) {
      await vscode.waitForQuickInput(step);
      await vscode.page.keyboard.press('Enter');
    }
    await vscode.waitForQuickInput('Where may it change files');
    await vscode.screenshot('spawn-workspace');
    await vscode.pick('A Worktree of Its Own');
    await vscode.waitForRow('demo-1');
    await vscode.waitForTerminalText('Allow? [y/n]');
    await vscode.typeInTerminal('y\n');
    const [record] = new WorkspaceStore(join(world.home, '.local', 'state', 'tmux-agents', 'workspaces')).list();
    assert.ok(record);
    folder = record.path;
    assert.equal(git(world.folder, 'status', '--porcelain'), '');
  });

  it('shows what it changes below its row, as it happens', async () => {
    await vscode.row('demo-1').first().locator('.monaco-tl-twistie').click();
    await vscode.waitForRow('Changes');
    write(folder, 'src/timer.ts', changed);
    write(folder, 'NOTES.md', '# Notes\n\nRooibos is not a tea.\n');
    await vscode.waitForRow('timer.ts');
    await vscode.waitForRow('NOTES.md');
    const row = (await vscode.treeRows()).find(({ label }) => label === 'timer.ts');
    assert.match(row?.description ?? '', /^M \+2 −1 · src$/);
    assert.match(row?.spoken ?? '', /src\/timer\.ts, modified, 2 lines added, 1 removed/);
  });

  it('opens one of them beside its base, and takes one change of it back', async () => {
    await vscode.runCommand('View: Hide Panel').catch(() => undefined);
    await vscode.row('timer.ts').first().click();
    const line = vscode.page.locator('.monaco-diff-editor .editor.modified .view-line').filter({ hasText: '1_000' }).first();
    await line.waitFor();
    await vscode.screenshot('review-diff');
    await line.click();
    await vscode.runCommand('Agents: Discard Change…');
    await vscode.dialogButton('Discard this change of src/timer.ts?', 'Discard Change');
    await vscode.until(async () => Promise.resolve(read(folder, 'src/timer.ts').includes('1_000') ? undefined : true), 'the change to be taken back');
    assert.ok(read(folder, 'src/timer.ts').includes('Rooibos'));
  });

  it('takes a comment on a line, and gives it to the agent', async () => {
    const line = vscode.page.locator('.monaco-diff-editor .editor.modified .view-line').filter({ hasText: 'Rooibos' }).first();
    await line.click();
    await vscode.runCommand('Agents: Add Comment');
    const field = vscode.page.locator('.review-widget .monaco-editor').first();
    await field.click();
    await vscode.page.keyboard.type('Six minutes are enough.');
    await vscode.screenshot('review-comment');
    await vscode.page.locator('.review-widget').getByRole('button', { name: 'Add Comment' }).first().click();
    await vscode.page.locator('.review-widget .comment-body').filter({ hasText: 'Six minutes are enough.' }).first().waitFor();
    await vscode.runCommand('Agents: Send Comments to Agent');
    await vscode.page.locator('.review-widget').first().waitFor({ state: 'detached' });
    const pane = async (): Promise<string> => world.tmux('-L', 'tmux-agents', 'list-panes', '-a', '-F', '#{pane_id}').then((ids) => world.tmux('-L', 'tmux-agents', 'capture-pane', '-p', '-S', '-', '-t', ids.split('\n')[0] ?? ''));
    await vscode.until(async () => ((await pane()).includes('Six minutes are enough.') ? true : undefined), 'the comment to reach the agent', { seen: pane });
  });

  it('shows all of them in one editor, and merges them', async () => {
    await vscode.rowAction('Changes', 'Show Changes');
    await vscode.page.locator('.multiDiffEntry, .multi-diff-root-floating-menu, .monaco-component.multiDiffEditor').first().waitFor();
    await vscode.page.locator('.view-line').filter({ hasText: 'is not a tea' }).first().waitFor();
    await vscode.screenshot('review-changes');
    await vscode.rowAction('Changes', 'Merge into…');
    await vscode.dialogButton('demo-1 has changes that are not committed.', 'Commit All');
    await vscode.answer('Add Rooibos', 'What the commit does');
    await vscode.waitForQuickInput('into which branch');
    await vscode.pick('main');
    await vscode.notification('The work of demo-1 is merged into main.').first().waitFor();
    assert.match(read(world.folder, 'src/timer.ts'), /Rooibos/);
    assert.match(git(world.folder, 'log', '-1', '--format=%s'), /^Merge tmux-agents\/\S+, work of demo-1, into main$/);
    await vscode.screenshot('review-merged');
  });
});
