// The extension's commands in a real extension host, on real tmux: spawn, see, attach, drive, kill.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Emitter } from '../../src/base/event.ts';
import { waitFor, waitForEvent } from '../../src/base/wait.ts';
import type { ExtensionApi } from '../../src/extension/extension.ts';
import type { Fleet } from '../../src/extension/fleet.ts';
import { Commands, EXTENSION_ID, Schemes } from '../../src/extension/ids.ts';
import { parseConfig } from '../../src/protocol/config.ts';
import { createRuntimeManager } from '../../src/runner/createRuntimeManager.ts';
import type { DoctorCheck } from '../../src/runner/doctor.ts';
import type { AgentInfo } from '../../src/runtimes/types.ts';
import { needs } from '../support/requirements.ts';

/** Milliseconds that anything of these tests may take. */
const PATIENCE = 15_000;

describe('agents in the extension host', () => {
  let api: ExtensionApi;
  let fleet: Fleet;
  const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('tmuxAgents');
  const set = (key: string, value: unknown): Thenable<void> => settings().update(key, value, vscode.ConfigurationTarget.Global);
  const run = <T>(command: string, ...args: unknown[]): Thenable<T> => vscode.commands.executeCommand<T>(command, ...args);

  /** Spawns a program as an agent and gives what the view knows of it. */
  async function spawn(request: Record<string, unknown>): Promise<AgentInfo> {
    const agentId = await run<string>(Commands.spawn, { runtime: 'local', attach: false, ...request });
    return known((agent) => agent.agentId === agentId);
  }

  /** Waits until the view knows an agent as wanted. */
  async function known(accept: (agent: AgentInfo) => boolean): Promise<AgentInfo> {
    const look = (): AgentInfo | undefined => fleet.snapshot.agents.find(accept);
    if (look() === undefined) await waitForEvent(fleet.onDidChange, () => look() !== undefined, { timeoutMs: PATIENCE, what: 'the agent as wanted' });
    const agent = look();
    assert.ok(agent);
    return agent;
  }

  async function gone(agent: AgentInfo): Promise<void> {
    const still = (): boolean => fleet.snapshot.agents.some(({ agentId }) => agentId === agent.agentId);
    if (still()) await waitForEvent(fleet.onDidChange, () => !still(), { timeoutMs: PATIENCE, what: `${agent.name} to be gone` });
  }

  /** Waits until the agent's screen shows the text; looks again at each output. */
  async function shows(agent: AgentInfo, text: string): Promise<string> {
    return fleet.use(async (manager) => {
      const pane = await manager.getPane(agent.handle);
      assert.ok(typeof pane === 'string');
      const tmux = manager.getTmux(agent.handle);
      let subscription: { dispose(): void } | undefined;
      const seen = new Promise<string>((resolve, reject) => {
        const look = (): void => void manager.readOutput(agent.handle, 'all').then((screen) => screen.includes(text) && resolve(screen), reject);
        subscription = tmux.onPaneOutput(pane, look);
        look();
      });
      return waitFor(seen, { timeoutMs: PATIENCE, what: `"${text}" on the screen of ${agent.name}` }).finally(() => subscription?.dispose());
    });
  }

  before(async function () {
    needs(this, 'tmux');
    const extension = vscode.extensions.getExtension<ExtensionApi>(EXTENSION_ID);
    assert.ok(extension);
    api = await extension.activate();
    fleet = api.fleet;
    await set('docker.enabled', false);
    await set('kill.confirm', false);
    await fleet.start();
  });

  after(async () => {
    await run(Commands.killAll);
    for (const key of ['docker.enabled', 'kill.confirm', 'kill.graceSeconds', 'view.groupBy']) await set(key, undefined);
    await run('workbench.action.closeAllEditors');
  });

  it('activates within 50 ms', () => {
    assert.ok(api.activationMs <= 50, `${api.activationMs} ms`);
  });

  it('has registered every command', async () => {
    const registered = await vscode.commands.getCommands(true);
    assert.deepEqual(Object.values(Commands).filter((id) => !registered.includes(id)), []);
  });

  it('spawns with arguments, returns the id, and gives the agent a name, a folder and a task', async () => {
    const agent = await spawn({ argv: ['cat'], task: 'Repeat after me\nline by line' });
    assert.equal(agent.status, 'running');
    assert.equal(agent.aiProvider, 'custom');
    assert.equal(agent.name, 'custom-1');
    assert.equal(agent.task, 'Repeat after me');
    assert.equal(agent.workingDirectory, vscode.workspace.workspaceFolders?.[0]?.uri.fsPath);
    assert.equal((await spawn({ argv: ['cat'] })).name, 'custom-2');
  });

  it('rejects what it cannot spawn, and leaves nothing', async () => {
    const before = fleet.snapshot.agents.length;
    await assert.rejects(async () => run(Commands.spawn, { provider: 'demo', folder: '/no/such/folder' }), /\/no\/such\/folder/);
    await assert.rejects(async () => run(Commands.spawn, { provider: 'nobody', runtime: 'local' }), /nobody/);
    await assert.rejects(async () => run(Commands.spawn, { provider: 'demo', runtime: 'nowhere' }), /nowhere/);
    await assert.rejects(async () => run(Commands.spawn, { colour: 'red' }), /colour/);
    await fleet.refresh();
    assert.equal(fleet.snapshot.agents.length, before);
  });

  it('shows a program that cannot be started as failed, with the reason', async () => {
    const agentId = await run<string>(Commands.spawn, { runtime: 'local', attach: false, argv: ['no-such-program-here'] });
    const failed = await known((agent) => agent.agentId === agentId && agent.status === 'failed');
    assert.match(failed.status === 'failed' ? failed.reason : '', /no-such-program-here/);
  });

  it('attaches a terminal with a real process, and reveals the same one the second time', async () => {
    const agent = await spawn({ argv: ['cat'], name: 'attached' });
    await run(Commands.attach, { agentId: agent.agentId });
    const terminal = vscode.window.terminals.find(({ name }) => name === 'attached');
    assert.ok(terminal);
    assert.ok(Number.isInteger(await terminal.processId));
    const count = vscode.window.terminals.length;
    await run(Commands.attachInEditor, agent.agentId);
    assert.equal(vscode.window.terminals.length, count);
    const pid = String(await terminal.processId);
    await fleet.use(async (manager) => {
      const tmux = manager.getTmux(agent.handle);
      const attached = new Emitter<void>();
      const look = (): void => void tmux.command(['list-clients', '-t', `=${agent.sessionName}`, '-F', '#{client_pid}']).then((clients) => clients.includes(pid) && attached.fire());
      const subscription = tmux.onDidNotify(look);
      const waiting = waitForEvent(attached.event, () => true, { timeoutMs: PATIENCE, what: `the terminal's process ${pid} to attach` });
      look();
      await waiting.finally(() => subscription.dispose());
    });
  });

  it('closes the terminal with the agent', async () => {
    const agent = await known(({ name }) => name === 'attached');
    const terminal = vscode.window.terminals.find(({ name }) => name === 'attached');
    assert.ok(terminal);
    const closed = new Promise<void>((resolve) => {
      const subscription = vscode.window.onDidCloseTerminal((other) => {
        if (other !== terminal) return;
        subscription.dispose();
        resolve();
      });
    });
    await run(Commands.kill, agent.agentId);
    await waitFor(closed, { timeoutMs: PATIENCE, what: 'the terminal to close' });
    await gone(agent);
  });

  it('sends a prompt as it is: quotes, dollars, a semicolon at the end', async () => {
    const agent = await spawn({ argv: ['cat'] });
    const prompt = `it's "quoted" \`and\` $(not run) ;`;
    await run(Commands.sendPrompt, { agentId: agent.agentId }, prompt);
    const screen = await shows(agent, prompt);
    // Once typed and once repeated by cat.
    assert.ok(screen.split(prompt).length >= 2, screen);
  });

  it('interrupts the turn without ending the agent', async () => {
    const agent = await spawn({ argv: ['sh', '-c', 'trap "echo interrupted" INT; echo ready; while read -r line; do echo "$line"; done; while :; do read -r line; done'] });
    await shows(agent, 'ready');
    await run(Commands.interrupt, agent.agentId);
    await shows(agent, 'interrupted');
    assert.equal((await known(({ agentId }) => agentId === agent.agentId)).status, 'running');
  });

  it('renames where the agent runs', async () => {
    const agent = await spawn({ argv: ['cat'] });
    await run(Commands.rename, agent.agentId, 'A better name: 100% "mine"');
    const renamed = await known(({ agentId, name }) => agentId === agent.agentId && name.startsWith('A better'));
    assert.equal(renamed.name, 'A better name: 100% "mine"');
    await assert.rejects(async () => run(Commands.rename, agent.agentId, ' '), /name/);
  });

  it('shows output as a read-only document, taken anew on refresh', async () => {
    const agent = await spawn({ argv: ['sh', '-c', 'for i in $(seq 1 200); do echo "line $i"; done; cat'] });
    await shows(agent, 'line 200');
    await run(Commands.showOutput, agent.agentId);
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.uri.scheme, Schemes.output);
    assert.match(document?.getText() ?? '', /line 1\n[^]*line 200/);
    await run(Commands.sendPrompt, agent.agentId, 'one more');
    await shows(agent, 'one more');
    const changed = new Promise<void>((resolve) => {
      const subscription = vscode.workspace.onDidChangeTextDocument(({ document: other }) => {
        if (other !== document || !other.getText().includes('one more')) return;
        subscription.dispose();
        resolve();
      });
    });
    await run(Commands.refreshOutput);
    await waitFor(changed, { timeoutMs: PATIENCE, what: 'the document to change' });
  });

  it('copies a command that attaches from any terminal', async () => {
    const agent = await spawn({ argv: ['cat'] });
    const line = await run<string>(Commands.copyAttachCommand, agent.agentId);
    assert.equal(await vscode.env.clipboard.readText(), line);
    assert.ok(line.startsWith('tmux ') && line.includes(agent.sessionName), line);
  });

  it('keeps what an ended agent printed, says its exit code, and removes it on demand', async () => {
    const agent = await spawn({ argv: ['sh', '-c', 'echo last words; exit 3'] });
    const ended = await known(({ agentId, status }) => agentId === agent.agentId && status === 'exited');
    assert.equal(ended.status === 'exited' ? ended.exitCode : undefined, 3);
    await run(Commands.showOutput, agent.agentId);
    assert.match(vscode.window.activeTextEditor?.document.getText() ?? '', /last words/);
    await run(Commands.removeFinished);
    await gone(agent);
  });

  it('goes on with its agents when settings make the runtimes anew', async () => {
    const agent = await spawn({ argv: ['cat'] });
    const lost: number[] = [];
    const subscription = fleet.onDidChange(() => {
      if (fleet.snapshot.agents.every(({ agentId }) => agentId !== agent.agentId)) lost.push(Date.now());
    });
    const added = waitForEvent(fleet.onDidChange, () => fleet.snapshot.runtimes.some(({ runtimeId }) => runtimeId === 'second'), { timeoutMs: PATIENCE, what: 'the new runtime' });
    await set('runtimes', { second: { type: 'local', socketName: 'tmux-agents-second' } });
    await added;
    await set('runtimes', undefined);
    await waitForEvent(fleet.onDidChange, () => fleet.snapshot.runtimes.length === 1, { timeoutMs: PATIENCE, what: 'the runtime to go' });
    subscription.dispose();
    assert.deepEqual(lost, []);
    await run(Commands.sendPrompt, agent.agentId, 'still here');
    await shows(agent, 'still here');
  });

  it('sees what another face spawns and kills', async () => {
    const { manager } = createRuntimeManager(parseConfig({ runtimes: { docker: false } }, 'a test'));
    try {
      const handle = await manager.spawnAgent('local', { agentId: 'from-elsewhere', aiProvider: 'custom', workingDirectory: '/', argv: ['cat'] });
      const agent = await known(({ agentId }) => agentId === 'from-elsewhere');
      assert.equal(agent.status, 'running');
      await manager.killAgent(handle);
      await gone(agent);
    } finally {
      manager.dispose();
    }
  });

  it('has a doctor that finds tmux and writes a report', async () => {
    const checks = await run<DoctorCheck[]>(Commands.doctor);
    assert.equal(checks.find(({ id }) => id === 'tmux')?.status, 'ok');
  });

  it('rejects a build with what is no package, before anything is built', async () => {
    await assert.rejects(async () => run(Commands.buildImage, { agents: ['--evil'] }), /--evil/);
  });

  it('groups by what is asked, and remembers it as a setting', async () => {
    await run(Commands.groupBy, 'status');
    assert.equal(settings().get('view.groupBy'), 'status');
  });

  it('kills many at once, and all', async () => {
    const agents = [await spawn({ argv: ['cat'] }), await spawn({ argv: ['cat'] })];
    const rows = agents.map(({ agentId }) => ({ agentId }));
    await run(Commands.kill, rows[0], rows);
    for (const agent of agents) await gone(agent);
    await run(Commands.killAll);
    assert.deepEqual(fleet.snapshot.agents, []);
  });
});

describe('agents in Docker, from the extension host', function () {
  this.timeout(60_000);
  let fleet: Fleet;

  before(async function () {
    needs(this, 'docker', 'image');
    const extension = vscode.extensions.getExtension<ExtensionApi>(EXTENSION_ID);
    assert.ok(extension);
    fleet = (await extension.activate()).fleet;
    await fleet.start();
  });

  it('spawns, attaches, prompts and kills', async () => {
    const agentId = await vscode.commands.executeCommand<string>(Commands.spawn, { runtime: 'docker', argv: ['cat'], name: 'in-a-box', attach: true, memory: '256m', cpus: 0.5 });
    const agent = fleet.find(`docker/${agentId}`);
    assert.equal(agent?.status, 'running');
    assert.ok(vscode.window.terminals.some(({ name }) => name === 'in-a-box'));
    await vscode.commands.executeCommand(Commands.sendPrompt, { agentId }, 'hello box');
    await fleet.use(async (manager) => assert.match(await manager.readOutput(agent.handle, 'all'), /hello box/));
    await vscode.workspace.getConfiguration('tmuxAgents').update('kill.confirm', false, vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand(Commands.kill, { agentId });
    assert.equal(fleet.find(`docker/${agentId}`), undefined);
    await vscode.workspace.getConfiguration('tmuxAgents').update('kill.confirm', undefined, vscode.ConfigurationTarget.Global);
  });
});
