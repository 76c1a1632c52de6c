// What agents do and ask, in a real extension host: told by the view, the notification and the status bar, answered by commands, explained.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Emitter } from '../../src/base/event.ts';
import { waitForEvent } from '../../src/base/wait.ts';
import type { ExtensionApi } from '../../src/extension/extension.ts';
import type { Fleet } from '../../src/extension/fleet.ts';
import { Commands, EXTENSION_ID, Schemes } from '../../src/extension/ids.ts';
import { requestKey } from '../../src/extension/inbox/announcements.ts';
import type { Explanation } from '../../src/providers/status/statusPort.ts';
import type { AgentInfo } from '../../src/runtimes/types.ts';
import type { PendingApproval } from '../../src/sessions/approvals/pendingApproval.ts';
import { needs } from '../support/requirements.ts';

/** Milliseconds that anything of these tests may take. */
const PATIENCE = 15_000;

describe('waiting agents in the extension host', () => {
  let api: ExtensionApi;
  let fleet: Fleet;
  const set = (key: string, value: unknown): Thenable<void> => vscode.workspace.getConfiguration('tmuxAgents').update(key, value, vscode.ConfigurationTarget.Global);
  const run = <T>(command: string, ...args: unknown[]): Thenable<T> => vscode.commands.executeCommand<T>(command, ...args);

  /** Waits until the window knows what is wanted, and gives it. */
  async function known<T>(look: () => T | undefined, what: string): Promise<T> {
    if (look() === undefined) await waitForEvent(fleet.onDidChange, () => look() !== undefined, { timeoutMs: PATIENCE, what });
    const value = look();
    assert.ok(value !== undefined);
    return value;
  }

  async function spawnDemo(name: string, task?: string): Promise<AgentInfo> {
    const agentId = await run<string>(Commands.spawn, { runtime: 'local', provider: 'demo', attach: false, name, env: { TMUX_AGENTS_DEMO_DELAY: '0' }, ...(task === undefined ? {} : { task }) });
    return known(() => fleet.snapshot.agents.find((agent) => agent.agentId === agentId), `the agent ${name}`);
  }

  const isIn = (agent: AgentInfo, state: string): Promise<true> => known(() => (fleet.statusOf(agent)?.state === state ? true : undefined), `${agent.name} to be ${state}, not ${fleet.statusOf(agent)?.state ?? 'unknown'}`);
  /** What it asks, once all of it is known: a source may tell of it before it is drawn. */
  const asks = (agent: AgentInfo): Promise<PendingApproval> =>
    known(() => fleet.pending.find(({ agent: { agentId }, answers }) => agentId === agent.agentId && (answers.approve || answers.options.length > 0)), `${agent.name} to ask`);
  const asksNothing = (agent: AgentInfo): Promise<true> => known(() => (fleet.pending.some((approval) => approval.agent.agentId === agent.agentId) ? undefined : true), `${agent.name} to ask nothing`);
  const prompt = (agent: AgentInfo, text: string): Thenable<void> => run(Commands.sendPrompt, { agentId: agent.agentId }, text);
  /** The notification and the status bar follow in the same turn of the event loop in which the window tells of a change. */
  async function told(count: number): Promise<void> {
    await known(() => (api.waiting.announced().length === count ? true : undefined), `a notification about ${count}, not ${fleet.pending.map((approval) => `${approval.agent.name} (${approval.id}: ${approval.text})`).join(', ')}`);
    assert.equal(api.waiting.counted(), count === 0 ? '' : `$(bell-dot) ${count} waiting`);
  }
  const screen = (agent: AgentInfo): Promise<string> => fleet.use((manager) => manager.readOutput(agent.handle, 'all'));

  /** Waits until the agent's screen shows the text; looks again at each output. */
  async function shows(agent: AgentInfo, text: string): Promise<void> {
    await fleet.use(async (manager) => {
      const pane = await manager.getPane(agent.handle);
      assert.ok(typeof pane === 'string');
      const seen = new Emitter<void>();
      const look = (): void => void manager.readOutput(agent.handle, 'all').then((shown) => (shown.includes(text) ? seen.fire() : undefined), () => undefined);
      const waiting = waitForEvent(seen.event, () => true, { timeoutMs: PATIENCE, what: `"${text}" on the screen of ${agent.name}` });
      const subscription = manager.getTmux(agent.handle).onPaneOutput(pane, look);
      look();
      await waiting.finally(() => subscription.dispose());
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
    for (const key of ['docker.enabled', 'kill.confirm', 'notifications.enabled']) await set(key, undefined);
    await run('workbench.action.closeAllEditors');
  });

  it('tells once that an agent asks, and what, and takes it back when it is approved', async () => {
    const agent = await spawnDemo('asks', 'Greet');
    const approval = await asks(agent);
    assert.equal(approval.kind, 'permission');
    assert.equal(approval.request.command, 'npm test');
    assert.equal(fleet.statusOf(agent)?.state, 'waiting');
    await told(1);
    assert.deepEqual(api.waiting.announced(), [requestKey(approval)]);
    await run(Commands.approve, { approvalId: approval.id });
    await asksNothing(agent);
    await isIn(agent, 'idle');
    assert.match(await screen(agent), /3 passed/);
    await told(0);
  });

  it('types nothing for a request that was answered in the terminal', async () => {
    const agent = await spawnDemo('answered elsewhere', 'Greet');
    const approval = await asks(agent);
    await fleet.use(async (manager) => {
      const pane = await manager.getPane(agent.handle);
      assert.ok(typeof pane === 'string');
      await manager.getTmux(agent.handle).sendLiteral(pane, 'n');
      await manager.getTmux(agent.handle).sendKeyNames(pane, ['Enter']);
    });
    await asksNothing(agent);
    await isIn(agent, 'idle');
    await told(0);
    // It says that it rests before it has drawn its prompt.
    await shows(agent, '›');
    const before = await screen(agent);
    await run(Commands.approve, { approvalId: approval.id });
    await run(Commands.deny, { approvalId: approval.id });
    assert.equal(await screen(agent), before);
  });

  it('denies with a note, which becomes the next prompt', async () => {
    const agent = await spawnDemo('denied', 'Greet');
    const approval = await asks(agent);
    await run(Commands.denyWithNote, { approvalId: approval.id }, 'Use the other one');
    await shows(agent, 'You asked:\nUse the other one');
    assert.match(await screen(agent), /Not allowed/);
    // The next turn asks for the same again: that is another request.
    const next = await asks(agent);
    assert.ok(next.since > approval.since);
    await run(Commands.approve, { approvalId: next.id, since: approval.since });
    assert.equal(fleet.statusOf(agent)?.state, 'waiting', 'an answer to the one before is none to this one');
    await run(Commands.approve, { approvalId: next.id });
    await asksNothing(agent);
  });

  it('answers a question by the label of an option', async () => {
    const agent = await spawnDemo('questions');
    await isIn(agent, 'idle');
    await prompt(agent, '/ask');
    const approval = await asks(agent);
    assert.equal(approval.kind, 'question');
    assert.deepEqual(approval.answers.options.map(({ label }) => label), ['Hello', 'Ahoy']);
    await run(Commands.answerQuestion, { approvalId: approval.id }, 'Ahoy');
    await asksNothing(agent);
    await isIn(agent, 'idle');
    assert.match(await screen(agent), /You chose Ahoy/);
  });

  it('shows a failed turn as an error, with its message', async () => {
    const agent = await spawnDemo('fails');
    await isIn(agent, 'idle');
    await prompt(agent, '/error');
    await isIn(agent, 'error');
    const status = fleet.statusOf(agent);
    assert.match(status?.state === 'error' ? status.message : '', /API Error/);
  });

  it('keeps what was chosen to be allowed unasked, for that agent alone', async () => {
    const [agent, other] = [await spawnDemo('trusted'), await spawnDemo('not trusted')];
    await run(Commands.autoApprove, { agentId: agent.agentId }, { categories: ['test'], commands: ['npm run lint *'] });
    const policyOf = (whose: AgentInfo) => fleet.use((_manager, { approvals }) => approvals.policies.of(whose));
    assert.deepEqual(await policyOf(agent), { categories: ['test'], commands: ['npm run lint *'], paths: [] });
    assert.deepEqual(await policyOf(other), { categories: [], commands: [], paths: [] });
  });

  it('has a risky wish approved only after a look at all of it', async () => {
    const agent = await spawnDemo('risky');
    await isIn(agent, 'idle');
    await prompt(agent, '/risky');
    const approval = await asks(agent);
    assert.equal(approval.request.command, 'rm -rf build');
    assert.equal(approval.risk.level, 'high');
    // VS Code shows no modal question to a test: it counts as a no.
    await run(Commands.approve, { approvalId: approval.id });
    assert.equal(fleet.statusOf(agent)?.state, 'waiting');
    await run(Commands.deny, { approvalId: approval.id });
    await asksNothing(agent);
  });

  it('explains a status in a report: who says what, and who was believed', async () => {
    const agent = await spawnDemo('explained', 'Greet');
    const approval = await asks(agent);
    // On a slow machine its screen may have been read before its own word.
    await known(() => (fleet.statusOf(agent)?.source === 'osc7501' ? true : undefined), 'its own word of it');
    const explanation = await run<Explanation>(Commands.explainStatus, { agentId: agent.agentId });
    assert.equal(explanation.status.state, 'waiting');
    assert.equal(explanation.status.source, 'osc7501');
    assert.ok(explanation.reasons.length > 0);
    const document = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === Schemes.report && uri.path === '/Status of explained.md');
    const report = document?.getText() ?? '';
    assert.match(report, /waits for your permission: .*npm test/);
    assert.match(report, /\| `osc7501` \(decides\) \|/);
    assert.match(report, /\| `screen` \|/);
    assert.match(report, /Allow\? \[y\/n\]/);
    await run(Commands.deny, { approvalId: approval.id });
    await asksNothing(agent);
  });

  it('gathers what several ask in one notification, and is silent when told to be', async () => {
    const agents = await Promise.all(['one', 'two', 'three'].map((name) => spawnDemo(name, 'Greet')));
    const approvals = await Promise.all(agents.map(asks));
    await told(3);
    assert.deepEqual([...api.waiting.announced()].sort(), approvals.map(requestKey).sort());
    await set('notifications.enabled', false);
    assert.deepEqual(api.waiting.announced(), []);
    assert.equal(api.waiting.counted(), '$(bell-dot) 3 waiting');
    await set('notifications.enabled', undefined);
    assert.equal(api.waiting.announced().length, 3);
    for (const approval of approvals) await run(Commands.deny, { approvalId: approval.id });
    for (const agent of agents) await asksNothing(agent);
    await told(0);
  });

  it('says why an agent cannot be resumed', async () => {
    const agent = await spawnDemo('still there');
    await assert.rejects(async () => run(Commands.resume, { agentId: agent.agentId }), /still running/);
    await assert.rejects(async () => run(Commands.resume, { agentId: 'never-was' }), /never-was/);
  });

  it('resumes the very conversation that an ended agent had', async () => {
    await set('providers', { talker: { argv: ['sh', '-c', 'echo "$*"; sleep 0.2; [ "$1" = --resume ] && exec cat', 'talker'], conversation: ['--conversation', '{session}'], resume: ['--resume', '{session}'] } });
    const agentId = await run<string>(Commands.spawn, { runtime: 'local', provider: 'talker', attach: false, name: 'talker' });
    const ended = await known(() => fleet.snapshot.agents.find((agent) => agent.agentId === agentId && agent.status === 'exited'), 'the agent to end');
    const conversation = /--conversation (\S+)/.exec(await screen(ended))?.[1] ?? '';
    assert.match(conversation, /^[0-9a-f-]{36}$/);
    assert.equal(await run(Commands.resume, { agentId }), agentId);
    const again = await known(() => fleet.snapshot.agents.find((agent) => agent.agentId === agentId && agent.status === 'running'), 'the agent to run again');
    assert.match(await screen(again), new RegExp(`--resume ${conversation}`));
    assert.equal(again.workingDirectory, ended.workingDirectory);
    await set('providers', undefined);
  });
});
