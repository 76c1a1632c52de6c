// A runner's sessions through a hub's socket: rows, requests, diffs, and the terminal, with real tmux, real git and a real WebSocket.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from '../../../src/base/disposable.ts';
import type { SessionRequest } from '../../../src/protocol/hubWire/extension.ts';
import type { SharedSession } from '../../../src/protocol/hubWire/sharedSession.ts';
import { HubLink } from '../../../src/runner/hubLink/hubLink.ts';
import { runnerFleet, type RunnerFleetOptions } from '../../../src/runner/hubLink/runnerFleet.ts';
import { needs } from '../../support/requirements.ts';
import { nothingRuns, RunnerWorld } from '../../support/runnerWorld.ts';
import { SibylServer } from '../../support/sibylServer.ts';

/** Claude Code's dialog before a command; Escape denies, anything else lets it touch the file $1. */
const askingProgram = `
stty -echo -icanon -icrnl min 1 time 0
rule=$(printf '%80s' '' | sed 's/ /─/g'); dash=$(printf '%80s' '' | sed 's/ /╌/g')
printf '\\033[2J\\033[H● Stub\\n%s\\n Bash command\\n stub command\\n%s\\n touch %s\\n%s\\n Do you want to proceed?\\n ❯ 1. Yes\\n   2. Yes, and always allow access to /work from this project\\n   3. No\\n\\n Esc to cancel · Tab to amend' "$rule" "$dash" "$1" "$dash"
esc=$(printf '\\033')
key=$(dd bs=16 count=1 2>/dev/null)
case $key in "$esc"*|3*) : ;; *) touch "$1" ;; esac
printf '\\033[2J\\033[H● It is over.\\n'
exec sleep 1000
`;

describe("a runner's sessions at a hub", function () {
  this.timeout(120_000);
  let world: RunnerWorld;
  let server: SibylServer;
  const owned: Disposable[] = [];
  let asked = 0;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  afterEach(async () => {
    for (const one of owned.splice(0).reverse()) one.dispose();
    await server?.close();
    await world?.end();
  });

  async function open(options: RunnerFleetOptions = {}): Promise<void> {
    world = await RunnerWorld.open();
    server = await SibylServer.open();
    const fleet = runnerFleet(world.runner, options);
    const link = new HubLink({ serverUrl: server.url, runnerId: 'r', token: 't', fleet, timers: { firstMs: 50, longestMs: 200, gatherMs: 5, rowsMs: 5 } });
    owned.push(fleet, link);
    link.start();
    await server.frame('hello');
  }

  const row = (sessionId: string, fits: (row: SharedSession) => boolean, what: string): Promise<SharedSession> =>
    server.until(() => {
      const found = server.memory.rows.get(sessionId);
      return found !== undefined && fits(found) && found;
    }, `${what}; its row: ${JSON.stringify(server.memory.rows.get(sessionId))}`);

  async function ask(sessionId: string, request: SessionRequest): Promise<unknown> {
    const id = `q-${++asked}`;
    server.runner.send({ type: 'request', id, session_id: sessionId, request, by: 'ann' });
    const answer = await server.until(() => server.runner.frames.find((frame) => (frame.type === 'response' || frame.type === 'response_error') && frame.id === id), `the answer to ${request.method}`);
    return answer.type === 'response_error' ? answer.error : answer.type === 'response' ? answer.result : undefined;
  }

  const shown = (sessionId: string): string => server.runner.frames.flatMap((frame) => (frame.type === 'terminal' && frame.session_id === sessionId ? [frame.data] : [])).join('');

  it('tells of a session from its start to its end, and all of its events', async () => {
    await open();
    const id = await world.shell('echo working on it; read line; echo "got $line"; exit 3', { task: 'Fix the tests\nand more' });
    const running = await row(id, ({ state, terminal }) => state === 'RUNNING' && terminal, 'a running session');
    assert.deepEqual([running.provider_id, running.title, running.branch, running.runtime_id], ['custom', 'Fix the tests', `tmux-agents/${id}`, 'local']);
    await world.output(id, 'working on it');
    assert.equal(await ask(id, { method: 'command', command: { type: 'INPUT', input: { sessionId: id, data: 'hello\r', mode: 'raw' } } }), undefined);
    const ended = await row(id, ({ ended_at: at }) => at !== undefined, 'its end');
    assert.deepEqual([ended.state, ended.status, ended.exit_code, ended.terminal], ['FAILED', { state: 'exited', exitCode: 3 }, 3, false]);
    await server.until(() => server.memory.events.get(id)?.at(-1)?.type === 'SESSION_ENDED', 'the last event');
    const journal = await world.journal(id);
    assert.deepEqual(server.memory.events.get(id), JSON.parse(JSON.stringify(journal)));
    assert.deepEqual([server.faults, server.memory.doubles, server.memory.gaps], [[], 0, 0]);
  });

  it('starts, commands and ends sessions from the hub, and says why something cannot be', async () => {
    await open();
    const config = { sessionId: 'from-hub', orgId: 'o', repoRef: { provider: 'local', path: world.repository }, checkout: { type: 'branch', ref: 'main' }, providerId: 'nobody', task: { title: 't', goal: 'g' } };
    assert.deepEqual(((await ask('from-hub', { method: 'command', command: { type: 'START', config } } as SessionRequest)) as { reason: string }).reason, 'not-found');
    const id = await world.shell('sleep 1000 & sleep 1000');
    await world.state(id, 'RUNNING');
    assert.equal(((await ask(id, { method: 'command', command: { type: 'RESUME' } })) as { reason: string }).reason, 'invalid-transition');
    assert.equal(((await ask('s-none', { method: 'queue' })) as { reason: string }).reason, 'not-found');
    assert.equal(await ask(id, { method: 'kill' }), undefined);
    await row(id, ({ ended_at: at }) => at !== undefined, 'its end');
    await nothingRuns(id);
    assert.equal(((await ask(id, { method: 'kill' })) as { reason: string }).reason, 'invalid-transition');
  });

  it('interrupts what runs', async () => {
    await open();
    // It stays for a moment: tmux 3.3a loses the last words of a program that ends at once.
    const id = await world.shell('trap "echo interrupted; sleep 2; exit 0" INT; echo ready; while :; do sleep 1; done');
    await world.output(id, 'ready');
    assert.equal(await ask(id, { method: 'interrupt' }), undefined);
    await world.output(id, 'interrupted');
  });

  it('shows what waits for a person, and takes the answer', async () => {
    await open();
    const file = join(world.home.directory, 'side-effect');
    const { sessionId: id } = await world.runner.createSession(world.request({ providerId: 'claude_code', argv: ['sh', '-c', askingProgram, 'asking', file] }));
    const waiting = await row(id, ({ asks, status }) => asks.some(({ answerable }) => answerable) && status.state === 'waiting', 'a question');
    const [first] = waiting.asks;
    assert(first !== undefined);
    assert.deepEqual([first.kind, first.category, first.command !== undefined, waiting.state], ['permission', 'shell', true, 'WAITING_FOR_APPROVAL']);
    assert.ok(first.risk !== undefined);
    assert.equal(((await ask(id, { method: 'answer', ask_id: 'no-such', decision: 'allow' })) as { reason: string }).reason, 'answered-already');
    assert.equal(existsSync(file), false);
    assert.equal(await ask(id, { method: 'answer', ask_id: first.id, decision: 'allow' }), undefined);
    const resolved = await world.event(id, 'APPROVAL_RESOLVED');
    assert.deepEqual([resolved.decision, resolved.resolvedBy], ['allow', 'ann']);
    await row(id, ({ asks }) => asks.length === 0, 'no question any more');
    await server.until(() => (server.beat(), existsSync(file)), 'what was allowed');
  });

  it('keeps prompts in a queue that can be seen and thinned', async () => {
    await open();
    const file = join(world.home.directory, 'side-effect');
    const { sessionId: id } = await world.runner.createSession(world.request({ providerId: 'claude_code', argv: ['sh', '-c', askingProgram, 'asking', file] }));
    await row(id, ({ asks }) => asks.length === 1, 'a question');
    assert.equal(await ask(id, { method: 'prompt', text: 'then do that' }), undefined);
    await row(id, ({ queued_prompts: queued }) => queued === 1, 'a queued prompt');
    const [prompt] = (await ask(id, { method: 'queue' })) as { id: string; text: string; at: number }[];
    assert.equal(prompt?.text, 'then do that');
    assert.equal(await ask(id, { method: 'unqueue', id: prompt?.id ?? '' }), undefined);
    await row(id, ({ queued_prompts: queued }) => queued === 0, 'an empty queue');
  });

  it('gives the work as a diff: committed, changed and new files, no longer than a frame holds', async () => {
    await open();
    const id = await world.shell('sleep 1000');
    await world.state(id, 'RUNNING');
    const path = world.runner.getSession(id)?.workspace?.path ?? '';
    writeFileSync(join(path, 'readme.txt'), 'two\n');
    writeFileSync(join(path, 'new file.txt'), 'API_KEY=0123456789abcdef\n');
    const small = (await ask(id, { method: 'diff' })) as { diff: string; cut: boolean };
    assert.match(small.diff, /-one\n\+two\n/);
    assert.match(small.diff, /\+API_KEY=\[redacted\]/);
    assert.equal(small.cut, false);
    writeFileSync(join(path, 'long.txt'), 'a line of a long file\n'.repeat(200_000));
    const long = (await ask(id, { method: 'diff' })) as { diff: string; cut: boolean };
    assert.equal(long.cut, true);
    assert.ok(long.diff.length > 500_000 && long.diff.length < 1_000_000);
    assert.deepEqual(server.faults, []);
  });

  it('opens the terminal: what is on it, what is printed, keys, a size; without secrets', async () => {
    await open();
    const id = await world.shell('printf "\\033[31mred\\033[0m one\\r\\n"; while read line; do case $line in size) stty size;; secret) echo "x${MY_TOKEN}x";; bye) exit 0;; *) echo "got $line";; esac; done', { env: { MY_TOKEN: 'a-secret-of-ours' } });
    await world.output(id, 'one');
    const { runner } = server;
    runner.send({ type: 'terminal_open', session_id: id });
    const first = await server.frame('terminal', ({ session_id: session }) => session === id);
    assert.equal(first.reset, true);
    assert.ok(first.columns !== undefined && first.rows !== undefined);
    assert.match(first.data, /\u001b\[31mred/);
    runner.send({ type: 'terminal_input', session_id: id, data: 'hé', by: 'ann' });
    runner.send({ type: 'terminal_input', session_id: id, data: 'llo\r', by: 'ann' });
    await server.until(() => shown(id).includes('got h'), 'the answer');
    assert.match(shown(id), /got héllo/);
    runner.send({ type: 'terminal_resize', session_id: id, columns: 91, rows: 27 });
    await server.frame('terminal', ({ reset, columns, rows }) => reset === true && columns === 91 && rows === 27);
    runner.send({ type: 'terminal_input', session_id: id, data: 'size\r', by: 'ann' });
    await server.until(() => shown(id).includes('27 91'), 'the new size');
    runner.send({ type: 'terminal_input', session_id: id, data: 'secret\r', by: 'ann' });
    await server.until(() => shown(id).includes('x[redacted]x'), 'the secret, hidden');
    assert.equal(shown(id).includes('a-secret-of-ours'), false);
    runner.send({ type: 'terminal_input', session_id: id, data: 'bye\r', by: 'ann' });
    assert.match((await server.frame('terminal_ended')).reason ?? '', /ended/);
  });

  it('loses and doubles nothing where the screen meets what is printed', async () => {
    await open();
    const id = await world.shell('read line; i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "n$i."; done; echo THE-END; sleep 1000');
    await world.state(id, 'RUNNING');
    const { runner } = server;
    runner.send({ type: 'terminal_open', session_id: id });
    runner.send({ type: 'terminal_input', session_id: id, data: 'go\r', by: 'ann' });
    // Opened again and again while it prints.
    for (let round = 0; round < 5; round++) {
      const seen = runner.frames.length;
      await server.until(() => runner.frames.slice(seen).some(({ type }) => type === 'terminal'), 'some output');
      runner.send({ type: 'terminal_open', session_id: id });
    }
    await server.until(() => shown(id).includes('THE-END'), 'the end');
    // From the last screen on, every number follows the one before.
    const frames = runner.frames.filter((frame) => frame.type === 'terminal');
    const from = frames.findLastIndex(({ reset }) => reset === true);
    const numbers = [...frames.slice(from).map(({ data }) => data).join('').matchAll(/n(\d+)\./g)].map(([, digits]) => Number(digits));
    assert.deepEqual(numbers, numbers.map((_, at) => (numbers[0] ?? 0) + at));
    assert.equal(numbers.at(-1), 3000);
  });

  it('keeps terminals to itself where it is told to', async () => {
    await open({ terminals: false });
    const id = await world.shell('sleep 1000');
    const { terminal } = await row(id, ({ state }) => state === 'RUNNING', 'a running session');
    assert.equal(terminal, false);
    server.runner.send({ type: 'terminal_open', session_id: id });
    assert.match((await server.frame('terminal_ended')).reason ?? '', /not shared/);
  });

  it('brings what happened while no hub was there, also before it was started', async () => {
    await open();
    const id = await world.shell('for i in 1 2 3; do echo "line $i"; done');
    await world.ended(id);
    await server.until(() => server.memory.events.get(id)?.at(-1)?.type === 'SESSION_ENDED', 'its events');
    for (const one of owned.splice(0).reverse()) one.dispose();
    await world.runner.stop();
    // Another process of the same runner.
    const again = world.newRunner();
    await again.start();
    const { memory } = server;
    memory.events.clear();
    const fleet = runnerFleet(again);
    const link = new HubLink({ serverUrl: server.url, runnerId: 'r', token: 't', fleet });
    owned.push(fleet, link);
    link.start();
    await server.until(() => memory.events.get(id)?.at(-1)?.type === 'SESSION_ENDED', 'its events again');
    assert.deepEqual(memory.events.get(id)?.map(({ seq }) => seq), (await world.journal(id, again)).map(({ seq }) => seq));
    assert.deepEqual([memory.doubles, memory.gaps], [0, 0]);
  });
});
