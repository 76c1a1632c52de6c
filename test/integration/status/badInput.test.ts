// What programs print by accident or on purpose to be taken for something else: the status stays true, and the engine alive.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentStatus } from '../../../src/protocol/agentStatus.ts';
import { hookKeyHash } from '../../../src/providers/hooks/hookFiles.ts';
import { needs } from '../../support/requirements.ts';
import { CLEAR, ScriptedAgents, type ScriptedAgent } from '../../support/scriptedAgents.ts';

const osc = (fields: string): string => `\u001b]7501;${fields}\u001b\\`;
const KEY = 'a'.repeat(48);
const OTHER_KEY = 'b'.repeat(48);
let reports = 0;

function hook(event: string, payload: unknown, { key = KEY, id = `report${++reports}`, encoded = Buffer.from(JSON.stringify(payload)).toString('base64') } = {}): string {
  return `\u001b]7502;tmux-agents;1;${key};${id};${event};;${encoded}\u001b\\`;
}

/** A screen of the corpus, without the line about it at its end. */
function corpusScreen(provider: string, name: string): string {
  const text = readFileSync(join(import.meta.dirname, '../../corpus', provider, name, 'screen.txt'), 'utf8');
  return text.replace(/\nTITLE=.*\n?$/, '\n').trimEnd().replaceAll('\n', '\r\n');
}

describe('the status engine, given bad input', function () {
  this.timeout(60_000);
  let world: ScriptedAgents;
  let following: { dispose(): void };
  const changes: AgentStatus[] = [];

  before(function () {
    needs(this, 'tmux');
  });
  beforeEach(() => {
    world = new ScriptedAgents({ sources: ['osc7501', 'hooks', 'title'] });
    following = world.status.follow();
    changes.length = 0;
    world.status.onDidChangeStatus(({ status }) => changes.push(status));
  });
  afterEach(() => {
    following?.dispose();
    world?.dispose();
  });

  /** Everything printed so far was read: a status that only comes after it has come. */
  async function afterAll(agent: ScriptedAgent): Promise<void> {
    agent.print(osc('state=error:msg=ZW5k'));
    await world.when(agent, (status) => status.state === 'error' && status.message === 'end');
    changes.length = 0;
  }

  it("takes no other CLI's dialog for this one's", async () => {
    for (const [own, ...others] of [['codex', 'claude', 'gemini'], ['claude', 'codex', 'opencode']] as const) {
      const agent = await world.spawn('', { aiProvider: own });
      for (const other of others) {
        agent.print(`${CLEAR}${corpusScreen(other, 'first-waiting-permission')}`);
        const { status } = await world.status.explain(agent.info);
        assert.notEqual(status.state, 'waiting', `${own} with a dialog of ${other}: ${JSON.stringify(status)}`);
      }
    }
  });

  it('takes no quoted dialog for a live one', async () => {
    const agent = await world.spawn(`${CLEAR}* working\r\n`);
    await world.whenState(agent, 'working');
    agent.print(`${CLEAR}You said:\r\n  Allow rm -rf build?\r\n  [y/n]\r\nAllow rm -rf build?\r\n[y/n]\r\nThat is how it asks.\r\n\r\n>\r\n`);
    await world.whenState(agent, 'idle');
    assert.ok(changes.every(({ state }) => state !== 'waiting'), JSON.stringify(changes));
  });

  it('survives a flood of titles, and knows the last', async () => {
    const flood = 'i=0; while [ $i -lt 60000 ]; do printf "\\033]2;busy %s\\007" $i; i=$((i+1)); done; printf "\\033]2;ready\\007"; exec cat';
    const agent = await world.spawn('', { argv: ['sh', '-c', flood] });
    await world.whenState(agent, 'idle', 'title');
    assert.ok(changes.length < 10, `${changes.length} changes were told`);
  });

  it('recovers from half an OSC, whatever follows', async () => {
    const agent = await world.spawn();
    agent.print(osc('state=working'));
    await world.whenState(agent, 'working', 'osc7501');
    agent.print('\u001b]7501;state=blo');
    agent.print(`\r\nplain text\r\n${osc('state=idle')}`);
    await world.whenState(agent, 'idle', 'osc7501');
    agent.print(`\u001b]7502;tmux-agents;1;${KEY};x;Stop\u001b[31mred\u001b[0m\u001b]0;unfinished`);
    agent.print(`\u001b\\${osc('state=working')}`);
    await world.whenState(agent, 'working', 'osc7501');
  });

  it('reads on after 10 MB without a newline, and after an OSC that never ends', async () => {
    const print = 'read go; head -c 10000000 /dev/zero | tr "\\0" x; printf "\\033]7501;state=working\\007"; exec sleep 1000';
    const agent = await world.spawn('', { argv: ['sh', '-c', print] });
    await world.type(agent, 'go');
    await world.whenState(agent, 'working', 'osc7501');
    const endless = 'read go; printf "\\033]7501;state=idle:msg="; head -c 3000000 /dev/zero | tr "\\0" A; printf "\\007\\033]7501;state=working\\007"; exec sleep 1000';
    const other = await world.spawn('', { argv: ['sh', '-c', endless] });
    await world.type(other, 'go');
    await world.whenState(other, 'working', 'osc7501');
    assert.ok(changes.every(({ state }) => state !== 'idle'), 'an OSC that is too long says nothing');
  });

  it('believes no state that there is not, and no message that is none', async () => {
    const agent = await world.spawn();
    agent.print(osc('state=working'));
    await world.whenState(agent, 'working');
    for (const fields of ['', '?', 'state=', 'state=root', 'state', '=idle', 'state=__proto__', 'kind=permission']) agent.print(osc(fields));
    agent.print(osc(`state=blocked:kind=constructor:msg=${'%'.repeat(100)}`));
    const waiting = await world.whenState(agent, 'waiting');
    assert.ok(waiting.state === 'waiting' && waiting.kind === 'other' && waiting.text === '');
  });

  describe('from hooks', () => {
    const spawn = (): Promise<ScriptedAgent> => world.spawn(`${CLEAR}* working\r\n`, { hookKey: hookKeyHash(KEY) });

    it('believes its own agent, once', async () => {
      const agent = await spawn();
      const stop = hook('Stop', { session_id: 's1' });
      agent.print(stop);
      assert.equal((await world.whenState(agent, 'idle')).source, 'hooks');
      agent.print(hook('UserPromptSubmit', { session_id: 's1', prompt: 'go' }));
      await world.whenState(agent, 'working', 'hooks');
      agent.print(stop);
      await afterAll(agent);
      const { observations } = await world.status.explain(agent.info);
      assert.equal(observations.find(({ source }) => source === 'hooks')?.claim?.state, 'working', 'a replayed report changes nothing');
    });

    it('believes no other agent, no forged key, and nobody where there is no key', async () => {
      const [agent, keyless] = [await spawn(), await world.spawn()];
      for (const key of [OTHER_KEY, '', 'x', KEY.slice(1)]) agent.print(hook('Stop', {}, { key }));
      keyless.print(hook('Stop', {}));
      for (const one of [agent, keyless]) {
        await afterAll(one);
        const { observations } = await world.status.explain(one.info);
        assert.ok(!observations.some(({ source }) => source === 'hooks'), JSON.stringify(observations));
      }
    });

    it('survives payloads that are huge, cut, no JSON, or of the wrong form', async () => {
      const agent = await spawn();
      const argv = ['sh', '-c', `read go; printf '\\033]7502;tmux-agents;1;${KEY};huge;Stop;;'; head -c 900000 /dev/zero | tr '\\0' A; printf '\\033\\\\'; exec sleep 1000`];
      const huge = await world.spawn('', { hookKey: hookKeyHash(KEY), argv });
      await world.type(huge, 'go');
      for (const encoded of ['!!!!', Buffer.from('{"session_id":').toString('base64'), Buffer.from('null').toString('base64'), Buffer.from('[1,2]').toString('base64'), Buffer.from('{"tool_input":"text","session_id":7}').toString('base64')]) {
        agent.print(hook('PreToolUse', undefined, { encoded }));
      }
      agent.print(hook('NoSuchEvent', {}));
      agent.print(hook('__proto__', {}));
      agent.print(hook('Stop', { session_id: 's1' }));
      assert.equal((await world.whenState(agent, 'idle')).source, 'hooks');
      const { observations } = await world.status.explain(huge.info);
      assert.ok(!observations.some(({ source }) => source === 'hooks'), 'a report that is too long is none');
    });
  });
});
