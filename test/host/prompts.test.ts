// Prompts from the editor, in a real extension host: a selection, a file, the problems of a file; to several agents; queued, moved, removed.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { waitForEvent } from '../../src/base/wait.ts';
import type { ExtensionApi } from '../../src/extension/extension.ts';
import type { Fleet } from '../../src/extension/fleet.ts';
import { Commands, EXTENSION_ID } from '../../src/extension/ids.ts';
import type { AgentInfo } from '../../src/runtimes/types.ts';
import { screenWith } from '../support/agentWaits.ts';
import { needs } from '../support/requirements.ts';

/** Milliseconds that anything of these tests may take. */
const PATIENCE = 15_000;

describe('prompts in the extension host', () => {
  let fleet: Fleet;
  let folder: string;
  const set = (key: string, value: unknown): Thenable<void> => vscode.workspace.getConfiguration('tmuxAgents').update(key, value, vscode.ConfigurationTarget.Global);
  const run = <T>(command: string, ...args: unknown[]): Thenable<T> => vscode.commands.executeCommand<T>(command, ...args);

  async function known<T>(look: () => T | undefined, what: string): Promise<T> {
    if (look() === undefined) await waitForEvent(fleet.onDidChange, () => look() !== undefined, { timeoutMs: PATIENCE, what });
    const value = look();
    assert.ok(value !== undefined);
    return value;
  }

  async function spawnDemo(name: string, wishes: object = { autopilot: true }): Promise<AgentInfo> {
    const agentId = await run<string>(Commands.spawn, { runtime: 'local', provider: 'demo', attach: false, name, folder, env: { TMUX_AGENTS_DEMO_DELAY: '0' }, ...wishes });
    return known(() => fleet.snapshot.agents.find((agent) => agent.agentId === agentId), `the agent ${name}`);
  }

  const isIn = (agent: AgentInfo, state: string): Promise<true> => known(() => (fleet.statusOf(agent)?.state === state ? true : undefined), `${agent.name} to be ${state}, not ${fleet.statusOf(agent)?.state ?? 'unknown'}`);
  const shows = (agent: AgentInfo, text: string): Promise<string> => fleet.use((manager) => screenWith(manager, agent.handle, text));
  const queued = (agent: AgentInfo): Promise<string[]> => fleet.use((_manager, { prompts }) => prompts.queueOf(agent).prompts.map(({ text }) => text));

  before(async function () {
    needs(this, 'tmux');
    const extension = vscode.extensions.getExtension<ExtensionApi>(EXTENSION_ID);
    assert.ok(extension);
    ({ fleet } = await extension.activate());
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
    writeFileSync(join(folder, 'greeting.ts'), "const one = 1;\nconst greeting = 'hello';\nconst three = 3;\n");
    await set('docker.enabled', false);
    await set('kill.confirm', false);
    await fleet.start();
  });

  after(async () => {
    await run(Commands.killAll);
    for (const key of ['docker.enabled', 'kill.confirm']) await set(key, undefined);
    await run('workbench.action.closeAllEditors');
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(from: [number, number], to: [number, number]): Promise<vscode.TextDocument> {
    const document = await vscode.workspace.openTextDocument(join(folder, 'greeting.ts'));
    await vscode.window.showTextDocument(document, { selection: new vscode.Range(...from, ...to) });
    return document;
  }

  it('give the selected lines, with where they are from', async () => {
    const agent = await spawnDemo('selection');
    await isIn(agent, 'idle');
    await open([1, 0], [2, 0]);
    await run(Commands.sendSelection, { agent: { agentId: agent.agentId }, request: 'What does this do?' });
    await shows(agent, "You asked:\nWhat does this do?\n\n`greeting.ts:2`:\n```typescript\nconst greeting = 'hello';\n```");
  });

  it('give a file by its name in the folder of the agent', async () => {
    const agent = await spawnDemo('file');
    await isIn(agent, 'idle');
    await open([0, 0], [0, 0]);
    await run(Commands.sendFile, { agent: agent.agentId, request: 'Read it.' });
    await shows(agent, 'You asked:\nRead it.\n\n`greeting.ts`');
  });

  it('give the problems of a file', async () => {
    const agent = await spawnDemo('problems');
    await isIn(agent, 'idle');
    const document = await open([0, 0], [0, 0]);
    const problems = vscode.languages.createDiagnosticCollection('test');
    try {
      const found = new vscode.Diagnostic(new vscode.Range(1, 6, 1, 14), "'greeting' is never used.", vscode.DiagnosticSeverity.Warning);
      found.source = 'test';
      problems.set(document.uri, [found]);
      await run(Commands.sendDiagnostics, { agent: { agentId: agent.agentId }, request: 'Fix it.' });
      await shows(agent, "- greeting.ts:2:7: warning: 'greeting' is never used. (test)");
    } finally {
      problems.dispose();
    }
    await assert.rejects(Promise.resolve(run(Commands.sendDiagnostics, { agent: { agentId: agent.agentId }, request: 'Fix it.' })), /no problems/);
  });

  it('wait while the agent asks something, are counted, and are given when it was answered', async () => {
    const agent = await spawnDemo('busy', { autopilot: false, task: 'first' });
    await isIn(agent, 'waiting');
    for (const text of ['second', 'third']) await run(Commands.sendPrompt, { agentId: agent.agentId }, text);
    assert.deepEqual(await queued(agent), ['second', 'third']);
    await known(() => (fleet.snapshot.queued?.get(`local/${agent.agentId}`) === 2 ? true : undefined), 'the count of what waits');
    await fleet.use((_manager, { prompts }) => prompts.move(agent, prompts.queueOf(agent).prompts[1]?.id ?? '', 1));
    const allow = (): Promise<void> => fleet.use(async (manager) => manager.getTmux(agent.handle).sendKeyNames(await manager.getPane(agent.handle), ['y', 'Enter']));
    await allow();
    // It asks in every turn.
    await shows(agent, 'You asked:\nthird');
    await isIn(agent, 'waiting');
    assert.deepEqual(await queued(agent), ['second']);
    await allow();
    await shows(agent, 'You asked:\nsecond');
    await known(() => (fleet.snapshot.queued?.get(`local/${agent.agentId}`) === undefined ? true : undefined), 'nothing to wait any more');
  });

  it('go to several agents at once', async () => {
    const agents = await Promise.all(['left', 'right'].map((name) => spawnDemo(name)));
    for (const agent of agents) await isIn(agent, 'idle');
    const rows = agents.map(({ agentId }) => ({ agentId }));
    await run(Commands.broadcast, rows[0], rows, 'to both of you');
    for (const agent of agents) await shows(agent, 'You asked:\nto both of you');
  });
});
