// A session's approvals: what is denied does not happen, what is allowed does, and a session that waits ends as cleanly as any other.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EventApproval } from '../../../src/protocol/runnerEvent.ts';
import { needs } from '../../support/requirements.ts';
import { assertWhole, nothingRuns, refused, RunnerWorld } from '../../support/runnerWorld.ts';

/** Claude Code's dialog before a command; Escape or the third option denies, anything else lets it touch the file $1. Exits 0 afterwards, or stays with `stay`. */
const askingProgram = `
stty -echo -icanon -icrnl min 1 time 0
rule=$(printf '%80s' '' | sed 's/ /─/g'); dash=$(printf '%80s' '' | sed 's/ /╌/g')
printf '\\033[2J\\033[H● Stub\\n%s\\n Bash command\\n stub command\\n%s\\n touch %s\\n%s\\n Do you want to proceed?\\n ❯ 1. Yes\\n   2. Yes, and always allow access to /work from this project\\n   3. No\\n\\n Esc to cancel · Tab to amend' "$rule" "$dash" "$1" "$dash"
esc=$(printf '\\033')
key=$(dd bs=16 count=1 2>/dev/null)
case $key in "$esc"*|3*) echo denied >> "$1.log" ;; *) touch "$1" ;; esac
printf '\\033[2J\\033[H● It is over.\\n\\n%s\\n❯ \\n%s\\n  ? for shortcuts\\n' "$rule" "$rule"
[ "$2" = stay ] && exec sleep 1000
exit 0
`;

describe("a session's approvals", function () {
  this.timeout(120_000);
  let world: RunnerWorld;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  beforeEach(async () => {
    world = await RunnerWorld.open();
  });
  afterEach(async () => world?.end());

  const file = (): string => join(world.home.directory, 'side-effect');

  async function asking(mode = 'go'): Promise<{ readonly id: string; readonly approval: EventApproval }> {
    const { sessionId: id } = await world.runner.createSession(world.request({ providerId: 'claude_code', argv: ['sh', '-c', askingProgram, 'asking', file(), mode] }));
    const { approval } = await world.event(id, 'APPROVAL_REQUESTED');
    await world.state(id, 'WAITING_FOR_APPROVAL');
    return { id, approval };
  }

  it('allowed: it happens, and is told', async () => {
    const { id, approval } = await asking();
    assert.match(approval.summary, /touch/);
    assert.equal(approval.category, 'shell');
    assert.deepEqual(world.runner.getSession(id)?.pendingApprovals.map(({ approvalId }) => approvalId), [approval.approvalId]);
    assert.equal(existsSync(file()), false);
    await world.runner.approve(id, approval.approvalId, 'allow', { by: 'ada' });
    const resolved = await world.event(id, 'APPROVAL_RESOLVED');
    assert.deepEqual([resolved.decision, resolved.resolvedBy], ['allow', 'ada']);
    assert.equal((await world.ended(id)).finalState, 'COMPLETED');
    assert.equal(existsSync(file()), true);
    assertWhole(await world.journal(id));
  });

  it('denied: it does not happen, and the session goes on', async () => {
    const { id, approval } = await asking();
    await world.runner.approve(id, approval.approvalId, 'deny');
    assert.equal((await world.event(id, 'APPROVAL_RESOLVED')).decision, 'deny');
    assert.equal((await world.ended(id)).finalState, 'COMPLETED');
    assert.equal(existsSync(file()), false);
    const states = (await world.journal(id)).flatMap((event) => (event.type === 'SESSION_STATE_CHANGED' ? [event.newState] : []));
    assert.deepEqual(states.slice(2), ['RUNNING', 'WAITING_FOR_APPROVAL', 'RUNNING', 'COMPLETED']);
  });

  it('nothing is typed while it waits, nothing is answered twice or while it is paused', async () => {
    const { id, approval } = await asking('stay');
    await assert.rejects(world.runner.handleCommand(id, { type: 'INPUT', input: { sessionId: id, data: '1', mode: 'raw' } }), refused('unsupported', /waits for an approval/));
    await world.runner.handleCommand(id, { type: 'PAUSE' });
    await assert.rejects(world.runner.approve(id, approval.approvalId, 'allow'), refused('invalid-transition', /PAUSED_BY_HUMAN/));
    assert.equal(existsSync(file()), false);
    await world.runner.handleCommand(id, { type: 'RESUME' });
    await world.state(id, 'WAITING_FOR_APPROVAL');
    await world.runner.approve(id, approval.approvalId, 'deny');
    await assert.rejects(world.runner.approve(id, approval.approvalId, 'allow'), refused('not-found'));
    assert.equal(existsSync(file()), false);
    await world.runner.stopSession(id);
    await nothingRuns(id);
  });

  it('answered in the terminal: it is gone, and said', async () => {
    const { id } = await asking('stay');
    world.home.tmux('tmux-agents', 'send-keys', '-t', `=${id}:`, 'Escape');
    const resolved = await world.event(id, 'APPROVAL_RESOLVED');
    assert.equal(resolved.resolvedBy, 'terminal');
    assert.match(resolved.note ?? '', /not known/);
    assert.equal(existsSync(file()), false);
  });

  it('a provider that ends while it waits ends the session', async () => {
    const { id, approval } = await asking('stay');
    const pid = world.runner.getSession(id)?.providerPid;
    assert.ok(pid !== undefined);
    process.kill(-pid, 'SIGKILL');
    const end = await world.ended(id);
    assert.equal(end.finalState, 'FAILED');
    const events = await world.journal(id);
    assertWhole(events);
    assert.ok(events.some((event) => event.type === 'APPROVAL_RESOLVED' && event.approvalId === approval.approvalId && event.decision === 'deny' && event.resolvedBy === 'system'));
    assert.equal(existsSync(file()), false);
  });

  it('nobody answers: it is denied when its time is over', async () => {
    await world.runner.stop();
    world.runner = world.newRunner({ approvalTimeout: 1_000 });
    await world.runner.start();
    const { id, approval } = await asking();
    assert.equal(approval.timeoutAt, approval.requestedAt + 1_000);
    const resolved = await world.event(id, 'APPROVAL_RESOLVED');
    assert.deepEqual([resolved.decision, resolved.resolvedBy], ['deny', 'timeout'], world.told(id));
    await world.ended(id);
    assert.equal(existsSync(file()), false);
  });

  it('the demo agent: its turn, its question and its task are told, and it is completed when its turn is over', async () => {
    await world.runner.stop();
    world.runner = world.newRunner({ endWhenIdle: 500 });
    await world.runner.start();
    const { sessionId: id } = await world.runner.createSession(world.request({ providerId: 'demo', task: 'Greet the world', env: { TMUX_AGENTS_DEMO_DELAY: '0.02' } }));
    const { approval } = await world.event(id, 'APPROVAL_REQUESTED');
    assert.match(approval.summary, /npm test/);
    await world.runner.approve(id, approval.approvalId, 'allow');
    const end = await world.ended(id);
    assert.equal(end.finalState, 'COMPLETED');
    await world.output(id, '3 passed');
    await nothingRuns(id);
  });

  it('a session of the wire stays for the next prompt, and is COMPLETED when it is stopped at rest', async () => {
    const id = 'wire-1';
    await world.runner.handleCommand(id, {
      type: 'START',
      config: { sessionId: id, orgId: 'org-2', repoRef: { provider: 'local', path: world.repository }, checkout: { type: 'branch', ref: 'main' }, providerId: 'demo', task: { title: 'Greet', goal: 'Greet the world' }, env: { TMUX_AGENTS_DEMO_DELAY: '0.02' } },
    });
    const told = (type: string, state?: string): number => (world.heard.get(id) ?? []).filter((event) => event.type === type && (state === undefined || (event.type === 'PROVIDER_EVENT_FORWARDED' && event.providerEvent['state'] === state))).length;
    for (const turn of [1, 2]) {
      const { approval } = await world.event(id, 'APPROVAL_REQUESTED', () => told('APPROVAL_REQUESTED') >= turn);
      await world.runner.approve(id, approval.approvalId, 'deny');
      await world.event(id, 'PROVIDER_EVENT_FORWARDED', () => told('PROVIDER_EVENT_FORWARDED', 'idle') >= turn);
      if (turn === 1) await world.runner.handleCommand(id, { type: 'INPUT', input: { sessionId: id, data: 'And once more' } });
    }
    await world.output(id, 'And once more');
    await world.runner.stopSession(id);
    assert.equal((await world.ended(id)).finalState, 'COMPLETED');
    assertWhole(await world.journal(id));
  });
});
