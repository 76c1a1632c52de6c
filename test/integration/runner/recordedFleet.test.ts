// An editor's agents through a hub's socket: rows out of what the face knows, events out of the recorder's journals, answers, prompts, the terminal.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Emitter } from '../../../src/base/event.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import type { SessionRequest } from '../../../src/protocol/hubWire/extension.ts';
import type { SharedSession } from '../../../src/protocol/hubWire/sharedSession.ts';
import { createRuntimeManager, type Managed } from '../../../src/runner/createRuntimeManager.ts';
import { HubLink } from '../../../src/runner/hubLink/hubLink.ts';
import { recordSessions } from '../../../src/runner/recordSessions.ts';
import { RecordedFleet, type KnownAgents } from '../../../src/runner/sharedAgents/recordedFleet.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { readJournal } from '../../../src/sessions/journal/readJournal.ts';
import { sessionsFolder } from '../../../src/sessions/recorder/sessionFolders.ts';
import type { SessionRecorder } from '../../../src/sessions/recorder/sessionRecorder.ts';
import { agentWhen } from '../../support/agentWaits.ts';
import { needs } from '../../support/requirements.ts';
import { SibylServer } from '../../support/sibylServer.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';

describe("a face's agents at a hub", function () {
  this.timeout(120_000);
  let home: TmuxHome;
  let folder: string;
  let managed: Managed;
  let recorder: SessionRecorder;
  let following: { dispose(): void }[];
  let fleet: RecordedFleet;
  let link: HubLink;
  let server: SibylServer;
  let asked = 0;
  let agents = 0;

  before(function () {
    needs(this, 'tmux', 'git');
    home = makeTmuxHome();
    folder = join(home.directory, 'project');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.txt'), 'one\n');
    for (const args of [['init', '-q', '-b', 'main'], ['add', '.'], ['commit', '-qm', 'Begin']]) execFileSync('git', ['-C', folder, '-c', 'user.name=T', '-c', 'user.email=t@example.invalid', ...args], { stdio: 'ignore' });
  });
  after(() => home?.end());

  async function open(terminals = true): Promise<void> {
    managed = createRuntimeManager(parseConfig({ runtimes: { docker: false, local: { socketName: 'shared' } } }, 'the test'), { face: 'test' });
    const { manager, status, approvals, prompts } = managed;
    following = [manager.watch(), status.follow(), approvals.follow(), prompts.follow()];
    recorder = recordSessions(managed);
    fleet = new RecordedFleet({ agents: await known(managed), terminals, gatherMs: 5 });
    server = await SibylServer.open();
    link = new HubLink({ serverUrl: server.url, runnerId: 'window', token: 't', fleet, timers: { firstMs: 50, longestMs: 200, gatherMs: 5, rowsMs: 5 } });
    link.start();
    await server.frame('hello');
  }

  /** As the editor's Fleet keeps it. */
  async function known({ manager, status, approvals, prompts }: Managed): Promise<KnownAgents> {
    const changed = new Emitter<void>();
    const byId = new Map<string, AgentInfo>((await manager.listAllAgents()).map((agent) => [agent.agentId, agent]));
    manager.onDidChangeAgents(({ type, agent }) => {
      if (type === 'gone') byId.delete(agent.agentId);
      else byId.set(agent.agentId, agent);
      changed.fire();
    });
    status.onDidChangeStatus(() => changed.fire());
    approvals.onDidChange(() => changed.fire());
    prompts.onDidChange(() => changed.fire());
    return {
      list: () => [...byId.values()].map((agent) => ({ agent, status: status.statusOf(agent.handle), queued: prompts.queueOf(agent).prompts.length })),
      pending: () => approvals.pending,
      onDidChange: changed.event,
      use: async (work) => work(manager, managed),
    };
  }

  afterEach(async () => {
    link.dispose();
    fleet.dispose();
    await server.close();
    const { manager, status, approvals, prompts, conversations, rules } = managed;
    for (const agent of await manager.listAllAgents()) await manager.killAgent(agent.handle, { graceMs: 0 });
    await recorder.close();
    for (const one of following) one.dispose();
    for (const part of [prompts, approvals, conversations, status, rules, manager]) part.dispose();
  });

  async function demo(task?: string): Promise<string> {
    const agentId = `shared-${process.pid}-${++agents}`;
    await managed.manager.spawnAgent('local', { agentId, aiProvider: 'demo', autoPilot: false, workingDirectory: folder, env: { TMUX_AGENTS_DEMO_DELAY: '0' }, ...(task === undefined ? {} : { task }) });
    await agentWhen(managed.manager, agentId, ({ status }) => status === 'running');
    return agentId;
  }

  const row = (id: string, fits: (row: SharedSession) => boolean, what: string): Promise<SharedSession> =>
    server.until(() => {
      const found = server.memory.rows.get(id);
      return found !== undefined && fits(found) && found;
    }, `${what}; its row: ${JSON.stringify(server.memory.rows.get(id))}`);

  async function ask(sessionId: string, request: SessionRequest): Promise<unknown> {
    const id = `q-${++asked}`;
    server.runner.send({ type: 'request', id, session_id: sessionId, request, by: 'ann' });
    const answer = await server.until(() => server.runner.frames.find((frame) => (frame.type === 'response' || frame.type === 'response_error') && frame.id === id), `the answer to ${request.method}`);
    return answer.type === 'response_error' ? answer.error : answer.type === 'response' ? answer.result : undefined;
  }

  it('tells of an agent, what it asks, takes the answer, and brings its journal whole', async () => {
    await open();
    const id = await demo('Do the thing\nwell');
    const waiting = await row(id, ({ asks }) => asks.some(({ answerable, kind }) => answerable && kind === 'permission'), 'a permission');
    assert.deepEqual([waiting.name, waiting.provider_id, waiting.title, waiting.state, waiting.workspace, waiting.terminal], [id, 'demo', 'Do the thing', 'WAITING_FOR_APPROVAL', folder, true]);
    const askId = waiting.asks[0]?.id ?? '';
    assert.equal((await ask(id, { method: 'answer', ask_id: askId }) as { reason: string }).reason, 'bad-input');
    assert.equal(await ask(id, { method: 'answer', ask_id: askId, decision: 'allow' }), undefined);
    await row(id, ({ asks, status }) => asks.length === 0 && status.state === 'idle', 'its turn to be over');
    assert.equal((await ask(id, { method: 'answer', ask_id: askId, decision: 'allow' }) as { reason: string }).reason, 'answered-already');
    assert.equal(await ask(id, { method: 'kill' }), undefined);
    const ended = await row(id, ({ ended_at: at }) => at !== undefined, 'its end');
    assert.deepEqual([ended.state, ended.terminal, ended.status.state], ['COMPLETED', false, 'exited']);
    await server.until(() => server.memory.events.get(id)?.at(-1)?.type === 'SESSION_ENDED', 'its last event');
    const journal = [];
    for await (const event of readJournal(join(sessionsFolder(), id))) journal.push(event);
    assert.deepEqual(server.memory.events.get(id), JSON.parse(JSON.stringify(journal)));
    assert.deepEqual([server.faults, server.memory.doubles, server.memory.gaps], [[], 0, 0]);
    assert.equal((await ask(id, { method: 'prompt', text: 'more' }) as { reason: string }).reason, 'unsupported');
  });

  it('gives prompts, shows the queue, the work and the terminal', async () => {
    await open();
    const id = await demo();
    await row(id, ({ status }) => status.state === 'idle' || status.state === 'waiting', 'it to be up');
    writeFileSync(join(folder, 'a.txt'), 'two\n');
    const { diff } = (await ask(id, { method: 'diff' })) as { diff: string };
    assert.match(diff, /-one\n\+two/);
    const { runner } = server;
    const shown = (): string => runner.frames.flatMap((frame) => (frame.type === 'terminal' && frame.session_id === id ? [frame.data] : [])).join('');
    runner.send({ type: 'terminal_open', session_id: id });
    await server.frame('terminal', ({ reset }) => reset === true);
    assert.equal(await ask(id, { method: 'prompt', text: 'say the magic word' }), undefined);
    await server.until(() => shown().includes('magic word'), 'the prompt in the terminal');
    assert.ok(Array.isArray(await ask(id, { method: 'queue' })));
    assert.equal((await ask(id, { method: 'command', command: { type: 'START', config: {} } } as unknown as SessionRequest) as { reason: string }).reason, 'bad-input');
    for (const agent of await managed.manager.listAllAgents()) await managed.manager.killAgent(agent.handle, { graceMs: 0 });
    await server.frame('terminal_ended');
  });

  it('takes up at a hub that was away, and knows what went on without it', async () => {
    await open(false);
    const { memory, port } = server;
    const id = await demo('First');
    await row(id, ({ asks }) => asks.length === 1, 'a question');
    await server.close();
    const pending = managed.approvals.pending.find(({ agent }) => agent.agentId === id);
    assert(pending !== undefined);
    await managed.approvals.answer(pending, { type: 'approve' });
    server = await SibylServer.open({ port, memory });
    await row(id, ({ asks, status }) => asks.length === 0 && status.state === 'idle', 'the answer');
    await server.until(() => memory.events.get(id)?.some(({ type }) => type === 'APPROVAL_RESOLVED'), 'the answer as an event');
    assert.equal(memory.rows.get(id)?.terminal, false);
    server.runner.send({ type: 'terminal_open', session_id: id });
    assert.match((await server.frame('terminal_ended')).reason ?? '', /not shared/);
    assert.deepEqual([memory.doubles, memory.gaps], [0, 0]);
  });
});
