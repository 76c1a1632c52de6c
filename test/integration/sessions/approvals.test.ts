// Approvals with real tmux: dialogs answered by keys that are verified on the screen, the policy, the log, and two faces at once.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import { NO_POLICY, type ApprovalPolicy } from '../../../src/protocol/approvalPolicy.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { createRuntimeManager, type Managed } from '../../../src/runner/createRuntimeManager.ts';
import type { PendingApproval } from '../../../src/sessions/approvals/pendingApproval.ts';
import { SessionLog } from '../../../src/sessions/policy/sessionLog.ts';
import { screenWith } from '../../support/agentWaits.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';
import { dialogProgram } from './dialogProgram.ts';

describe('approvals on real terminals', () => {
  let home: TmuxHome;
  let faces: Managed[];
  let face: Managed;
  let following: { dispose(): void };
  let socketName: string;
  let count = 0;

  before(function () {
    needs(this, 'tmux');
    home = makeTmuxHome();
  });
  beforeEach(() => {
    faces = [];
    // The last one's server may be about to end.
    socketName = `approvals-${++count}`;
    face = openFace();
    following = face.approvals.follow();
  });
  afterEach(async () => {
    following?.dispose();
    for (const agent of await face.manager.listAllAgents()) await face.manager.killAgent(agent.handle, { graceMs: 0 });
    for (const { approvals, prompts, status, manager } of faces) {
      approvals.dispose();
      prompts.dispose();
      status.dispose();
      manager.dispose();
    }
  });
  after(() => home?.end());

  function openFace(auto?: Partial<ApprovalPolicy>): Managed {
    const opened = createRuntimeManager(parseConfig({ runtimes: { docker: false, local: { socketName } }, ...(auto === undefined ? {} : { approvals: { auto } }) }, 'the test'), { face: 'test' });
    faces.push(opened);
    return opened;
  }

  /** A program that shows these scenes, as an agent of Claude's. */
  async function play(...scenes: string[]): Promise<{ readonly agentId: string; readonly log: string; keys(): string[]; next(): void }> {
    const agentId = `dialog-${++count}`;
    const log = join(home.directory, `${agentId}.log`);
    await face.manager.spawnAgent('local', { agentId, aiProvider: 'claude', workingDirectory: home.directory, argv: ['sh', '-c', dialogProgram, 'dialogs', log, ...scenes] });
    return { agentId, log, keys: () => readFileSync(log, 'utf8').split('\n').filter((line) => line !== '').map((line) => line.slice('key='.length)), next: () => writeFileSync(`${log}.next`, '') };
  }

  /** What waits on the agent, once it can be answered. */
  async function asked(agentId: string, from = face, accept: (approval: PendingApproval) => boolean = () => true): Promise<PendingApproval> {
    const fits = (approval: PendingApproval): boolean => approval.agent.agentId === agentId && approval.answers.approve && accept(approval);
    const told = waitForEvent(from.approvals.onDidChange, ({ type, approval }) => type !== 'gone' && fits(approval), { timeoutMs: 10_000, what: `${agentId} to ask` });
    const known = from.approvals.pending.find(fits);
    if (known === undefined) return (await told).approval;
    told.catch(() => undefined);
    return known;
  }

  async function gone(agentId: string, from = face): Promise<void> {
    const told = waitForEvent(from.approvals.onDidChange, ({ type, approval }) => type === 'gone' && approval.agent.agentId === agentId, { timeoutMs: 10_000, what: `the request of ${agentId} to go` });
    if (from.approvals.pending.some(({ agent }) => agent.agentId === agentId)) await told;
    else told.catch(() => undefined);
  }

  const refused = (reason: string) => (error: unknown) => isAgentsError(error) && error.reason === reason;

  it('shows what is asked, with its risk, and answers it by the key of the option', async () => {
    const program = await play('bash:rm -rf build', 'idle');
    const approval = await asked(program.agentId);
    assert.deepEqual([approval.kind, approval.request.command, approval.risk.level], ['permission', 'rm -rf build', 'high']);
    const answered = await face.approvals.answer(approval, { type: 'approve' });
    assert.deepEqual([answered.way, program.keys(), face.approvals.pending], ['keys', ['1'], []]);
  });

  it('denies by the option for it, and confirms a default-No dialog only after moving away from No', async () => {
    const denied = await play('bash:npm test', 'idle');
    await face.approvals.answer(await asked(denied.agentId), { type: 'deny' });
    assert.deepEqual(denied.keys(), ['3']);
    const trust = await play('trust', 'idle');
    const approval = await asked(trust.agentId);
    assert.deepEqual([approval.kind, approval.risk.level], ['trust', 'high']);
    await face.approvals.answer(approval, { type: 'approve' });
    // Down, then Enter, one after the other or in one piece.
    assert.match(trust.keys().join(''), /^\u001b[[O]B/);
  });

  it('types nothing when the dialog has gone', async () => {
    const program = await play('bash:npm test', 'idle', 'idle');
    const approval = await asked(program.agentId);
    following.dispose();
    const shown = waitForEvent(face.status.onDidChangeStatus, ({ status }) => status.state === 'idle', { timeoutMs: 10_000, what: 'idle' });
    const still = face.status.follow();
    program.next();
    await shown;
    still.dispose();
    await assert.rejects(face.approvals.answer(approval, { type: 'approve' }), refused('answered-already'));
    assert.deepEqual(program.keys(), []);
    following = face.approvals.follow();
  });

  it('types nothing when another dialog has taken its place', async () => {
    const program = await play('bash:npm test', 'bash:rm -rf /', 'idle');
    const approval = await asked(program.agentId);
    const replaced = asked(program.agentId, face, ({ request }) => request.command === 'rm -rf /');
    program.next();
    const other = await replaced;
    await assert.rejects(face.approvals.answer(approval, { type: 'approve' }), refused('stale'));
    assert.deepEqual(program.keys(), []);
    await face.approvals.answer(other, { type: 'deny' });
    assert.deepEqual(program.keys(), ['3']);
  });

  it('does not take a dialog that a conversation quotes for one that asks', async () => {
    const program = await play('quote');
    await waitForEvent(face.status.onDidChangeStatus, ({ agent, status }) => agent.agentId === program.agentId && status.state === 'idle', { timeoutMs: 10_000, what: 'idle' });
    assert.deepEqual(face.approvals.pending, []);
    const approval: PendingApproval = { ...(await asked((await play('bash:npm test')).agentId)) };
    const agent = (await face.manager.listAllAgents()).find(({ agentId }) => agentId === program.agentId);
    assert.ok(agent);
    await assert.rejects(face.approvals.answer({ ...approval, id: 'other', agent }, { type: 'approve' }), refused('answered-already'));
    assert.deepEqual(program.keys(), []);
  });

  it('goes when it is answered in the terminal, in every face', async () => {
    const other = openFace();
    const alsoFollowing = other.approvals.follow();
    try {
      const program = await play('bash:npm test', 'idle');
      const [approval] = await Promise.all([asked(program.agentId), asked(program.agentId, other)]);
      home.tmux(socketName, 'send-keys', '-t', String(approval.agent.handle.data['paneId']), '1');
      await Promise.all([gone(program.agentId), gone(program.agentId, other)]);
      assert.deepEqual([face.approvals.pending, other.approvals.pending], [[], []]);
    } finally {
      alsoFollowing.dispose();
    }
  });

  it('lets one of two faces answer; the other is told who did', async () => {
    const other = openFace();
    const alsoFollowing = other.approvals.follow();
    try {
      const program = await play('bash:npm test', 'idle', 'idle');
      const approvals = await Promise.all([asked(program.agentId), asked(program.agentId, other)]);
      assert.equal(approvals[0].id, approvals[1].id);
      const outcomes = await Promise.allSettled([face.approvals.answer(approvals[0], { type: 'approve' }), other.approvals.answer(approvals[1], { type: 'deny' })]);
      const lost = outcomes.find((outcome) => outcome.status === 'rejected');
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.ok(lost !== undefined && isAgentsError(lost.reason, 'answered-already'), String(lost?.reason));
      assert.equal(program.keys().length, 1, 'one key was pressed');
    } finally {
      alsoFollowing.dispose();
    }
  });

  it('writes every decision into the log of the session', async () => {
    const program = await play('bash:deploy --token swordfish', 'idle');
    await face.approvals.answer(await asked(program.agentId), { type: 'deny' });
    const [record] = await new SessionLog().latest(program.agentId);
    assert.deepEqual([record?.by, record?.face, record?.decision, record?.way, record?.outcome, record?.request?.command], ['person', 'test', 'deny', 'keys', 'done', 'deploy --token [removed]']);
  });

  it('makes a rule of this session of "always" where the CLI has none, here only for the commands named', async () => {
    const { agentId } = await demo();
    const approval = await asked(agentId);
    assert.equal(approval.answers.always, true);
    const answered = await face.approvals.answer(approval, { type: 'always' });
    assert.equal(answered.ruleAdded, true);
    assert.deepEqual(await face.approvals.policies.of(approval.agent), { ...NO_POLICY, commands: ['npm test'] });
  });

  it('sends the note of a denial as the next prompt where a dialog takes none', async () => {
    const { agentId } = await demo();
    const approval = await asked(agentId);
    const answered = await face.approvals.answer(approval, { type: 'deny', note: 'use make instead' });
    assert.equal(answered.note, 'after');
    await screenWith(face.manager, approval.agent.handle, 'You asked:\nuse make instead');
  });

  it('a note whose agent ends before it comes to rest is told to be lost, at once', async () => {
    const { agentId } = await play('bash:npm test', 'work');
    const approval = await asked(agentId);
    const began = performance.now();
    const answering = face.approvals.answer(approval, { type: 'deny', note: 'use make instead' });
    answering.catch(() => undefined);
    const gone = waitForEvent(face.approvals.onDidChange, ({ type }) => type === 'gone', { timeoutMs: 10_000, what: 'the answer' });
    await gone;
    await face.manager.killAgent(approval.agent.handle, { graceMs: 0 });
    await assert.rejects(answering, (error) => isAgentsError(error, 'unsupported') && /without the note/.test(error.message));
    assert.ok(performance.now() - began < 14_000, 'it does not wait for the rest of who is gone');
  });

  it('a note ends with its face', async () => {
    const { agentId } = await play('bash:npm test', 'work');
    const other = openFace();
    const alsoFollowing = other.approvals.follow();
    const approval = await asked(agentId, other);
    const gone = waitForEvent(other.approvals.onDidChange, ({ type }) => type === 'gone', { timeoutMs: 10_000, what: 'the answer' });
    const answering = other.approvals.answer(approval, { type: 'deny', note: 'use make instead' });
    answering.catch(() => undefined);
    await gone;
    alsoFollowing.dispose();
    other.approvals.dispose();
    await assert.rejects(answering, (error) => isAgentsError(error, 'cancelled') && /without the note/.test(error.message));
  });

  it('answers nothing while its agent is paused, from whichever face', async () => {
    const program = await play('bash:npm test', 'idle');
    const approval = await asked(program.agentId);
    const elsewhere = openFace();
    const agents = await elsewhere.manager.listAllAgents();
    const [same] = agents.filter(({ agentId }) => agentId === program.agentId);
    assert.ok(same);
    await elsewhere.manager.pauseAgent(same.handle);
    await assert.rejects(face.approvals.answer(approval, { type: 'approve' }), (error) => isAgentsError(error, 'unsupported') && /is paused/.test(error.message));
    assert.deepEqual(program.keys(), []);
    await elsewhere.manager.resumeAgent(same.handle);
    await face.approvals.answer(approval, { type: 'approve' });
  });

  it('never lets the policy answer by what only a screen shows', async () => {
    const lenient = openFace({ commands: ['npm test'], categories: ['run', 'test'] });
    const alsoFollowing = lenient.approvals.follow();
    try {
      const program = await play('bash:npm test', 'idle');
      const approval = await asked(program.agentId, lenient);
      assert.deepEqual([program.keys(), approval.told], [[], undefined]);
    } finally {
      alsoFollowing.dispose();
    }
  });

  async function demo(): Promise<{ readonly agentId: string }> {
    const agentId = `demo-${++count}`;
    await face.manager.spawnAgent('local', { agentId, aiProvider: 'demo', workingDirectory: home.directory, task: 'hello', env: { TMUX_AGENTS_DEMO_DELAY: '0' } });
    return { agentId };
  }
});
