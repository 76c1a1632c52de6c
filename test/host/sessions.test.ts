// Timelines, replays and best of N in a real extension host: the window records its agents, panels open, attempts begin and are compared.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { Emitter } from '../../src/base/event.ts';
import { waitForEvent } from '../../src/base/wait.ts';
import type { ExtensionApi } from '../../src/extension/extension.ts';
import { Commands, EXTENSION_ID, Schemes } from '../../src/extension/ids.ts';
import { forwardedOf } from '../../src/protocol/forwardedEvent.ts';
import { sessionsFolder } from '../../src/sessions/recorder/sessionFolders.ts';
import { SessionFollower } from '../../src/sessions/timeline/followSessions.ts';
import { needs } from '../support/requirements.ts';

const PATIENCE = 25_000;

describe('sessions in the extension host', function () {
  this.timeout(60_000);
  let folder: string | undefined;
  const set = (key: string, value: unknown): Thenable<void> => vscode.workspace.getConfiguration('tmuxAgents').update(key, value, vscode.ConfigurationTarget.Global);
  const run = <T>(command: string, ...args: unknown[]): Thenable<T> => vscode.commands.executeCommand<T>(command, ...args);
  /** VS Code tells of a panel's tab only after the panel was made. */
  async function tabOpen(wanted: string): Promise<void> {
    const tabs = (): string[] => vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
    const opened = waitForEvent((listener) => vscode.window.tabGroups.onDidChangeTabs(listener), () => tabs().includes(wanted), { timeoutMs: PATIENCE, what: `the tab "${wanted}"` });
    if (tabs().includes(wanted)) opened.catch(() => undefined);
    else await opened;
  }

  before(async function () {
    needs(this, 'tmux', 'git');
    const extension = vscode.extensions.getExtension<ExtensionApi>(EXTENSION_ID);
    assert.ok(extension);
    const { fleet } = await extension.activate();
    await set('docker.enabled', false);
    await set('kill.confirm', false);
    await fleet.start();
  });

  after(async () => {
    await run(Commands.killAll);
    for (const key of ['docker.enabled', 'kill.confirm']) await set(key, undefined);
    await run('workbench.action.closeAllEditors');
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** Resolves when the agent's journal tells of it. */
  async function journalled(agentId: string, what: string, accept: (text: string) => boolean): Promise<void> {
    const told = new Emitter<string>();
    const found = waitForEvent(told.event, accept, { timeoutMs: PATIENCE, what });
    const follower = await SessionFollower.open({
      folder: sessionsFolder(),
      agentId,
      onEvents: (events) => events.forEach((event) => told.fire(event.type === 'PROVIDER_EVENT_FORWARDED' ? (forwardedOf(event.providerEvent)?.kind ?? '') : event.type)),
    });
    await found.finally(() => follower.dispose());
  }

  it('records the agents of the window, and shows the timeline of one', async () => {
    const agentId = await run<string>(Commands.spawn, { runtime: 'local', provider: 'demo', attach: false, name: 'recorded', task: 'Greet', autopilot: true, env: { TMUX_AGENTS_DEMO_DELAY: '0' } });
    await journalled(agentId, 'the task', (kind) => kind === 'prompt');
    assert.equal(await run(Commands.showTimeline, { agentId }), agentId);
    await tabOpen('Timeline: recorded');
    assert.equal(await run(Commands.replay, { agentId }), agentId);
    await tabOpen('Replay: recorded');
    await run(Commands.kill, { agentId });
    await journalled(agentId, 'the end', (kind) => kind === 'SESSION_ENDED');
    await run('workbench.action.closeAllEditors');
    assert.equal(await run(Commands.showTimeline, agentId), agentId, 'also of an agent that is gone');
    await tabOpen('Timeline: recorded');
  });

  it('begins attempts for a caller, and fails for one that asks for nothing that can be', async () => {
    folder = mkdtempSync(join(tmpdir(), 'ta-attempts-'));
    writeFileSync(join(folder, 'a.txt'), 'one\n');
    for (const args of [['init', '-q', '-b', 'main'], ['add', '.'], ['-c', 'user.name=T', '-c', 'user.email=t@example.invalid', 'commit', '-qm', 'Begin']]) execFileSync('git', ['-C', folder, ...args]);
    const groupId = await run<string>(Commands.bestOf, { task: 'Name a tea', providers: ['demo', 'demo'], folder, env: { TMUX_AGENTS_DEMO_DELAY: '0' } });
    await tabOpen('Best of 2: Name a tea');
    assert.equal(await run(Commands.showBestOf, groupId), groupId);
    await assert.rejects(async () => run(Commands.bestOf, { task: 'x', providers: ['demo'] }), /providers/);
  });

  it('shows a commit that does not exist as what git says of it', async () => {
    assert.ok(folder !== undefined);
    const uri = vscode.Uri.from({ scheme: Schemes.commit, path: '/abcdef12.diff', query: JSON.stringify({ folder, sha: 'abcdef12' }) });
    const document = await vscode.workspace.openTextDocument(uri);
    assert.match(document.getText(), /git show failed/);
    assert.equal(document.languageId, 'diff');
  });
});
