// The engine on real panes: the screen, the title and the process of programs that print what they are told to.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitForEvent } from '../../../src/base/wait.ts';
import { hookFiles, hookKeyHash } from '../../../src/providers/hooks/hookFiles.ts';
import { LocalRuntime } from '../../../src/runtimes/local/localRuntime.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import { needs } from '../../support/requirements.ts';
import { CLEAR, ScriptedAgents, scriptedRules } from '../../support/scriptedAgents.ts';

const ASK = `${CLEAR}some output\r\nAllow rm -rf build?\r\n[y/n]\r\n`;

describe('the status engine, on real panes', () => {
  let world: ScriptedAgents;
  let following: { dispose(): void };

  before(function () {
    needs(this, 'tmux');
  });
  beforeEach(() => {
    world = new ScriptedAgents({ sources: ['title'], blind: { title: ['idle', 'working'] } });
    following = world.status.follow();
  });
  afterEach(() => {
    following?.dispose();
    world?.dispose();
  });

  it('reads the screen: working, waiting with what it asks, idle, error', async () => {
    const agent = await world.spawn(`${CLEAR}* working\r\n`);
    assert.equal((await world.whenState(agent, 'working')).source, 'screen');
    agent.print(ASK);
    const waiting = await world.whenState(agent, 'waiting');
    assert.ok(waiting.state === 'waiting');
    assert.deepEqual([waiting.kind, waiting.text, waiting.rule, waiting.request?.command], ['permission', 'rm -rf build', 'scripted/ask', 'rm -rf build']);
    agent.print(`${CLEAR}>\r\n`);
    await world.whenState(agent, 'idle');
    agent.print(`${CLEAR}! failed\r\n`);
    await world.whenState(agent, 'error');
  });

  it('does not leave a wait because text scrolled over it', async () => {
    const agent = await world.spawn(ASK);
    await world.whenState(agent, 'waiting');
    const seen: string[] = [];
    world.status.onDidChangeStatus(({ status }) => seen.push(status.state));
    agent.print('text\r\n'.repeat(200));
    await world.status.explain(agent.info);
    const { status, observations, reasons } = await world.status.explain(agent.info);
    assert.equal(status.state, 'waiting');
    assert.equal(observations[0]?.claim, null, 'the screen has nothing to say any more');
    assert.ok(reasons.some((reason) => reason.startsWith('Held: waiting')), reasons.join('\n'));
    assert.deepEqual(seen, []);
  });

  it('is told of the end of a program by its process, with the code', async () => {
    const agent = await world.spawn(`${CLEAR}* working\r\n`);
    await world.whenState(agent, 'working');
    agent.exit(3);
    const status = await world.whenState(agent, 'exited');
    assert.deepEqual([status.source, status.state === 'exited' && status.exitCode], ['process', 3]);
  });

  it('reads titles, those set before it came included', async () => {
    const agent = await world.spawn(`${CLEAR}\u001b]2;busy here\u0007`);
    const status = await world.whenState(agent, 'working', 'title');
    assert.equal(status.evidence, 'busy here');
    agent.print('\u001b]2;ready\u0007');
    await world.whenState(agent, 'idle', 'title');
    agent.print(ASK);
    await world.whenState(agent, 'waiting', 'screen');
  });

  it('reads the titles that somebody wrote rules for, of a program that nobody knows', async () => {
    const other = new ScriptedAgents(undefined, { provider: 'scripted', rules: [], titles: scriptedRules.titles });
    const otherFollowing = other.status.follow();
    try {
      const agent = await other.spawn('\u001b]2;busy here\u0007');
      await other.whenState(agent, 'working', 'title');
      agent.print('\u001b]2;ready\u0007');
      await other.whenState(agent, 'idle', 'title');
    } finally {
      otherFollowing.dispose();
      other.dispose();
    }
  });

  it('remembers the decision where the agent runs, for the next face, until the pane prints again', async () => {
    const agent = await world.spawn(ASK);
    const known = await world.whenState(agent, 'waiting');
    await world.remembered(agent);
    const second = new RuntimeManager();
    second.register('local', new LocalRuntime());
    const other = world.engine(undefined, second);
    const otherFollowing = other.follow();
    try {
      const first = await waitForEvent(other.onDidChangeStatus, ({ status }) => status.state === 'waiting', { timeoutMs: 5_000, what: 'the other face' });
      assert.equal(first.status.source, 'remembered');
      assert.equal(first.status.since, known.since);
      agent.print(`${CLEAR}>\r\n`);
      await waitForEvent(other.onDidChangeStatus, ({ status }) => status.state === 'idle' && status.source === 'screen', { timeoutMs: 5_000, what: 'the other face to follow' });
    } finally {
      otherFollowing.dispose();
      other.dispose();
      second.dispose();
    }
  });

  it('looks once at agents that nobody follows', async () => {
    const agents = [await world.spawn(ASK), await world.spawn(`${CLEAR}>\r\n`), await world.spawn('nothing known\r\n')];
    await Promise.all([world.whenState(agents[0] ?? assert.fail(), 'waiting'), world.whenState(agents[1] ?? assert.fail(), 'idle')]);
    const other = world.engine();
    const looked = await other.look(agents.map(({ info }) => info));
    assert.deepEqual([...looked.values()].map(({ state }) => state), ['waiting', 'idle', 'starting']);
    other.dispose();
  });

  it('takes over changed rules while it runs', async () => {
    const agent = await world.spawn(`${CLEAR}a brand new prompt\r\n`);
    const { status } = await world.status.explain(agent.info);
    assert.equal(status.state, 'starting');
    const rules = { ...scriptedRules, rules: [{ id: 'new', state: 'idle', region: { last: 1 }, all: ['brand new prompt$'] }] };
    writeFileSync(join(world.rulesFolder, 'scripted.json'), JSON.stringify(rules));
    assert.equal((await world.whenState(agent, 'idle')).rule, 'scripted/new');
  });

  it('notices that the reports of hooks stay away, and lets the screen decide until they are back', async () => {
    const key = 'c'.repeat(48);
    const hooked = world.engine({ sources: ['hooks'] });
    const hookedFollowing = hooked.follow();
    try {
      const agent = await world.spawn('', { hookKey: hookKeyHash(key) });
      await hooked.explain(agent.info);
      const report = (id: string, event: string): void => agent.print(`\u001b]7502;tmux-agents;1;${key};${id};${event};;${Buffer.from('{}').toString('base64')}\u001b\\`);
      report('one', 'UserPromptSubmit');
      await world.when(agent, ({ state, source }) => state === 'working' && source === 'hooks', 'the report', hooked);
      agent.print(ASK);
      await world.when(agent, ({ state, source }) => state === 'waiting' && source === 'screen', 'the loss to be noticed', hooked);
      const { reasons } = await hooked.explain(agent.info);
      assert.ok(reasons.some((reason) => reason.startsWith('hooks: lost')), reasons.join('\n'));
      report('two', 'Stop');
      await world.when(agent, ({ state, source }) => state === 'idle' && source === 'hooks', 'the reports to be believed again', hooked);
    } finally {
      hookedFollowing.dispose();
      hooked.dispose();
    }
  });

  it('knows what hooks reported before it came', async () => {
    const { files, hookKey } = hookFiles();
    const agent = await world.spawn('', { files, hookKey });
    const folder = world.manager.get('local')?.agentFolder?.(agent.info.agentId) ?? '';
    for (const [event, payload] of [['SessionStart', { session_id: 'first', source: 'startup' }], ['UserPromptSubmit', { session_id: 'first', prompt: 'go' }]] as const) {
      execFileSync('/bin/sh', [join(folder, 'report'), event], { input: JSON.stringify(payload) });
    }
    const late = world.engine({ sources: ['hooks'] });
    const { status, observations } = await late.explain(agent.info);
    assert.deepEqual([status.state, status.source, status.rule], ['working', 'hooks', 'UserPromptSubmit']);
    assert.equal(observations[0]?.conversation, 'first');
    late.dispose();
  });

  it('forgets an agent that was killed', async () => {
    const agent = await world.spawn(`${CLEAR}>\r\n`);
    await world.whenState(agent, 'idle');
    await world.manager.killAgent(agent.info.handle, { graceMs: 0 });
    assert.equal(world.status.statusOf(agent.info.handle), undefined);
  });

  it('gives the screen as the rules see it', async () => {
    const agent = await world.spawn(`${CLEAR}one\r\ntwo`);
    await waitForEvent(world.status.onDidChangeStatus, ({ agent: one }) => one.agentId === agent.info.agentId, { timeoutMs: 200, what: 'anything' }).catch(() => undefined);
    assert.match(await world.status.screen(agent.info), /^one\ntwo\n/);
  });
});
