import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import { AgentsError } from '../../../src/base/errors.ts';
import { waitFor, waitForEvent } from '../../../src/base/wait.ts';
import { HubLink, type HubLinkOptions } from '../../../src/runner/hubLink/hubLink.ts';
import type { HubLinkState } from '../../../src/runner/hubLink/ports.ts';
import { JournalFleet, TestTerminal } from '../../support/journalFleet.ts';
import { SibylServer, type SibylOptions } from '../../support/sibylServer.ts';
import { SilentProxy } from '../../support/silentProxy.ts';

const SLOW_MS = 30_000;
const timers = { firstMs: 50, longestMs: 200, provenMs: 100, gatherMs: 5, rowsMs: 5, requestMs: 2_000 };

describe('a hub link', () => {
  let fleet: JournalFleet;
  let server: SibylServer;
  const links: HubLink[] = [];
  const ends: (() => Promise<void>)[] = [];
  const warnings: string[] = [];

  beforeEach(() => {
    fleet = new JournalFleet();
    warnings.length = 0;
  });
  afterEach(async () => {
    for (const link of links.splice(0)) link.dispose();
    await Promise.all(ends.splice(0).map((end) => end()));
    await fleet.end();
  });

  async function open(options: SibylOptions = {}): Promise<SibylServer> {
    const opened = await SibylServer.open(options);
    ends.push(() => opened.close());
    return opened;
  }

  function connect(serverUrl: string, more: Partial<HubLinkOptions> = {}): HubLink {
    const keep = (message: string): void => void warnings.push(message);
    const quiet = (): void => undefined;
    const link = new HubLink({ serverUrl, runnerId: 'runner 1', token: 'secret-token', fleet, instance: 'i-1', clientVersion: 'test 1', log: { trace: quiet, debug: quiet, info: quiet, warn: keep, error: keep }, ...more, timers: { ...timers, ...more.timers } });
    links.push(link);
    link.start();
    return link;
  }

  const state = (link: HubLink, wanted: HubLinkState['state']): Promise<HubLinkState> =>
    link.state.state === wanted ? Promise.resolve(link.state) : waitForEvent(link.onDidChangeState, (now) => now.state === wanted, { timeoutMs: SLOW_MS, what: `the link to be ${wanted}` });
  const stored = (sessionId: string, count: number): Promise<unknown> => server.until(() => server.memory.seqOf(sessionId) === count, `${count} events of ${sessionId}; it has ${server.memory.seqOf(sessionId)}`);
  const isWhole = (): void => {
    assert.deepEqual(server.faults, []);
    assert.equal(server.memory.doubles, 0, 'events came twice');
    assert.equal(server.memory.gaps, 0, 'events came too early');
  };

  it('says who it is, what it shares, and sends what the hub has not', async () => {
    await fleet.add('s-1', { title: 'fix it' });
    fleet.write('s-1', 5);
    await fleet.journal('s-1').flush();
    server = await open();
    const link = connect(server.url);
    const hello = await server.frame('hello');
    assert.equal(server.runner.request.headers.authorization, 'Bearer secret-token');
    assert.equal(server.runner.runnerId, 'runner 1');
    assert.deepEqual([hello.protocol, hello.client, hello.instance, hello.sessions.map(({ session_id: id, title }) => [id, title])], [1, 'test 1', 'i-1', [['s-1', 'fix it']]]);
    await stored('s-1', 5);
    assert.deepEqual(link.state, { state: 'connected', since: link.state.state === 'connected' ? link.state.since : 0, extension: true });
    fleet.write('s-1', 3);
    await stored('s-1', 8);
    isWhole();
  });

  it('tells of sessions that come, change and go; of many changes the newest', async () => {
    server = await open();
    connect(server.url);
    await server.frame('hello');
    await fleet.add('s-1');
    fleet.write('s-1', 2);
    await stored('s-1', 2);
    for (let at = 1; at <= 100; at++) fleet.change('s-1', { queued_prompts: at });
    await server.until(() => server.memory.rows.get('s-1')?.queued_prompts === 100, 'the newest row');
    assert.ok(server.runner.frames.filter(({ type }) => type === 'session').length < 10);
    fleet.remove('s-1');
    await server.frame('session_gone');
    isWhole();
  });

  it('brings every event once and in order while the hub comes and goes', async function () {
    this.timeout(60_000);
    server = await open();
    const { memory, port } = server;
    connect(server.url);
    await Promise.all(['a', 'b', 'c'].map((id) => fleet.add(id)));
    await server.connected();
    for (let round = 0; round < 4; round++) {
      for (const id of ['a', 'b', 'c']) fleet.write(id, 700, 'x'.repeat(300));
      await server.until(() => memory.seqOf('a') > round * 700, 'some events');
      await server.close();
      for (const id of ['a', 'b', 'c']) fleet.write(id, 300);
      server = await open({ port, memory });
    }
    await Promise.all(['a', 'b', 'c'].map((id) => stored(id, 4_000)));
    for (const id of ['a', 'b', 'c']) assert.deepEqual(memory.events.get(id)?.map(({ seq }) => seq), Array.from({ length: 4_000 }, (_, at) => at + 1));
    isWhole();
  });

  it('has no more on the way than the hub acknowledges, and goes on with the acknowledgement', async () => {
    await fleet.add('s-1');
    fleet.write('s-1', 6_000);
    await fleet.journal('s-1').flush();
    server = await open();
    server.acksEvents = false;
    connect(server.url);
    await stored('s-1', 2_000);
    fleet.write('s-1', 500);
    // Answered in the order of the socket: whatever more it would send is here by then.
    server.runner.send({ type: 'request', id: 'r', session_id: 's-1', request: { method: 'queue' }, by: 'ann' });
    await server.frame('response');
    assert.equal(server.memory.seqOf('s-1'), 2_000);
    server.acksEvents = true;
    server.runner.send({ type: 'events_ack', session_id: 's-1', seq: 2_000 });
    await stored('s-1', 6_500);
    isWhole();
  });

  it('resumes where the hub says, also in between', async () => {
    await fleet.add('s-1');
    fleet.write('s-1', 50);
    await fleet.journal('s-1').flush();
    server = await open();
    connect(server.url);
    await stored('s-1', 50);
    server.memory.events.get('s-1')?.splice(20);
    server.runner.send({ type: 'resume', sessions: [{ session_id: 's-1', after_seq: 20 }] });
    await stored('s-1', 50);
    fleet.write('s-1', 1);
    await stored('s-1', 51);
    isWhole();
  });

  it('keeps the numbers whole where the disk has lost events, and what no frame holds', async () => {
    await fleet.add('s-1');
    fleet.write('s-1', 10);
    fleet.journal('s-1').append({ type: 'TERMINAL_CHUNK', data: 'x'.repeat(1_500_000), stream: 'stdout' });
    await fleet.journal('s-1').flush();
    const read = fleet.readEvents.bind(fleet);
    fleet.readEvents = async function* (id, from) {
      for await (const event of read(id, from)) if (event.seq < 4 || event.seq > 6) yield event;
    };
    server = await open();
    connect(server.url);
    await stored('s-1', 11);
    const kinds = server.memory.events.get('s-1')?.map((event) => (event.type === 'PROVIDER_EVENT_FORWARDED' ? event.providerEvent['kind'] : ''));
    assert.deepEqual(kinds, ['', '', '', 'lost', 'lost', 'lost', '', '', '', '', 'too_long']);
    isWhole();
  });

  it('reads no journal for what it has just heard', async () => {
    server = await open();
    connect(server.url);
    await fleet.add('s-1');
    fleet.write('s-1', 1);
    await stored('s-1', 1);
    const { reads } = fleet;
    for (let at = 2; at <= 20; at++) {
      fleet.write('s-1', 1);
      await stored('s-1', at);
    }
    assert.equal(fleet.reads, reads);
    isWhole();
  });

  it('answers requests, faults as they are, each once', async () => {
    await fleet.add('s-1');
    server = await open();
    connect(server.url);
    await server.frame('hello');
    fleet.answer = (_, request) => (request.method === 'kill' ? Promise.reject(new AgentsError('not-found', 'It is gone.', { hint: 'Look again.' })) : Promise.resolve({ took: request.method }));
    const { runner } = server;
    runner.send({ type: 'request', id: '1', session_id: 's-1', request: { method: 'prompt', text: 'go on' }, by: 'ann' });
    assert.deepEqual((await server.frame('response', ({ id }) => id === '1')).result, { took: 'prompt' });
    assert.deepEqual(fleet.requests[0], { sessionId: 's-1', request: { method: 'prompt', text: 'go on' }, by: 'ann' });
    runner.send({ type: 'request', id: '2', session_id: 's-1', request: { method: 'kill' }, by: 'ann' });
    assert.deepEqual((await server.frame('response_error', ({ id }) => id === '2')).error, { reason: 'not-found', message: 'It is gone.', hint: 'Look again.' });
    runner.send({ type: 'request', id: '3', session_id: 's-1', request: { method: 'dance' }, by: 'ann' });
    assert.equal((await server.frame('response_error', ({ id }) => id === '3')).error.reason, 'bad-input');
    fleet.answer = () => Promise.resolve('x'.repeat(2_000_000));
    runner.send({ type: 'request', id: '4', session_id: 's-1', request: { method: 'diff' }, by: 'ann' });
    assert.equal((await server.frame('response_error', ({ id }) => id === '4')).error.reason, 'limit-reached');
    isWhole();
  });

  it('answers a request in time, and no more of them at once than it can', async () => {
    await fleet.add('s-1');
    server = await open();
    connect(server.url, { timers: { requestMs: 200 } });
    await server.frame('hello');
    let running = 0;
    let most = 0;
    fleet.answer = () => {
      most = Math.max(most, ++running);
      return new Promise((resolve) => setTimeout(resolve, 50)).finally(() => running--);
    };
    for (let at = 0; at < 300; at++) server.runner.send({ type: 'request', id: `r${at}`, session_id: 's-1', request: { method: 'queue' }, by: 'ann' });
    const answers = (): number => server.runner.frames.filter(({ type }) => type === 'response' || type === 'response_error').length;
    await server.until(() => answers() === 300, 'all answers');
    assert.ok(most <= 16, `${most} at once`);
    assert.ok(server.runner.frames.some((frame) => frame.type === 'response_error' && frame.error.reason === 'limit-reached'));
    fleet.answer = () => new Promise(() => undefined);
    server.runner.send({ type: 'request', id: 'never', session_id: 's-1', request: { method: 'queue' }, by: 'ann' });
    assert.equal((await server.frame('response_error', ({ id }) => id === 'never')).error.reason, 'timeout');
  });

  it('lives on after frames that are none, too long, or unknown', async () => {
    await fleet.add('s-1');
    server = await open();
    const link = connect(server.url);
    const { socket } = await server.connected();
    await server.frame('hello');
    for (const text of ['', '{', 'null', '[]', '"hello"', '{"type":7}', '{"type":"party"}', '{"type":"resume"}', '{"type":"events_ack","session_id":"s-1","seq":-1}', JSON.stringify({ type: 'heartbeat', pad: 'x'.repeat(1_100_000) })]) socket.send(text);
    socket.send(Buffer.from([0xff, 0xfe, 0x00]), { binary: false });
    socket.send(Buffer.from('{"type":"heart'), { binary: true });
    socket.send(JSON.stringify({ type: 'task_assign', task_id: 't-1', agent_id: 'a-1', config: { prompt: 5 } }));
    assert.match((await server.frame('task_reject', ({ task_id: id }) => id === 't-1')).reason, /malformed/);
    socket.send(JSON.stringify({ type: 'task_assign', task_id: 't-2', agent_id: 'a-2', config: { prompt: 'go' } }));
    assert.match((await server.frame('task_reject', ({ task_id: id }) => id === 't-2')).reason, /runner_draining/);
    server.beat();
    await server.frame('heartbeat_ack');
    assert.equal(link.state.state, 'connected');
    assert.equal(server.sockets.length, 1);
    assert.equal(warnings.filter((warning) => warning.startsWith('A frame of the hub')).length, 13);
  });

  it('shows terminals: the screen, then what is printed; takes keys and sizes', async () => {
    await fleet.add('s-1');
    const terminal = new TestTerminal();
    fleet.terminals.set('s-1', terminal);
    server = await open();
    connect(server.url);
    await server.frame('hello');
    const { runner } = server;
    const shown = (): string => runner.frames.flatMap((frame) => (frame.type === 'terminal' ? [(frame.reset === true ? `[${frame.columns}x${frame.rows}]` : '') + frame.data] : [])).join('');
    runner.send({ type: 'terminal_open', session_id: 's-1' });
    await server.until(() => shown() === '[80x24]$ ', 'the screen');
    runner.send({ type: 'terminal_input', session_id: 's-1', data: 'l', by: 'ann' });
    runner.send({ type: 'terminal_input', session_id: 's-1', data: 's\r', by: 'ann' });
    runner.send({ type: 'terminal_resize', session_id: 's-1', columns: 100, rows: 30 });
    await server.until(() => (server.beat(), terminal.sizes.length === 1), 'the size');
    assert.deepEqual([terminal.keys, terminal.sizes], [['l', 's\r'], ['100x30']]);
    terminal.print('ls\r\nreadme.txt\r\n');
    await server.until(() => shown() === '[80x24]$ ls\r\nreadme.txt\r\n', 'the output');
    // Once more: the whole screen.
    runner.send({ type: 'terminal_open', session_id: 's-1' });
    await server.until(() => shown() === '[80x24]$ ls\r\nreadme.txt\r\n[80x24]$ ls\r\nreadme.txt\r\n', 'the screen anew');
    assert.deepEqual([terminal.opened, terminal.closed], [2, 1]);
    terminal.end('It ended.');
    assert.equal((await server.frame('terminal_ended')).reason, 'It ended.');
    assert.equal(terminal.closed, 2);
    runner.send({ type: 'terminal_open', session_id: 's-2' });
    assert.match((await server.frame('terminal_ended', ({ session_id: id }) => id === 's-2')).reason ?? '', /not shared/);
    isWhole();
  });

  it('lets a terminal go with the socket', async () => {
    await fleet.add('s-1');
    const terminal = new TestTerminal();
    fleet.terminals.set('s-1', terminal);
    server = await open();
    const link = connect(server.url);
    await server.frame('hello');
    server.runner.send({ type: 'terminal_open', session_id: 's-1' });
    await server.frame('terminal');
    server.runner.socket.terminate();
    await state(link, 'waiting');
    assert.equal(terminal.closed, 1);
  });

  it('drops terminal bytes, not events, while the hub reads slowly, and draws the screen anew', async function () {
    this.timeout(60_000);
    await fleet.add('s-1');
    const terminal = new TestTerminal();
    fleet.terminals.set('s-1', terminal);
    server = await open();
    connect(server.url);
    await server.frame('hello');
    const { runner } = server;
    runner.send({ type: 'terminal_open', session_id: 's-1' });
    await server.frame('terminal');
    runner.socket.pause();
    // What the kernel holds is limited: the rest waits here.
    for (let at = 0; at < 2_000; at++) {
      terminal.print(`${at} ${'y'.repeat(20_000)}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    fleet.write('s-1', 100);
    terminal.print('THE END');
    runner.socket.resume();
    await stored('s-1', 100);
    await server.until(() => runner.frames.some((frame) => frame.type === 'terminal' && frame.reset === true && frame.data.endsWith('THE END')), 'the screen anew');
    const bytes = runner.frames.reduce((sum, frame) => sum + (frame.type === 'terminal' ? frame.data.length : 0), 0);
    assert.ok(bytes < 20_000_000, `${bytes} characters were sent`);
    isWhole();
  });

  it('holds no more than it must, whatever a hub does that does not read', async function () {
    this.timeout(60_000);
    await fleet.add('s-1');
    const terminal = new TestTerminal();
    fleet.terminals.set('s-1', terminal);
    server = await open();
    connect(server.url);
    await server.frame('hello');
    const { runner } = server;
    fleet.answer = () => Promise.resolve('z'.repeat(500_000));
    runner.socket.pause();
    for (let at = 0; at < 20_000; at++) {
      runner.send({ type: 'terminal_open', session_id: 's-1' });
      runner.send({ type: 'terminal_resize', session_id: 's-1', columns: 80 + (at % 50), rows: 24 });
      runner.send({ type: 'request', id: `r${at}`, session_id: 's-1', request: { method: 'queue' }, by: 'x'.repeat(500) });
    }
    fleet.write('s-1', 500, 'y'.repeat(20_000));
    const heard = waitForEvent(terminal.onKeys, () => true, { timeoutMs: SLOW_MS, what: 'the last that the hub says' });
    runner.send({ type: 'terminal_input', session_id: 's-1', data: 'x', by: 'ann' });
    await heard;
    assert.ok(fleet.requests.length < 1_000, `${fleet.requests.length} requests were begun`);
    assert.ok(terminal.opened < 1_000, `the terminal was opened ${terminal.opened} times`);
    assert.equal(terminal.sizes.at(-1), '129x24');
    runner.socket.resume();
    await stored('s-1', 500);
    isWhole();
  });

  it('reconnects to a hub of which nothing is heard', async () => {
    await fleet.add('s-1');
    server = await open();
    const proxy = await SilentProxy.open(server.port);
    ends.push(() => proxy.close());
    const link = connect(`http://127.0.0.1:${proxy.port}`, { timers: { silenceMs: 12_000, pingMs: 200 } });
    await server.frame('hello');
    // Its pings are answered: a hub that says nothing is no dead one.
    const pings = once(server.runner.socket, 'ping', 10);
    await waitFor(pings, { timeoutMs: SLOW_MS, what: 'ten pings' });
    assert.equal(proxy.count, 1);
    proxy.silence();
    fleet.write('s-1', 3);
    const waiting = await state(link, 'waiting');
    assert.match(waiting.state === 'waiting' ? waiting.reason : '', /Nothing was heard of the hub for [0-5] s/, 'by its pings, long before its silence');
    proxy.speak();
    await state(link, 'connected');
    await stored('s-1', 3);
    isWhole();
  });

  it('says why it waits, and is refused only where trying again cannot help', async () => {
    let refusal: { readonly status: number } | { readonly code: number; readonly reason: string } | undefined = { status: 503 };
    server = await open({ refuse: () => refusal });
    const link = connect(server.url);
    const waiting = await state(link, 'waiting');
    assert.match(waiting.state === 'waiting' ? waiting.reason : '', /503/);
    refusal = { code: 1008, reason: 'Authentication required' };
    const refused = await state(link, 'refused');
    assert.deepEqual(refused, { state: 'refused', reason: 'The hub refuses this runner: Authentication required.' });
    refusal = undefined;
    link.start();
    await state(link, 'connected');
    server.runner.socket.close(1000, 'Replaced by new connection');
    assert.deepEqual(await state(link, 'refused'), { state: 'refused', reason: 'Another runner connected with this id.' });
    refusal = { status: 401 };
    link.start();
    assert.deepEqual(await waitForEvent(link.onDidChangeState, (now) => now.state === 'refused', { timeoutMs: SLOW_MS, what: 'the refusal' }), { state: 'refused', reason: 'The hub refuses the token (401).' });
  });

  it('asks for a token each time, and without one waits for a person', async () => {
    let token: string | undefined;
    server = await open();
    const link = connect(server.url, { token: () => Promise.resolve(token) });
    assert.match(JSON.stringify(await state(link, 'refused')), /no token/);
    token = 'late';
    link.start();
    await state(link, 'connected');
    assert.equal(server.runner.request.headers.authorization, 'Bearer late');
    token = 'new\nline';
    server.runner.socket.terminate();
    assert.match(JSON.stringify(await state(link, 'refused')), /cannot be used/);
  });

  it('says goodbye, and nothing after it', async () => {
    server = await open();
    const link = connect(server.url);
    await server.frame('hello');
    const { runner } = server;
    link.dispose();
    await server.until(() => runner.isClosed, 'the end');
    assert.equal(server.sockets.length, 1);
  });
});

function once(emitter: EventEmitter, event: string, count: number): Promise<void> {
  return new Promise((resolve) => emitter.on(event, () => --count === 0 && resolve()));
}
