// A request whose dialog comes late, in pieces, or after another one: the inbox follows it for as long as it waits, and the policy judges it when it can be answered.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { Emitter } from '../../../src/base/event.ts';
import type { AgentStatus, ApprovalRequest, WaitingKind } from '../../../src/protocol/agentStatus.ts';
import { NO_POLICY } from '../../../src/protocol/approvalPolicy.ts';
import type { StatusChange, StatusPort } from '../../../src/providers/status/statusPort.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { Approvals } from '../../../src/sessions/approvals/approvals.ts';
import type { PendingApproval } from '../../../src/sessions/approvals/pendingApproval.ts';
import { PolicyStore } from '../../../src/sessions/policy/policyStore.ts';
import { SessionLog } from '../../../src/sessions/policy/sessionLog.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';
import { ScriptedScreen } from '../../support/scriptedScreen.ts';

const corpus = (name: string): string => readFileSync(new URL(`../../corpus/claude/${name}/screen.txt`, import.meta.url), 'utf8');
const [question, permission, working] = [corpus('waiting-question'), corpus('waiting-permission-bash'), corpus('first-working')];

describe('a dialog that comes late', () => {
  const agent: AgentInfo = exampleAgent({ agentId: 'late', aiProvider: 'claude', workingDirectory: '/home/dev/agent/proj/claude' });
  let folder: string;
  let statuses: Emitter<StatusChange>;
  let current: AgentStatus;
  let screen: ScriptedScreen;
  let policies: PolicyStore;
  let approvals: Approvals;
  let told: string[];

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-01-01T12:00:00Z') });
    folder = mkdtempSync(join(tmpdir(), 'ta-late-'));
    statuses = new Emitter();
    current = { state: 'working', since: 1, source: 'hooks', evidence: '' };
    screen = new ScriptedScreen(working);
    const nothing = { dispose: (): void => undefined };
    const status: StatusPort = {
      onDidChangeStatus: statuses.event,
      onDidTellConversation: new Emitter<never>().event,
      statusOf: () => current,
      follow: () => nothing,
      look: (agents) => Promise.resolve(new Map(agents.map((one) => [one, current]))),
      explain: () => Promise.reject(new Error('not asked for')),
      screen: () => Promise.resolve(''),
    };
    policies = new PolicyStore({ folder: join(folder, 'policy') });
    approvals = new Approvals({
      manager: new RuntimeManager(),
      status,
      screen,
      hooks: { waits: () => false, answer: () => Promise.resolve(false), onDidChange: new Emitter<AgentInfo>().event, follow: () => nothing },
      channel: { takes: () => false, takesWords: () => false, reply: () => Promise.resolve(false), answer: () => Promise.resolve(false) },
      sendPrompt: () => Promise.resolve(),
      policies,
      sessionLog: new SessionLog(join(folder, 'log')),
      ruled: { judge: () => Promise.resolve(undefined), dispose: () => undefined },
      sessionRules: { keep: () => Promise.resolve(), forget: () => Promise.resolve() },
      who: 'me@here',
      face: 'test',
      isOwn: () => true,
    });
    told = [];
    approvals.onDidChange(({ type }) => told.push(type));
  });
  afterEach(() => {
    approvals.dispose();
    mock.timers.reset();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As a hook tells it, before anything is drawn. */
  function asks(kind: WaitingKind, request: ApprovalRequest): void {
    current = { state: 'waiting', kind, text: 'It asks', since: Date.now(), source: 'hooks', evidence: 'PreToolUse', request };
    statuses.fire({ agent, status: current, before: undefined });
  }

  /** Lets so much time go by, and what it sets going happen. */
  async function pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left >= 0; left -= 50) {
      mock.timers.tick(Math.min(left, 50));
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** In the real world's time: what it waits for is files. */
  async function until(holds: () => boolean): Promise<PendingApproval | undefined> {
    const end = performance.now() + 10_000;
    while (!holds() && performance.now() < end) await pass(50);
    assert.ok(holds(), `it holds ${JSON.stringify(approvals.of(agent.handle))}, and told ${told.join()}`);
    return approvals.of(agent.handle);
  }

  const labels = (): string => approvals.of(agent.handle)?.answers.options.map(({ label }) => label).join() ?? '';

  it('gives the request its options, a minute after the hook told of it', async () => {
    const following = approvals.follow();
    asks('question', { id: 'toolu_1', tool: 'AskUserQuestion' });
    await until(() => told.includes('appeared'));
    await pass(60_000);
    assert.deepEqual([told, labels()], [['appeared'], '']);
    screen.show(question);
    await until(() => labels().startsWith('Red,Blue'));
    following.dispose();
  });

  it('looks at nothing while nothing is printed', async () => {
    const following = approvals.follow();
    asks('question', { id: 'toolu_1', tool: 'AskUserQuestion' });
    await until(() => told.includes('appeared'));
    await pass(2_000);
    const { looks } = screen;
    await pass(60_000);
    assert.equal(screen.looks, looks);
    following.dispose();
    screen.show(question);
    await pass(2_000);
    assert.equal(screen.looks, looks, 'nor when nobody follows any more');
  });

  it('does not keep the options of what stood there before', async () => {
    const following = approvals.follow();
    screen.show(question.replace('1. Red', '1. Old').replace('Which colour', 'Which size'));
    asks('question', { id: 'toolu_1', tool: 'AskUserQuestion' });
    await until(() => labels().startsWith('Old,Blue'));
    await pass(60_000);
    screen.show(question);
    await until(() => labels().startsWith('Red,Blue'));
    following.dispose();
  });

  it('waits for the dialog of an answer that is given without following', async () => {
    asks('question', { id: 'toolu_1', tool: 'AskUserQuestion' });
    const [approval] = await approvals.look([agent]);
    assert.deepEqual(approval?.answers.options, []);
    const answering = approvals.answer(approval, { type: 'option', option: 'Red' });
    await pass(500);
    screen.show(question);
    let done = false;
    void answering.finally(() => (done = true)).catch(() => undefined);
    await until(() => done);
    assert.equal((await answering).way, 'keys');
    assert.deepEqual(screen.typed, ['1']);
  });

  it('lets the policy answer what is drawn after people were told of it', async () => {
    await policies.choose(agent, { ...NO_POLICY, commands: ['touch *'] });
    const command = /^ (touch \S+)$/m.exec(permission)?.[1] ?? '';
    assert.ok(command !== '', 'the recorded dialog wants to touch a file');
    const following = approvals.follow();
    asks('permission', { id: 'toolu_1', tool: 'Bash', command });
    await until(() => told.includes('appeared'));
    await pass(60_000);
    assert.deepEqual(screen.typed, []);
    screen.show(permission);
    await until(() => told.includes('gone'));
    assert.deepEqual(screen.typed, ['1']);
    following.dispose();
  });
});
