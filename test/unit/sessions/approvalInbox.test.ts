// The inbox: once per request whoever tells of it, gone when it is answered anywhere, in order, and back when an answer was lost.
import assert from 'node:assert/strict';
import { Emitter } from '../../../src/base/event.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { AgentStatus, ApprovalRequest, StatusSource, WaitingKind } from '../../../src/protocol/agentStatus.ts';
import type { StatusChange, StatusPort } from '../../../src/providers/status/statusPort.ts';
import type { AgentChange, AgentInfo } from '../../../src/runtimes/types.ts';
import { ApprovalInbox, type InboxChange } from '../../../src/sessions/approvals/approvalInbox.ts';
import { describeApproval } from '../../../src/sessions/approvals/describeApproval.ts';
import type { PendingApproval } from '../../../src/sessions/approvals/pendingApproval.ts';
import { loadJudge } from '../../../src/sessions/policy/loadJudge.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';

interface Wait {
  readonly source?: StatusSource;
  readonly kind?: WaitingKind;
  readonly text?: string;
  readonly since?: number;
  readonly request?: ApprovalRequest;
}

function waiting({ source = 'hooks', kind = 'permission', text = 'Bash', since = 1, request }: Wait = {}): AgentStatus {
  return { state: 'waiting', kind, text, since, source, evidence: text, ...(request === undefined ? {} : { request }) };
}
const working: AgentStatus = { state: 'working', since: 2, source: 'hooks', evidence: '' };

describe('ApprovalInbox', () => {
  const [a1, a2] = [exampleAgent({ agentId: 'a1' }), exampleAgent({ agentId: 'a2' })];
  const statuses = new Emitter<StatusChange>();
  const agents = new Emitter<AgentChange>();
  let known: Map<string, AgentStatus>;
  let settled: PendingApproval[];
  let settle: (approval: PendingApproval) => boolean;
  let inbox: ApprovalInbox;
  let told: string[];
  let following: { dispose(): void };

  beforeEach(() => {
    known = new Map();
    settled = [];
    settle = () => false;
    told = [];
    const status: StatusPort = {
      onDidChangeStatus: statuses.event,
      onDidTellConversation: new Emitter<never>().event,
      statusOf: (agent) => known.get(agent.agentId),
      follow: () => ({ dispose: () => undefined }),
      look: () => Promise.resolve(new Map()),
      explain: () => Promise.reject(new Error('not asked for')),
      screen: () => Promise.resolve(''),
    };
    inbox = new ApprovalInbox({
      status,
      onDidChangeAgents: agents.event,
      agents: () => Promise.resolve([a1, a2]),
      describe: async (agent, waitingStatus, id, whole) => describeApproval({ agent, status: waitingStatus, id, told: whole, workspace: '/work', shown: undefined, ownWay: true, takesWords: false, judge: await loadJudge() }),
      settle: (approval) => {
        settled.push(approval);
        const done = settle(approval);
        if (done) inbox.answered(approval);
        return Promise.resolve(done);
      },
    });
    inbox.onDidChange(({ type, approval }) => told.push(`${type} ${approval.agent.agentId} ${approval.request.command ?? approval.text}`));
    following = inbox.follow();
  });
  afterEach(() => {
    following.dispose();
    inbox.dispose();
  });

  const change = (type: InboxChange['type']) => waitForEvent(inbox.onDidChange, (one) => one.type === type, { timeoutMs: 2_000, what: type });
  async function tell(agent: AgentInfo, status: AgentStatus, type: InboxChange['type']): Promise<PendingApproval> {
    const changed = change(type);
    statuses.fire({ agent, status, before: undefined });
    return (await changed).approval;
  }

  it('tells of a request once, whichever sources speak of it', async () => {
    await tell(a1, waiting({ source: 'hooks', request: { id: 'toolu_1', tool: 'Bash', command: 'npm test' } }), 'appeared');
    await tell(a1, waiting({ source: 'osc7501', text: 'approve Bash: npm test' }), 'changed');
    const last = await tell(a1, waiting({ source: 'screen', text: 'Do you want to proceed?', request: { id: 'screen-1', command: 'npm  test' } }), 'changed');
    assert.deepEqual(told.map((line) => line.split(' ')[0]), ['appeared', 'changed', 'changed']);
    assert.equal(inbox.pending.length, 1);
    assert.deepEqual([last.request.id, last.request.tool], ['toolu_1', 'Bash'], 'what the hook told is kept');
  });

  it('knows another request by its id, its command or its path, even while the agent goes on waiting', async () => {
    const [one, other] = [{ id: '1', command: 'ls' }, { id: '2', command: 'ls' }];
    await tell(a1, waiting({ request: one }), 'appeared');
    await tell(a1, waiting({ request: other }), 'appeared');
    await tell(a1, waiting({ source: 'screen', request: { id: 'screen-9', command: 'rm x' } }), 'appeared');
    assert.deepEqual(told, ['appeared a1 ls', 'gone a1 ls', 'appeared a1 ls', 'gone a1 ls', 'appeared a1 rm x']);
    assert.deepEqual(inbox.pending.map(({ request }) => request.command), ['rm x']);
  });

  it('forgets it when the agent goes on or goes away: it was answered elsewhere', async () => {
    await tell(a1, waiting(), 'appeared');
    await tell(a1, working, 'gone');
    await tell(a1, waiting({ since: 5 }), 'appeared');
    const gone = change('gone');
    agents.fire({ type: 'gone', agent: a1 });
    await gone;
    assert.deepEqual([inbox.pending, inbox.of(a1.handle)], [[], undefined]);
  });

  it('keeps the order in which it was asked', async () => {
    await tell(a2, waiting({ since: 20 }), 'appeared');
    await tell(a1, waiting({ since: 10 }), 'appeared');
    assert.deepEqual(inbox.pending.map(({ agent }) => agent.agentId), ['a1', 'a2']);
    assert.equal(inbox.of(a2.handle)?.since, 20);
  });

  it('is empty at once for people who answer, and does not take an echo for a new request', async () => {
    const approval = await tell(a1, waiting({ request: { id: '1', command: 'ls' } }), 'appeared');
    inbox.answered(approval);
    assert.deepEqual([inbox.pending, told.at(-1)], [[], 'gone a1 ls']);
    statuses.fire({ agent: a1, status: waiting({ source: 'screen', request: { id: 'screen-1', command: 'ls' } }), before: undefined });
    await tell(a2, waiting(), 'appeared');
    assert.deepEqual(inbox.pending.map(({ agent }) => agent.agentId), ['a2']);
    statuses.fire({ agent: a1, status: working, before: undefined });
    assert.equal(told.filter((line) => line.startsWith('gone a1')).length, 1, 'gone is told once');
  });

  it('tells nobody of what the policy answers, and everybody of what it cannot', async () => {
    settle = ({ request }) => request.command === 'ls';
    statuses.fire({ agent: a1, status: waiting({ request: { id: '1', command: 'ls' } }), before: undefined });
    await tell(a2, waiting({ request: { id: '2', command: 'rm x' } }), 'appeared');
    assert.deepEqual([settled.length, told, inbox.pending.map(({ agent }) => agent.agentId)], [2, ['appeared a2 rm x'], ['a2']]);
  });

  it('gives the policy only what a hook or a channel told whole', async () => {
    const seen = await tell(a1, waiting({ source: 'screen', request: { id: 'screen-1', command: 'ls' } }), 'appeared');
    assert.equal(seen.told, undefined);
    const whole = await tell(a1, waiting({ source: 'hooks', request: { id: 't1', command: 'ls' } }), 'changed');
    assert.equal(whole.told?.command, 'ls');
    assert.deepEqual(settled.map(({ told: judged }) => judged?.command), [undefined, 'ls'], 'judged once more, now that it is whole');
  });

  it('gives a request the same id in every face, and another one another', async () => {
    const one = await tell(a1, waiting({ request: { id: '1', command: 'ls' } }), 'appeared');
    const elsewhere = await inbox.take({ ...a1, handle: { ...a1.handle, runtimeId: 'other' } }, waiting({ since: 99, request: { id: '1', command: 'ls' } }), { unasked: false });
    assert.equal(one.id, elsewhere?.id);
    const other = await tell(a1, waiting({ request: { id: '3', command: 'ls' } }), 'appeared');
    assert.notEqual(one.id, other.id);
  });

  it('knows of those who waited before it began to follow', async () => {
    following.dispose();
    known.set('a1', waiting({ request: { id: '1', command: 'ls' } }));
    const appeared = change('appeared');
    following = inbox.follow();
    assert.equal((await appeared).approval.agent.agentId, 'a1');
  });
});
