// The journal of an agent's life, written by a face that follows: real tmux, the demo agent, real git; two faces, one of which writes; a writer that is killed.
import assert from 'node:assert/strict';
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor, waitForEvent } from '../../../src/base/wait.ts';
import { Emitter } from '../../../src/base/event.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { forwardedOf, type ForwardedEvent } from '../../../src/protocol/forwardedEvent.ts';
import type { RunnerEvent } from '../../../src/protocol/runnerEvent.ts';
import { createRuntimeManager, type Managed } from '../../../src/runner/createRuntimeManager.ts';
import { recordSessions } from '../../../src/runner/recordSessions.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { castFrames } from '../../../src/sessions/recording/castFrames.ts';
import { goneSessions } from '../../../src/sessions/recorder/goneSessions.ts';
import { sessionsFolder } from '../../../src/sessions/recorder/sessionFolders.ts';
import type { SessionRecorder } from '../../../src/sessions/recorder/sessionRecorder.ts';
import { readSessions, SessionFollower } from '../../../src/sessions/timeline/followSessions.ts';
import { agentWhen } from '../../support/agentWaits.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';

const PATIENCE = 30_000;

interface Face {
  readonly managed: Managed;
  readonly recorder: SessionRecorder;
  close(): Promise<void>;
}

describe('the recorder of sessions', function () {
  this.timeout(90_000);
  let home: TmuxHome;
  let folder: string;
  let faces: Face[] = [];
  let count = 0;

  before(function () {
    needs(this, 'tmux', 'git');
    home = makeTmuxHome();
    folder = join(home.directory, 'project');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.txt'), 'one\n');
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-qm', 'Begin');
  });
  afterEach(async () => {
    const [face] = faces;
    if (face !== undefined) for (const agent of await face.managed.manager.listAllAgents()) await face.managed.manager.killAgent(agent.handle, { graceMs: 0 });
    for (const open of faces) await open.close();
    faces = [];
  });
  after(() => home?.end());

  function git(...args: string[]): void {
    execFileSync('git', ['-C', folder, '-c', 'user.name=T', '-c', 'user.email=t@example.invalid', ...args], { stdio: 'ignore' });
  }

  function openFace(socketName = 'recorded'): Face {
    const managed = createRuntimeManager(parseConfig({ runtimes: { docker: false, local: { socketName } } }, 'the test'), { face: 'test' });
    const { manager, status, approvals, prompts, conversations, rules } = managed;
    const following = [manager.watch(), status.follow(), approvals.follow(), prompts.follow()];
    const recorder = recordSessions(managed);
    const face: Face = {
      managed,
      recorder,
      async close() {
        await recorder.close();
        for (const one of following) one.dispose();
        for (const part of [prompts, approvals, conversations, status, rules, manager]) part.dispose();
      },
    };
    faces.push(face);
    return face;
  }

  async function spawnDemo({ managed: { manager } }: Face, task?: string): Promise<AgentInfo> {
    const agentId = `demo-${process.pid}-${++count}`;
    await manager.spawnAgent('local', { agentId, aiProvider: 'demo', autoPilot: false, workingDirectory: folder, env: { TMUX_AGENTS_DEMO_DELAY: '0' }, ...(task === undefined ? {} : { task }) });
    return agentWhen(manager, agentId, ({ status }) => status === 'running');
  }

  /** The agent's events once one of them is what is wanted, read as any face reads them. */
  async function eventsWhen(agentId: string, accept: (event: RunnerEvent) => boolean, what: string): Promise<readonly RunnerEvent[]> {
    const all: RunnerEvent[] = [];
    const seen = new Emitter<void>();
    const found = waitForEvent(seen.event, () => all.some(accept), { timeoutMs: PATIENCE, what });
    const follower = await SessionFollower.open({ folder: sessionsFolder(), agentId, onEvents: (events) => { all.push(...events); seen.fire(); } });
    try {
      if (all.some(accept)) found.catch(() => undefined);
      else await found;
      return all;
    } catch (error) {
      throw new Error(`${String(error)}; there were ${all.map(told).join(', ')}`, { cause: error });
    } finally {
      follower.dispose();
    }
  }

  const forwards = <K extends ForwardedEvent['kind']>(event: RunnerEvent, kind: K): Extract<ForwardedEvent, { readonly kind: K }> | undefined => {
    const forwarded = event.type === 'PROVIDER_EVENT_FORWARDED' ? forwardedOf(event.providerEvent) : undefined;
    return forwarded?.kind === kind ? (forwarded as Extract<ForwardedEvent, { readonly kind: K }>) : undefined;
  };
  const told = (event: RunnerEvent): string => (event.type === 'PROVIDER_EVENT_FORWARDED' ? forwardedOf(event.providerEvent)?.kind ?? '?' : event.type === 'SESSION_STATE_CHANGED' ? event.newState : event.type);
  const inOrder = (events: readonly RunnerEvent[]): void => assert.deepEqual(events.map(({ seq }) => seq), events.map((_, index) => index + 1), 'numbered without a gap');
  const answer = async ({ managed: { approvals } }: Face, agent: AgentInfo, type: 'approve' | 'deny'): Promise<void> => {
    const fits = (): boolean => approvals.of(agent.handle)?.answers.approve === true;
    const asked = waitForEvent(approvals.onDidChange, () => fits(), { timeoutMs: PATIENCE, what: `${agent.agentId} to ask` });
    if (fits()) asked.catch(() => undefined);
    else await asked.catch(async (error: unknown) => { throw new Error(`${String(error)}; ${(await readSessions(sessionsFolder(), agent.agentId)).map((event) => JSON.stringify(event)).join('\n')}`, { cause: error }); });
    const approval = approvals.of(agent.handle);
    assert.ok(approval);
    await approvals.answer(approval, { type });
  };

  it('tells a whole life in order: task, approval, denial, prompt, commit, kill', async () => {
    const face = openFace();
    const agent = await spawnDemo(face, 'Greet everybody\nand the token is ghp_abcdefghijklmnopqrstuvwxyz012345');
    await answer(face, agent, 'approve');
    await eventsWhen(agent.agentId, ({ type }) => type === 'APPROVAL_RESOLVED', 'the approval');
    await face.managed.prompts.send(agent, 'Once more');
    await answer(face, agent, 'deny');
    await eventsWhen(agent.agentId, (event) => event.type === 'APPROVAL_RESOLVED' && event.decision === 'deny', 'the denial');
    writeFileSync(join(folder, 'a.txt'), 'one\ntwo\n');
    git('commit', '-qam', 'Count on');
    await eventsWhen(agent.agentId, (event) => forwards(event, 'commit') !== undefined, 'the commit');
    await face.managed.manager.killAgent(agent.handle);
    const events = await eventsWhen(agent.agentId, ({ type }) => type === 'SESSION_ENDED', 'the end');

    inOrder(events);
    const kinds = events.map(told);
    assert.equal(kinds[0], 'SESSION_STARTED');
    assert.equal(kinds[1], 'agent');
    const asked = events.flatMap((event) => (event.type === 'APPROVAL_REQUESTED' ? [event.approval] : []));
    assert.deepEqual(asked.map(({ context, risk }) => [context?.['command'], risk]), [['npm test', asked[0]?.risk], ['npm test', asked[0]?.risk]]);
    assert.notEqual(asked[0]?.approvalId, asked[1]?.approvalId, 'the same request again is another one');
    const resolved = events.flatMap((event) => (event.type === 'APPROVAL_RESOLVED' ? [event] : []));
    assert.deepEqual(resolved.map(({ approvalId, decision }) => [approvalId, decision]), [[asked[0]?.approvalId, 'allow'], [asked[1]?.approvalId, 'deny']]);
    const prompts = events.flatMap((event) => forwards(event, 'prompt') ?? []);
    assert.ok(prompts.some(({ from, text }) => from === 'task' && text.startsWith('Greet everybody\n')), JSON.stringify(prompts));
    assert.ok(prompts.some(({ from, text }) => from === 'queue' && text === 'Once more'), JSON.stringify(prompts));
    assert.ok(!JSON.stringify(events).includes('ghp_abcdef'), 'no secret is written down');
    assert.deepEqual(events.flatMap((event) => forwards(event, 'commit')?.subject ?? []), ['Count on']);
    const summary = events.findIndex(({ type }) => type === 'DIFF_SUMMARY');
    const last = events.at(-1);
    assert.ok(summary > 0 && summary < events.length - 1, 'the diff summary comes before the end');
    assert.ok(last?.type === 'SESSION_ENDED');
    assert.equal(last.finalState, 'COMPLETED');
    assert.equal(last.totalUsage.approvalsRequested, 2);
    let text = '';
    for await (const frame of castFrames(join(sessionsFolder(), agent.agentId, 'terminal.cast'))) if (frame.kind === 'output') text += frame.data;
    assert.match(text, /Greet everybody/);
    assert.match(text, /Not allowed/);
    assert.ok(!text.includes('ghp_abcdef'));
  });

  it('tells an exit code that is no success, as the failure that it is', async () => {
    const face = openFace();
    const agent = await spawnDemo(face);
    await face.managed.prompts.send(agent, '/fail', { patient: true }).catch(() => undefined);
    const events = await eventsWhen(agent.agentId, ({ type }) => type === 'SESSION_ENDED', 'the end');
    const last = events.at(-1);
    assert.ok(last?.type === 'SESSION_ENDED');
    assert.deepEqual([last.finalState, last.exitCode], ['FAILED', 3]);
    inOrder(events);
  });

  it('lets one of two faces write, and the other one go on when the first has closed', async () => {
    const [one, other] = [openFace(), openFace()];
    const agent = await spawnDemo(one, 'Greet');
    await eventsWhen(agent.agentId, ({ type }) => type === 'APPROVAL_REQUESTED', 'the request');
    assert.equal([one, other].filter(({ recorder }) => recorder.isWriter(agent)).length, 1);
    const [writer, reader] = one.recorder.isWriter(agent) ? [one, other] : [other, one];
    await answer(reader, agent, 'approve');
    await eventsWhen(agent.agentId, ({ type }) => type === 'APPROVAL_RESOLVED', 'the decision of the other face');
    await writer.recorder.close();
    await reader.managed.prompts.send(agent, 'Once more');
    const events = await eventsWhen(agent.agentId, (event) => forwards(event, 'prompt')?.text === 'Once more', 'the prompt');
    inOrder(events);
    assert.equal(events.filter(({ type }) => type === 'SESSION_STARTED').length, 1);
    assert.ok(reader.recorder.isWriter(agent));
  });

  it('ends the journal of an agent that went while no face looked, once it is certain that it is gone', async () => {
    const first = openFace();
    const agent = await spawnDemo(first, 'Greet');
    await eventsWhen(agent.agentId, ({ type }) => type === 'APPROVAL_REQUESTED', 'the request');
    await first.close();
    faces = [];
    execFileSync('tmux', ['-L', 'recorded', 'kill-server']);
    writeFileSync(join(folder, 'late.txt'), 'not in git\n');
    // The same id for another place: of what happened there it knows nothing.
    const elsewhere = openFace('elsewhere');
    assert.deepEqual(await goneSessions(sessionsFolder(), elsewhere.managed.manager), []);
    await elsewhere.close();
    faces = [];

    openFace();
    const events = await eventsWhen(agent.agentId, ({ type }) => type === 'SESSION_ENDED', 'the end');
    inOrder(events);
    const [summary, , , last] = events.slice(-4);
    assert.ok(summary?.type === 'DIFF_SUMMARY' && summary.files.some(({ path }) => path === 'late.txt'), JSON.stringify(events.slice(-4)));
    assert.ok(last?.type === 'SESSION_ENDED');
    assert.equal(last.finalState, 'FAILED');
    const before = events.findLast(({ type }) => type === 'APPROVAL_REQUESTED');
    assert.ok(last.totalDurationMs <= (before?.ts ?? 0) - Date.parse(agent.createdAt) + 5_000, 'what nobody saw is not counted');
    assert.deepEqual(await goneSessions(sessionsFolder(), { get: () => undefined, listByRuntime: () => assert.fail('nobody is asked where every journal has its end') }), []);
  });

  it('goes on with the next number in another face when the writer is killed', async () => {
    const child = fork(join(import.meta.dirname, 'recorderProcess.ts'), { env: { ...process.env, RECORDER_SOCKET: 'recorded' }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    try {
      await message(child, 'ready');
      const face = openFace();
      const agent = await spawnDemo(face, 'Greet');
      const before = await eventsWhen(agent.agentId, ({ type }) => type === 'APPROVAL_REQUESTED', 'the request');
      // Whoever was first writes: the child alone when this face lets go.
      await face.recorder.close();
      child.send(agent.agentId);
      await message(child, 'writes');
      const following = recordSessions(face.managed);
      child.kill('SIGKILL');
      await answer(face, agent, 'approve');
      const events = await eventsWhen(agent.agentId, ({ type }) => type === 'APPROVAL_RESOLVED', 'the decision');
      inOrder(events);
      assert.ok(events.length > before.length);
      assert.ok(following.isWriter(agent));
      await following.close();
      inOrder(await readSessions(sessionsFolder(), agent.agentId));
    } finally {
      child.kill('SIGKILL');
    }
  });

  function message(child: ChildProcess, wanted: string): Promise<void> {
    return waitFor(new Promise<void>((resolve) => child.on('message', (said) => said === wanted && resolve())), { timeoutMs: PATIENCE, what: `the other face to say "${wanted}"` });
  }
});
