// The commands approvals, approve, deny, answer and policy as processes, against the demo agent: no account, real tmux.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Emitter } from '../../../src/base/event.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { PaneId } from '../../../src/tmux/types.ts';
import { needs } from '../../support/requirements.ts';
import { CommandWorld } from './commandWorld.ts';

interface Waiting {
  readonly id: string;
  readonly agentId: string;
  readonly kind: string;
  readonly request: { readonly command?: string };
  readonly risk: { readonly level: string };
  readonly answers: { readonly approve: boolean };
}

describe('tmux-agents approvals', function () {
  this.timeout(60_000);
  let world: CommandWorld;

  before(function () {
    needs(this, 'tmux');
    world = new CommandWorld();
  });
  after(() => world?.dispose());

  /** A demo agent that asks for a permission, and shows that it does. */
  async function asking(): Promise<string> {
    const { agentId, handle } = await world.spawn('--provider', 'demo', '--no-autopilot', '--task', 'hello');
    await shows(String(handle.data['paneId']) as PaneId, 'Allow?');
    return agentId;
  }

  async function shows(pane: PaneId, text: string): Promise<void> {
    const tmux = world.tmux();
    const shown = new Emitter<void>();
    const look = (): void => void tmux.capture(pane, { lines: 100 }).then((screen) => screen.includes(text) && shown.fire(), () => undefined);
    const subscription = tmux.onPaneOutput(pane, look);
    const waiting = waitForEvent(shown.event, () => true, { timeoutMs: 10_000, what: text });
    await tmux.connect();
    look();
    await waiting;
    subscription.dispose();
  }

  it('shows what waits, with its risk and how to answer, for people and for scripts', async () => {
    const agentId = await asking();
    const { value, code } = await world.json<{ approvals: Waiting[]; errors: unknown[] }>(['approvals']);
    const [waiting] = value.approvals.filter((one) => one.agentId === agentId);
    assert.deepEqual([code, value.errors, waiting?.kind, waiting?.request.command, waiting?.risk.level, waiting?.answers.approve], [0, [], 'permission', 'npm test', 'medium', true]);
    const { stdout } = await world.run(['approvals']);
    for (const text of [agentId, 'npm test', 'medium risk', `tmux-agents approve ${agentId}`, `[${waiting?.id ?? ''}]`]) assert.ok(stdout.includes(text), stdout);
    assert.equal((await world.run(['kill', agentId])).code, 0);
  });

  it('approves by the agent, and by the id of the request; then nothing waits any more', async () => {
    for (const by of ['agent', 'request'] as const) {
      const agentId = await asking();
      const { value } = await world.json<{ approvals: Waiting[] }>(['approvals']);
      const id = value.approvals.find((one) => one.agentId === agentId)?.id ?? '';
      const approved = await world.json<{ agentId: string; way: string; answer: { type: string } }>(['approve', by === 'agent' ? agentId : id]);
      assert.deepEqual([approved.code, approved.value.agentId, approved.value.way, approved.value.answer.type], [0, agentId, 'keys', 'approve']);
      const again = await world.run(['approve', agentId]);
      assert.equal(again.code, 6);
      assert.match(again.stderr, /waits for no answer[\s\S]*was answered \(approve\) by /);
      const log = readFileSync(join(world.folder, 'state', 'tmux-agents', 'log', `${agentId}.jsonl`), 'utf8').trim().split('\n');
      assert.equal(log.length, 1);
      assert.equal((await world.run(['kill', agentId])).code, 0);
    }
  });

  it('denies', async () => {
    const agentId = await asking();
    const { code, stdout } = await world.run(['deny', agentId]);
    assert.deepEqual([code, stdout], [0, `Denied to ${agentId}: npm test\n`]);
    assert.match((await world.run(['output', agentId])).stdout, /Not allowed/);
    await world.run(['kill', agentId]);
  });

  it('lets one of two answer, and tells the other', async () => {
    const agentId = await asking();
    const outcomes = await Promise.all([world.run(['approve', agentId]), world.run(['deny', agentId])]);
    assert.deepEqual(outcomes.map(({ code }) => code).sort(), [0, 6], JSON.stringify(outcomes));
    await world.run(['kill', agentId]);
  });

  it('keeps what is allowed always as a rule of this agent', async () => {
    const agentId = await asking();
    const { value } = await world.json<{ ruleAdded: boolean }>(['approve', agentId, '--always']);
    assert.equal(value.ruleAdded, true);
    const { value: kept } = await world.json<{ policy: { commands: string[] }; from: string }>(['policy', agentId]);
    assert.deepEqual([kept.policy.commands, kept.from], [['npm test'], 'agent']);
    await world.run(['kill', agentId]);
  });

  it('chooses, shows and takes back a policy', async () => {
    const { agentId } = await world.spawn('--provider', 'demo', '--allow', 'read,test');
    const policy = async (...words: string[]) => (await world.json<{ policy: { categories: string[]; commands: string[] }; from: string }>(['policy', agentId, ...words])).value;
    assert.deepEqual((await policy()).policy.categories, ['read', 'test']);
    const chosen = await policy('--allow', 'read', '--allow', 'edit', '--command', 'npm run lint', '--command', 'make *');
    assert.deepEqual([chosen.policy, chosen.from], [{ categories: ['read', 'edit'], commands: ['npm run lint', 'make *'], paths: [] }, 'agent']);
    assert.match((await world.run(['policy', agentId])).stdout, /categories {2}read, edit\n.*npm run lint/);
    assert.match((await world.run(['policy', agentId, '--off'])).stdout, /asks a person for everything\./);
    assert.equal((await policy('--reset')).from, 'settings');
    for (const [words, fault] of [[['--allow', 'everything'], /"everything" is no category/], [['--command', 'a && b'], /one simple command/], [['--off', '--reset'], /exclude each other/], [['--path', 'x'], /absolute path/]] as const) {
      const { code, stderr } = await world.run(['policy', agentId, ...words]);
      assert.equal(code, 2);
      assert.match(stderr, fault);
    }
    await world.run(['kill', agentId]);
  });

  it('says when there is nothing of that name, and nothing that waits', async () => {
    assert.equal((await world.run(['approve', 'nobody'])).code, 3);
    assert.deepEqual((await world.run(['approvals'])).stdout, 'Nothing waits for you.\n');
  });
});
