// An editor's window at a real hub, without the editor: signing in, registering, agents told by one machine and seen by another, terminals, acts.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { Emitter } from '../../../src/base/event.ts';
import { silentLog } from '../../../src/base/log.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import { HubAgents } from '../../../src/extension/hubConnection/hubAgents.ts';
import { HubLive, type TerminalFrame } from '../../../src/extension/hubConnection/hubLive.ts';
import { HubRest } from '../../../src/extension/hubConnection/hubRest.ts';
import { HubShare } from '../../../src/extension/hubConnection/hubShare.ts';
import { startWholeHub, type WholeHub } from '../../../src/hub/server/wholeHub.ts';
import type { HubAgent } from '../../../src/protocol/hubWire/hubRest.ts';
import { HubLink } from '../../../src/runner/hubLink/hubLink.ts';
import type { KnownAgents } from '../../../src/runner/sharedAgents/recordedFleet.ts';
import { JournalFleet, TestTerminal } from '../../support/journalFleet.ts';

const SLOW_MS = 30_000;
const person = { name: 'ann', password: 'a long password' };
const timers = { firstMs: 50, longestMs: 200, gatherMs: 5, rowsMs: 5 };

describe('an editor at a hub', function () {
  this.timeout(60_000);
  let folder: string;
  let hub: WholeHub;
  let token: string;
  let fleet: JournalFleet;
  const owned: { dispose(): void }[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-editor-'));
    process.env['XDG_STATE_HOME'] = join(folder, 'state');
    hub = await start(0);
    const setup = /token=([^&]+)/.exec(hub.adminLink ?? '')?.[1] ?? '';
    const answer = await fetch(`${hub.url}/api/auth/setup`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: decodeURIComponent(setup), ...person }) });
    assert.equal(answer.status, 200);
    token = await new HubRest(hub.url).signIn(person.name, person.password);
    fleet = new JournalFleet();
  });
  afterEach(async () => {
    for (const one of owned.splice(0).reverse()) one.dispose();
    await hub.close();
    await fleet.end();
    delete process.env['XDG_STATE_HOME'];
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (port: number): Promise<WholeHub> => startWholeHub({ host: '127.0.0.1', port, dataFolder: join(folder, 'hub'), log: silentLog });

  async function share(): Promise<HubLink> {
    const runnerId = await new HubRest(hub.url, token).register('1.0');
    const link = new HubLink({ serverUrl: hub.url, runnerId, token, fleet, timers });
    owned.push(link);
    link.start();
    return link;
  }

  function watch(isOwn: (runnerId: string) => boolean = () => false): { readonly live: HubLive; readonly agents: HubAgents; readonly until: (fits: (agents: readonly HubAgent[]) => boolean, what: string) => Promise<readonly HubAgent[]> } {
    const live = new HubLive({ serverUrl: hub.url, token: () => Promise.resolve(token), timers });
    const agents = new HubAgents(isOwn);
    owned.push(live);
    live.onFrame((frame) => agents.take(frame));
    live.start();
    const until = async (fits: (agents: readonly HubAgent[]) => boolean, what: string): Promise<readonly HubAgent[]> => {
      if (!fits(agents.list())) await waitForEvent(agents.onDidChange, () => fits(agents.list()), { timeoutMs: SLOW_MS, what: `${what}; there are ${JSON.stringify(agents.list())}` });
      return agents.list();
    };
    return { live, agents, until };
  }

  it('signs in by name and password, and says in a sentence what is wrong', async () => {
    assert.deepEqual({ ...(await new HubRest(hub.url, token).me()), user_id: '', org_id: '' }, { user_id: '', name: 'ann', org_id: '', org_name: (await new HubRest(hub.url, token).me()).org_name, role: 'admin' });
    await assert.rejects(new HubRest(hub.url).signIn('ann', 'something else'), (error) => isAgentsError(error) && /name|password/i.test(error.message));
    await assert.rejects(new HubRest(hub.url, 'nonsense').me(), (error) => isAgentsError(error));
    await assert.rejects(new HubRest('http://127.0.0.1:9', token).me(), (error) => isAgentsError(error, 'disconnected'));
    assert.throws(() => new HubRest('ftp://x'), (error) => isAgentsError(error, 'bad-input'));
    // The same machine is the same runner.
    assert.equal(await new HubRest(hub.url, token).register('1.0'), await new HubRest(hub.url, token).register('1.1'));
  });

  it("sees other machines' agents come, change and go, and not its own", async () => {
    const { until } = watch();
    await fleet.add('s-1', { name: 'fixer', title: 'Fix it' });
    await share();
    const [agent] = await until(([first]) => first?.name === 'fixer' && first.connected, 'the agent');
    assert(agent !== undefined);
    assert.deepEqual([agent.title, agent.provider_id, agent.terminal], ['Fix it', 'claude_code', true]);
    fleet.change('s-1', { status: { state: 'waiting', kind: 'permission', text: 'May I?' }, asks: [{ id: 'a-1', kind: 'permission', text: 'May I?', since: 1, answerable: true }] });
    await until(([first]) => first?.asks.length === 1, 'what it asks');
    const own = watch((runnerId) => runnerId === agent.runner_id);
    await waitForEvent(own.live.onFrame, ({ type }) => type === 'fleet', { timeoutMs: SLOW_MS, what: 'the fleet' });
    assert.deepEqual(own.agents.list(), []);
    for (const link of owned.splice(0, owned.length)) if (link instanceof HubLink) link.dispose(); else owned.push(link);
    await until(([first]) => first?.connected === false, 'its runner to be away');
  });

  it('acts on them: prompts, answers, interrupts, ends, looks at the work', async () => {
    await fleet.add('s-1');
    await share();
    const { until } = watch();
    const [agent] = await until(([first]) => first?.connected === true, 'the agent');
    const rest = new HubRest(hub.url, token);
    const id = agent?.id ?? '';
    fleet.answer = (_, request) => Promise.resolve(request.method === 'diff' ? { diff: '+x\n', cut: false } : request.method === 'queue' ? [{ id: 'p1', text: 'later', at: 1 }] : undefined);
    await rest.prompt(id, 'go on');
    await rest.answer(id, { ask_id: 'a-1', decision: 'deny', note: 'no' });
    await rest.interrupt(id);
    await rest.kill(id);
    assert.deepEqual(await rest.diff(id), { diff: '+x\n', cut: false });
    assert.equal((await rest.queue(id))[0]?.text, 'later');
    assert.deepEqual(fleet.requests.map(({ sessionId, request }) => [sessionId, request.method]), ['prompt', 'answer', 'interrupt', 'kill', 'diff', 'queue'].map((method) => ['s-1', method]));
    await assert.rejects(rest.prompt('nobody', 'x'), (error) => isAgentsError(error, 'not-found'));
  });

  it('opens a terminal: a snapshot, what is printed, keys; and again after the hub was away', async () => {
    await fleet.add('s-1');
    const terminal = new TestTerminal();
    fleet.terminals.set('s-1', terminal);
    await share();
    const { live, until } = watch();
    const [agent] = await until(([first]) => first?.connected === true, 'the agent');
    const shown = new Emitter<TerminalFrame>();
    const heard: TerminalFrame[] = [];
    owned.push(live.joinTerminal(agent?.id ?? '', (frame) => {
      heard.push(frame);
      shown.fire(frame);
    }));
    const text = (): string => heard.map((frame) => (frame.type === 'terminal' ? frame.data : '')).join('');
    const showing = async (words: string): Promise<void> => {
      if (!text().includes(words)) await waitForEvent(shown.event, () => text().includes(words), { timeoutMs: SLOW_MS, what: `"${words}"; it shows ${JSON.stringify(heard)}` });
    };
    await showing('$ ');
    const first = heard.find((frame) => frame.type === 'terminal');
    assert.deepEqual([first?.snapshot, first?.columns, first?.rows], [true, 80, 24]);
    terminal.print('hello there');
    await showing('hello there');
    live.send({ type: 'terminal_take', session_id: agent?.id ?? '' });
    live.send({ type: 'terminal_write', session_id: agent?.id ?? '', data: 'ls\r' });
    live.send({ type: 'terminal_resize', session_id: agent?.id ?? '', columns: 100, rows: 40 });
    await waitForEvent(terminal.onSize, () => true, { timeoutMs: SLOW_MS, what: 'the size' });
    assert.deepEqual([terminal.keys.join(''), terminal.sizes], ['ls\r', ['100x40']]);
    const port = Number(new URL(hub.url).port);
    await hub.close();
    heard.length = 0;
    hub = await start(port);
    await showing('hello there');
    assert.ok(heard.some((frame) => frame.type === 'terminal' && frame.snapshot === true));
  });

  it('tells of a machine from one window, and from another when that one goes', async () => {
    const agents: KnownAgents = { list: () => [], pending: () => [], onDidChange: new Emitter<void>().event, use: () => Promise.reject(new Error('not in this test')) };
    let runnerId: string | undefined;
    const accounts = { runnerId: () => runnerId, keepRunnerId: (_: string, id: string) => Promise.resolve(void (runnerId = id)) };
    const window = (): HubShare => {
      const made = new HubShare({ account: { url: hub.url, token }, accounts, agents, terminals: false, version: '1.0', log: silentLog });
      owned.push(made);
      return made;
    };
    const first = window();
    await waitForEvent(first.onDidChangeState, ({ state }) => state === 'connected', { timeoutMs: SLOW_MS, what: 'the first window' });
    const second = window();
    assert.deepEqual(second.state, { state: 'elsewhere' });
    const taken = waitForEvent(second.onDidChangeState, ({ state }) => state === 'connected', { timeoutMs: SLOW_MS, what: 'the second window' });
    first.dispose();
    await taken;
    assert.equal(runnerId, await new HubRest(hub.url, token).register('1.0'));
  });

  it('goes on trying to tell of a machine after a fault that passes, and after a refusal once a person acts', async () => {
    const answers = [502, 403];
    const proxy = createServer((_request, response) => void response.writeHead(answers.shift() ?? 500).end('<html>'));
    owned.push({ dispose: () => void proxy.close() });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    assert(address !== null && typeof address === 'object');
    const agents: KnownAgents = { list: () => [], pending: () => [], onDidChange: new Emitter<void>().event, use: () => Promise.reject(new Error('not in this test')) };
    const accounts = { runnerId: () => undefined, keepRunnerId: () => Promise.resolve() };
    const share = new HubShare({ account: { url: `http://127.0.0.1:${address.port}`, token }, accounts, agents, terminals: false, version: '1.0', log: silentLog });
    owned.push(share);
    const next = (state: string): Promise<unknown> => waitForEvent(share.onDidChangeState, (now) => now.state === state, { timeoutMs: SLOW_MS, what: state });
    await next('waiting');
    for (const state of ['refused', 'waiting']) {
      const then = next(state);
      share.retry();
      await then;
    }
  });
});
