// send and queue as real processes: what waits is kept, shown, moved and removed, given by the next face, and given to several at once.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { fileWhen } from '../../support/agentWaits.ts';
import { needs } from '../../support/requirements.ts';
import { PaneReader } from '../tmux/freshServer.ts';
import { CommandWorld } from './commandWorld.ts';

interface Queue {
  readonly prompts: readonly { readonly id: string; readonly text: string; readonly state: string }[];
}

interface Sent {
  readonly agentId: string;
  readonly result: string;
  readonly evidence?: string;
}

describe('the command, with prompts that wait', function () {
  this.timeout(60_000);
  let world: CommandWorld;
  before(function () {
    needs(this, 'tmux');
    world = new CommandWorld();
  });
  after(() => world?.dispose());
  afterEach(async () => void (await world.run(['kill', '--all', '--grace', '0'])));

  /** A demo agent that asks for a permission in its first turn, and a reader of its screen. */
  async function asking(): Promise<{ readonly agent: AgentInfo; readonly seen: PaneReader; readonly answer: (key: string) => Promise<void>; readonly screen: () => Promise<string> }> {
    const agent = await world.spawn('--provider', 'demo', '--task', 'first');
    const tmux = world.tmux();
    const pane = (await tmux.listPanes()).find((one) => one.record.includes(agent.agentId));
    assert.ok(pane);
    const seen = new PaneReader(tmux, pane.id);
    const screen = (): Promise<string> => tmux.capture(pane.id, { lines: 'all', joinWrapped: true });
    if (!(await screen()).includes('[y/n]')) await seen.until((text) => text.includes('[y/n]'));
    return { agent, seen, screen, answer: (key) => tmux.sendKeyNames(pane.id, [key, 'Enter']) };
  }

  /** Its folder is there before a face makes it, to be watched. */
  function queueFile(agent: AgentInfo): string {
    const folder = join(world.folder, 'state', 'tmux-agents', 'prompts');
    mkdirSync(folder, { recursive: true });
    return join(folder, `${agent.agentId}@local.json`);
  }

  const texts = async (agent: AgentInfo): Promise<string[]> => (await world.json<Queue>(['queue', agent.agentId])).value.prompts.map(({ text }) => text);

  it('keeps what an agent that asks something cannot take, types nothing into its dialog, and lets it be moved and removed', async () => {
    const { agent, screen } = await asking();
    for (const text of ['y', 'two', 'three\nlines']) {
      const { code, value } = await world.json<Sent>(['send', '--no-wait', agent.agentId, text]);
      assert.deepEqual([code, value.result], [0, 'queued']);
    }
    assert.deepEqual(await texts(agent), ['y', 'two', 'three\nlines']);
    assert.ok((await screen()).trimEnd().endsWith('[y/n]'), 'nothing was typed');
    const { value } = await world.json<Queue>(['queue', agent.agentId]);
    const [first, , third] = value.prompts;
    assert.equal((await world.run(['queue', agent.agentId, '--move', third?.id ?? '', '1'])).code, 0);
    const removed = await world.run(['queue', agent.agentId, '--remove', first?.id ?? '']);
    assert.match(removed.stdout, /^ 1 {2}[0-9a-f]+ {2}waiting +now +three lines\n 2 {2}[0-9a-f]+ {2}waiting +now +two\n$/);
    assert.equal((await world.run(['queue', agent.agentId, '--remove', 'nope'])).code, 3);
  });

  it('gives what waits, in order, when the agent was answered', async () => {
    const { agent, seen, answer, screen } = await asking();
    await world.run(['send', '--no-wait', agent.agentId, 'second']);
    const delivering = world.run(['queue', agent.agentId, '--deliver']);
    const sending = world.json<Sent>(['send', agent.agentId, 'third']);
    await answer('y');
    assert.equal((await delivering).code, 0);
    assert.deepEqual([(await sending).code, (await sending).value.result], [0, 'delivered']);
    if ((await screen()).split('✔ Done.').length <= 3) await seen.until(() => seen.text.split('✔ Done.').length > 3);
    const asked = [...(await screen()).matchAll(/You asked:\n(.*)/g)].map((match) => match[1]);
    assert.deepEqual(asked, ['first', 'second', 'third']);
    assert.deepEqual(await texts(agent), []);
    seen.dispose();
  });

  it('gives one text to several, who is busy keeping nobody else waiting', async () => {
    const { agent: busy } = await asking();
    const idle = await Promise.all(['one', 'two'].map((name) => world.spawn('--provider', 'demo', '--autopilot', '--name', name)));
    const { code, value } = await world.json<{ sent: Sent[]; errors: object[] }>(['send', '--all', '--no-wait', 'to everybody']);
    assert.equal(code, 0);
    assert.deepEqual(value.errors, []);
    assert.deepEqual(new Map(value.sent.map(({ agentId, result }) => [agentId, result])), new Map([[busy.agentId, 'queued'], ...idle.map(({ agentId }) => [agentId, 'delivered'] as const)]));
    const named = await world.run(['send', '--to', 'one', '--to', 'two', 'and', 'again']);
    assert.equal(named.code, 2);
    const both = await world.run(['send', '--to', 'one', '--to', 'two', '--', '- again']);
    assert.deepEqual([both.code, both.stdout], [0, idle.map(({ agentId }) => `Sent to ${agentId}.\n`).join('')]);
  });

  it('takes a prompt back at Ctrl-C', async () => {
    const { agent } = await asking();
    const { code, stderr } = await world.run(['send', agent.agentId, 'never mind'], {
      meanwhile: (kill) => {
        void fileWhen(queueFile(agent), (bytes) => bytes.includes('never mind')).then(() => kill('SIGINT'));
      },
    });
    assert.deepEqual([code, stderr], [130, 'error: Cancelled.\n']);
    assert.deepEqual(await texts(agent), []);
  });
});
