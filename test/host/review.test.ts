// Review in a real extension host, on real git: an agent's changes as rows and diffs, discarded, commented on, committed, merged, in conflict.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { waitFor, waitForEvent } from '../../src/base/wait.ts';
import type { ExtensionApi } from '../../src/extension/extension.ts';
import type { Fleet } from '../../src/extension/fleet.ts';
import { Commands, EXTENSION_ID } from '../../src/extension/ids.ts';
import type { ReviewDoor } from '../../src/extension/review/reviewDoor.ts';
import type { PartRow } from '../../src/extension/tree/agentParts.ts';
import type { AgentInfo } from '../../src/runtimes/types.ts';
import type { MergeOutcome } from '../../src/workspaces/review/merge.ts';
import type { RemovalReport } from '../../src/workspaces/types.ts';
import { WorkspaceStore } from '../../src/workspaces/workspaceStore.ts';
import { screenWith } from '../support/agentWaits.ts';
import { needs } from '../support/requirements.ts';
import { commit, git, lines, read, write } from '../support/reviewWorld.ts';

/** Milliseconds that anything of these tests may take. */
const PATIENCE = 20_000;

describe('review in the extension host', () => {
  let fleet: Fleet;
  let review: ReviewDoor;
  let base: string;
  let clone: string;
  let folder: string;
  let agent: AgentInfo;
  const store = new WorkspaceStore();
  const set = (key: string, value: unknown): Thenable<void> => vscode.workspace.getConfiguration('tmuxAgents').update(key, value, vscode.ConfigurationTarget.Global);
  const run = <T>(command: string, ...args: unknown[]): Thenable<T> => vscode.commands.executeCommand<T>(command, ...args);
  const me = (more: object = {}): object => ({ agentId: agent.agentId, ...more });
  const labels = (rows: readonly PartRow[]): string[] => rows.flatMap((row) => {
      const { label, description } = row.item();
      return [`${typeof label === 'string' ? label : ''}: ${description === true ? '' : (description ?? '')}`, ...labels(row.children)];
    });

  before(async function () {
    needs(this, 'tmux', 'git');
    const extension = vscode.extensions.getExtension<ExtensionApi>(EXTENSION_ID);
    assert.ok(extension);
    ({ fleet, review } = await extension.activate());
    base = realpathSync(mkdtempSync(join(tmpdir(), 'tmux-agents-review-')));
    clone = join(base, 'clone');
    folder = join(base, 'worktree');
    git(base, 'init', '-q', '-b', 'main', clone);
    git(clone, 'config', 'user.name', 'Test');
    git(clone, 'config', 'user.email', 'test@example.invalid');
    const first = commit(clone, { 'a.txt': lines(30), 'b.txt': 'b\n' }, 'Begin');
    git(clone, 'worktree', 'add', '-q', '-b', 'tmux-agents/review', folder);
    store.write({ v: 1, id: 'review', kind: 'worktree', path: folder, repository: clone, source: clone, branch: 'tmux-agents/review', base: { commit: first, ref: 'main' }, createdAt: new Date().toISOString() });
    await set('docker.enabled', false);
    await set('kill.confirm', false);
    await fleet.start();
    const agentId = await run<string>(Commands.spawn, { runtime: 'local', provider: 'demo', attach: false, name: 'reviewed', folder, autopilot: true, env: { TMUX_AGENTS_DEMO_DELAY: '0' } });
    const look = (): AgentInfo | undefined => fleet.snapshot.agents.find((one) => one.agentId === agentId);
    if (look() === undefined) await waitForEvent(fleet.onDidChange, () => look() !== undefined, { timeoutMs: PATIENCE, what: 'the agent' });
    const found = look();
    assert.ok(found);
    agent = found;
  });

  after(async () => {
    await run(Commands.killAll);
    for (const key of ['docker.enabled', 'kill.confirm']) await set(key, undefined);
    await run('workbench.action.closeAllEditors');
    store.remove('review');
    rmSync(base, { recursive: true, force: true });
  });

  it('has the changes as rows below the agent, and follows what happens to the files', async () => {
    assert.equal(review.hasParts(agent), true);
    assert.deepEqual(labels(await review.parts(agent)), ['Changes: no changes · against main']);
    const changed = new Promise<void>((resolve) => {
      const subscription = review.onDidChangeParts(() => {
        void review.parts(agent).then((rows) => {
          if ((rows[0]?.children.length ?? 0) < 2) return;
          subscription.dispose();
          resolve();
        });
      });
    });
    write(folder, 'a.txt', lines(30, { 2: 'two', 28: 'twenty-eight' }));
    write(folder, 'new/n.txt', 'n\n');
    await waitFor(changed, { timeoutMs: PATIENCE, what: 'the rows of the changed files' });
    const rows = await review.parts(agent);
    assert.deepEqual(labels(rows), ['Changes: 2 files, +3 −2 · against main', 'a.txt: M +2 −2', 'n.txt: A +1 −0 · new']);
    assert.equal(rows[0]?.children[1]?.item().accessibilityInformation?.label, 'new/n.txt, added, 1 line added, 0 removed');
  });

  it('shows all of them in one editor, and one of them with its base beside it', async () => {
    assert.deepEqual(await run(Commands.showChanges, me()), ['a.txt', 'new/n.txt']);
    assert.equal(vscode.window.tabGroups.activeTabGroup.activeTab?.label, 'Changes of reviewed (against main) (2 files)');
    await run(Commands.showChanges, me());
    assert.equal(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter(({ label }) => label.startsWith('Changes of reviewed')).length, 1);
    await run(Commands.openChange, { kind: 'change', key: `local/${agent.agentId}#change:a.txt` });
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputTextDiff);
    assert.equal(input.modified.fsPath, join(folder, 'a.txt'));
    assert.equal((await vscode.workspace.openTextDocument(input.original)).getText(), lines(30));
    // Not writable, whatever asks for it.
    await assert.rejects(Promise.resolve(vscode.workspace.fs.writeFile(input.original, new Uint8Array())));
  });

  it('discards one change by its line, and a file', async () => {
    await run(Commands.discardHunk, me({ path: 'a.txt', line: 28, confirm: false }));
    assert.equal(read(folder, 'a.txt'), lines(30, { 2: 'two' }));
    await run(Commands.discardFile, me({ path: 'new/n.txt', confirm: false }));
    assert.equal(existsSync(join(folder, 'new')), false);
    await assert.rejects(async () => run(Commands.discardFile, me({ path: '../clone/b.txt', confirm: false })), /no changes/);
  });

  it('sends comments as one prompt, with the lines they are about, and forgets them then', async () => {
    await assert.rejects(async () => run(Commands.sendComments, me()), /no comments/);
    await run(Commands.addComment, me({ path: 'a.txt', line: 2, text: 'Say it in figures.' }));
    await run(Commands.addComment, me({ path: 'b.txt', line: 1, text: 'And this\nstays.' }));
    const prompt = await run<string>(Commands.sendComments, me());
    assert.match(prompt, /^2 comments on your changes[^]*1\. `a\.txt:2`:\n```plaintext\ntwo\n```\nSay it in figures\.\n\n2\. `b\.txt:1`:/);
    await fleet.use((manager) => screenWith(manager, agent.handle, 'Say it in figures.'));
    await assert.rejects(async () => run(Commands.sendComments, me()), /no comments/);
  });

  it('commits, amends, and merges into the branch that the clone has checked out', async () => {
    await assert.rejects(async () => run(Commands.mergeInto, me({ into: 'main' })), /not committed/);
    await run(Commands.commitChanges, me({ message: 'Two in words' }));
    await run(Commands.amendMessage, me({ message: 'Say two in words' }));
    const outcome = await run<MergeOutcome>(Commands.mergeInto, me({ into: 'main' }));
    assert.equal(outcome.type, 'merged');
    assert.equal(read(clone, 'a.txt'), lines(30, { 2: 'two' }));
    assert.equal(git(clone, 'log', '-1', '--format=%s', 'main^2'), 'Say two in words');
    assert.deepEqual(await run(Commands.showChanges, me()), []);
  });

  it('opens conflicts in the merge editor, continues with what was resolved', async () => {
    commit(clone, { 'b.txt': 'theirs\n' }, 'Theirs');
    write(folder, 'b.txt', 'mine\n');
    const outcome = await run<MergeOutcome>(Commands.squashInto, me({ into: 'main', message: 'Mine' }));
    assert.ok(outcome.type === 'conflicts');
    const opened = waitForTab((tab) => tab.label.includes('b.txt') && tab.label.startsWith('Merging'), 'the merge editor');
    assert.deepEqual(await run(Commands.resolveConflicts, me()), ['b.txt']);
    await opened;
    await assert.rejects(async () => run(Commands.continueMerge, me()), /b\.txt is not resolved yet/);
    const document = await vscode.workspace.openTextDocument(join(outcome.worktree, 'b.txt'));
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), 'both\n');
    await vscode.workspace.applyEdit(edit);
    await document.save();
    assert.equal((await run<MergeOutcome>(Commands.continueMerge, me())).type, 'merged');
    assert.equal(read(clone, 'b.txt'), 'both\n');
    assert.ok(!vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => label.startsWith('Merging'))), 'its editor is closed');
  });

  it('aborts a merge', async () => {
    commit(clone, { 'b.txt': 'theirs again\n' }, 'Theirs again');
    write(folder, 'b.txt', 'mine again\n');
    const before = git(clone, 'rev-parse', 'main');
    assert.equal((await run<MergeOutcome>(Commands.rebaseInto, me({ into: 'main', message: 'Mine again' }))).type, 'conflicts');
    const opened = waitForTab((tab) => tab.label.startsWith('Merging'), 'the merge editor');
    await run(Commands.resolveConflicts, me());
    await opened;
    await assert.rejects(async () => run(Commands.mergeInto, me({ into: 'main' })), /unfinished/);
    await run(Commands.abortMerge, me({ confirm: false }));
    assert.equal(git(clone, 'rev-parse', 'main'), before);
    await assert.rejects(async () => run(Commands.continueMerge, me()), /no merge/);
  });

  it('spawns an agent in a worktree of its own, keeps that when it is killed, and removes it on demand without losing work', async () => {
    const agentId = await run<string>(Commands.spawn, { runtime: 'local', attach: false, argv: ['cat'], folder: clone, workspace: 'worktree', base: 'main' });
    const own = fleet.snapshot.agents.find((one) => one.agentId === agentId);
    assert.ok(own && own.workingDirectory !== clone);
    const record = store.at(own.workingDirectory);
    assert.equal(record?.owner, agentId);
    write(own.workingDirectory, 'work.txt', 'work\n');
    assert.deepEqual(await run(Commands.showChanges, { agentId }), ['work.txt']);
    await assert.rejects(async () => run(Commands.removeWorkspace, { agentId, confirm: false }), /works in/);
    await run(Commands.kill, { agentId });
    assert.equal(read(own.workingDirectory, 'work.txt'), 'work\n');
    const report = await run<RemovalReport>(Commands.removeWorkspace, { agentId, confirm: false });
    assert.equal(report.removed, true);
    assert.equal(existsSync(own.workingDirectory), false);
    assert.equal(git(clone, 'show', `${report.rescueRef ?? ''}:work.txt`), 'work');
  });

  it('leaves no workspace of an agent that could not be spawned', async () => {
    const before = store.list().length;
    await assert.rejects(async () => run(Commands.spawn, { runtime: 'local', attach: false, provider: 'nobody', folder: clone, workspace: 'worktree' }), /nobody/);
    await assert.rejects(async () => run(Commands.spawn, { runtime: 'local', attach: false, argv: ['cat'], folder: clone, workspace: 'worktree', base: 'no-such' }), /no-such/);
    assert.equal(store.list().length, before);
  });

  it('says why there is nothing to review', async () => {
    const bare = mkdtempSync(join(tmpdir(), 'tmux-agents-none-'));
    try {
      const agentId = await run<string>(Commands.spawn, { runtime: 'local', attach: false, argv: ['cat'], folder: bare });
      await assert.rejects(async () => run(Commands.showChanges, { agentId }), /no git repository/);
    } finally {
      rmSync(bare, { recursive: true, force: true });
    }
  });

  async function waitForTab(accept: (tab: vscode.Tab) => boolean, what: string): Promise<void> {
    let subscription: vscode.Disposable | undefined;
    const names = (): string => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label)).join(', ');
    const seen = new Promise<void>((resolve) => {
      const look = (): void => {
        if (vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(accept))) resolve();
      };
      subscription = vscode.window.tabGroups.onDidChangeTabs(look);
      look();
    });
    await waitFor(seen, { timeoutMs: PATIENCE, what: `${what}, not ${names()}` }).finally(() => {
      subscription?.dispose();
    });
  }
});
