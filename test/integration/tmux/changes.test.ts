// What tmux tells by itself: programs that end, sessions that come and go, output, formats; and what becomes of it when the connection breaks.
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { isAgentsError } from '../../../src/base/errors.ts';
import { Emitter } from '../../../src/base/event.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { TmuxService } from '../../../src/tmux/tmuxService.ts';
import { processEnds } from '../../support/agentWaits.ts';
import { needs } from '../../support/requirements.ts';
import { FreshServer, freshServerForEach, hexEcho, PaneReader, panesUntil } from './freshServer.ts';

const stay = ['cat', '-'];

describe('what tmux tells by itself', function () {
  let server: FreshServer;
  let tmux: TmuxService;

  freshServerForEach((fresh, service) => {
    server = fresh;
    tmux = service;
  });

  it('knows the exit code of twenty short-lived programs, each within 3 s', async function () {
    this.timeout(70_000);
    for (let code = 1; code <= 20; code++) {
      const { paneId } = await tmux.newSession({ name: `short ${code}`, argv: ['/bin/sh', '-c', `exit ${code}`] });
      const panes = await panesUntil(tmux, (now) => now.some(({ id, dead }) => id === paneId && dead !== undefined), 3_000);
      assert.deepEqual(panes.find(({ id }) => id === paneId)?.dead, { code });
    }
  });

  it('tells a program that a signal ended', async () => {
    const { paneId } = await tmux.newSession({ name: 'agent', argv: ['/bin/sh', '-c', 'kill -9 $$'] });
    const panes = await panesUntil(tmux, (now) => now.every(({ dead }) => dead !== undefined));
    assert.deepEqual(panes.find(({ id }) => id === paneId)?.dead, { code: null, signal: 'SIGKILL' });
  });

  it('keeps the last words of a program that has ended', async () => {
    const { paneId } = await tmux.newSession({ name: 'agent', argv: ['/bin/sh', '-c', 'echo last words; read x; exit 2'] });
    const reader = new PaneReader(tmux, paneId);
    await reader.ready('last words');
    await tmux.sendKeyNames(paneId, ['Enter']);
    await panesUntil(tmux, (now) => now[0]?.dead?.code === 2);
    assert.equal((await tmux.capture(paneId, {})).split('\n')[0], 'last words');
  });

  it('fires for sessions and windows that others make, rename and end', async () => {
    const steps: readonly (readonly string[])[] = [
      ['new-session', '-d', '-s', 'by hand', 'cat', '-'],
      ['new-window', '-d', '-t', '=by hand:', 'cat', '-'],
      ['split-window', '-d', '-t', '=by hand:0', 'cat', '-'],
      ['rename-window', '-t', '=by hand:0', 'first'],
      ['rename-session', '-t', '=by hand', 'other'],
      ['kill-window', '-t', '=other:1'],
      ['kill-session', '-t', '=other'],
    ];
    for (const step of steps) {
      const changed = waitForEvent(tmux.onDidChangeTree, () => true, { timeoutMs: 3_000, what: `the event for ${step[0]}` });
      server.tmux(...step);
      await changed;
      await tmux.listPanes();
    }
    assert.deepEqual(await panesUntil(tmux, (now) => now.length === 0), []);
  });

  it('shows the output of a window that somebody else made', async () => {
    server.tmux('new-session', '-d', '-s', 'by hand', ...hexEcho);
    const [pane] = await panesUntil(tmux, (now) => now.length === 1);
    assert.ok(pane);
    const reader = new PaneReader(tmux, pane.id);
    await reader.ready();
    await tmux.sendLiteral(pane.id, 'hi');
    await reader.until((text) => text === '6869');
  });

  it('is seen by a second face at once: sessions, output, exit', async () => {
    const second = server.service();
    await second.connect();
    const { paneId } = await tmux.newSession({ name: 'agent', argv: hexEcho, paneOptions: { '@tmux-agents': 'record' } });
    const [pane] = await panesUntil(second, (now) => now.length === 1);
    assert.deepEqual([pane?.id, pane?.record], [paneId, 'record']);
    const reader = new PaneReader(second, paneId);
    await reader.ready();
    await tmux.sendLiteral(paneId, 'x');
    await reader.until((text) => text.endsWith('78'));
    tmux.dispose();
    await second.killSession('agent');
    assert.deepEqual(await second.listPanes(), []);
  });

  it('follows a format until it is told to stop', async () => {
    const { paneId } = await tmux.newSession({ name: 'agent', argv: stay });
    const values: string[] = [];
    const seen = new Emitter<string>();
    const following = tmux.subscribeFormat({ name: 'note', what: '%*', format: '#{@note}' }, ({ pane, value }) => {
      if (pane === paneId) values.push(value);
      seen.fire(value);
    });
    const changed = waitForEvent(seen.event, (value) => value === 'a : b', { timeoutMs: 4_000, what: 'the value' });
    await tmux.setOption('pane', paneId, '@note', 'a : b');
    await changed;
    following.dispose();
    assert.equal(values.at(-1), 'a : b');
    assert.throws(() => tmux.subscribeFormat({ name: 'a:b', what: '', format: 'x' }, () => undefined), (error) => isAgentsError(error));
  });

  it('reconnects when its stream breaks, says what may have been missed, and sees output again', async () => {
    const { paneId } = await tmux.newSession({ name: 'agent', argv: hexEcho });
    const reader = new PaneReader(tmux, paneId);
    await reader.ready();
    const states: string[] = [];
    tmux.onDidChangeConnection(({ state }) => states.push(state));
    const lost = waitForEvent(tmux.onDidLoseOutput, ({ panes }) => panes === undefined, { timeoutMs: 5_000, what: 'the warning' });
    const client = Number(server.tmux('list-clients', '-F', '#{client_pid}').trim());
    process.kill(client, 'SIGKILL');
    await lost;
    assert.deepEqual(states, ['disconnected', 'connecting', 'connected']);
    await tmux.sendLiteral(paneId, 'k');
    await reader.until((text) => text === '6b');
    assert.deepEqual((await tmux.listSessions()).map(({ name }) => name), ['agent']);
  });

  it('fails commands under way when the server dies, and serves the next from a new one', async () => {
    await tmux.newSession({ name: 'agent', argv: stay });
    const pid = Number(server.tmux('display-message', '-p', '#{pid}').trim());
    process.kill(pid, 'SIGSTOP');
    const underWay = tmux.listPanes();
    process.kill(pid, 'SIGKILL');
    await assert.rejects(underWay, (error) => isAgentsError(error, 'disconnected'));
    assert.deepEqual(await tmux.listPanes(), []);
    assert.equal(tmux.connection.state, 'connected');
  });

  it('does not bring back a server that was ended on purpose', async () => {
    const ended = waitForEvent(tmux.onDidChangeConnection, ({ state }) => state === 'disconnected', { timeoutMs: 3_000, what: 'the end' });
    await tmux.killServer();
    await ended;
    assert.equal(server.isRunning, false);
  });

  it('gives up a connection that no longer answers', async function () {
    this.timeout(30_000);
    const pid = Number(server.tmux('display-message', '-p', '#{pid}').trim());
    process.kill(pid, 'SIGSTOP');
    try {
      const down = waitForEvent(tmux.onDidChangeConnection, ({ state }) => state === 'disconnected', { timeoutMs: 15_000, what: 'the end' });
      await assert.rejects(tmux.listPanes(), (error) => isAgentsError(error, 'timeout'));
      await down;
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    assert.deepEqual(await tmux.listPanes(), []);
  });

  it('ends the server after the last agent and the last face', async () => {
    await tmux.newSession({ name: 'agent', argv: stay });
    await tmux.killSession('agent');
    const pid = Number(server.tmux('display-message', '-p', '#{pid}'));
    tmux.dispose();
    await processEnds(pid);
    assert.equal(server.isRunning, false);
  });
});

describe('a tmux server that is not ours', function () {
  let server: FreshServer;

  before(function () {
    needs(this, 'tmux');
  });

  beforeEach(() => {
    server = new FreshServer();
  });

  afterEach(() => server.dispose());

  it('is not started to be looked at', async () => {
    await assert.rejects(server.service({ mode: 'guest' }).listSessions(), (error) => isAgentsError(error));
    assert.equal(server.isRunning, false);
  });

  it('is listed and driven without a trace: no session, no option, no size', async () => {
    server.tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'mine', '-x', '77', '-y', '22', ...hexEcho);
    server.tmux('new-session', '-d', '-s', 'second', 'cat', '-');
    const state = (): string[] => ['-g', '-gw', '-s', '-gH'].map((flag) => server.tmux('show-options', flag)).concat(server.tmux('list-windows', '-a'));
    const before = state();
    const tmux = server.service({ mode: 'guest' });
    assert.deepEqual((await tmux.listSessions()).map(({ name }) => name), ['mine', 'second']);
    const [pane] = await tmux.listPanes('mine');
    assert.ok(pane);
    await new PaneReader(tmux, pane.id).ready();
    assert.match(await tmux.capture(pane.id, {}), /READY/);
    await tmux.sendKeys('mine', '0', '0', 'hi');
    await assert.rejects(tmux.setOption('session', 'mine', '@x', 'y'), (error) => isAgentsError(error, 'unsupported'));
    assert.deepEqual(state(), before);
    tmux.dispose();
    assert.deepEqual(state(), before);
  });

  it('shows the output of every session with a listener', async () => {
    for (const name of ['one', 'two', 'three']) server.tmux('-f', '/dev/null', 'new-session', '-d', '-s', name, ...hexEcho);
    const tmux = server.service({ mode: 'guest' });
    const panes = await tmux.listPanes();
    const watched = panes.map(({ id }) => waitForEvent(tmux.onDidLoseOutput, (lost) => lost.panes?.includes(id) ?? false, { timeoutMs: 3_000, what: `a client for ${id}` }));
    const readers = panes.map(({ id }) => new PaneReader(tmux, id));
    await Promise.all(watched);
    assert.equal(server.tmux('list-clients').trim().split('\n').length, 4);
    for (const [index, pane] of panes.entries()) {
      await readers[index]?.ready();
      await tmux.sendLiteral(pane.id, 'x');
      await readers[index]?.until((text) => text.endsWith('78'));
      await tmux.sendPrompt(pane.id, 'y');
      await readers[index]?.until((text) => text.endsWith('78790d'));
      readers[index]?.dispose();
    }
  });
});

describe('a tmux that cannot be used', () => {
  let server: FreshServer;

  beforeEach(() => {
    server = new FreshServer();
  });

  afterEach(() => server.dispose());

  it('is missing: says so and how to install it', async () => {
    const tmux = server.service({ tmuxPath: '/nowhere/tmux' });
    await assert.rejects(tmux.listSessions(), (error) => isAgentsError(error, 'tmux-missing') && /apt-get install tmux/.test(error.hint ?? ''));
    assert.equal(tmux.connection.state, 'disconnected');
  });

  it('is too old: names its version and the one needed', async () => {
    const old = `${server.directory}/old-tmux`;
    writeFileSync(old, '#!/bin/sh\n[ "$1" = -V ] && { echo "tmux 2.9a"; exit 0; }\necho "usage: tmux [-2CluvV]" >&2\nexit 1\n');
    chmodSync(old, 0o755);
    await assert.rejects(server.service({ tmuxPath: old }).connect(), (error) => isAgentsError(error, 'tmux-failed') && /2\.9a.*3\.2 is needed/.test(error.message));
  });

  it('does not answer: fails within the time given', async () => {
    const dumb = `${server.directory}/dumb-tmux`;
    writeFileSync(dumb, '#!/bin/sh\n[ "$1" = -V ] && exit 1\nexec sleep 60\n');
    chmodSync(dumb, 0o755);
    await assert.rejects(server.service({ tmuxPath: dumb }).connect({ timeoutMs: 200 }), (error) => isAgentsError(error, 'timeout'));
    const cancel = new AbortController();
    const connecting = server.service({ tmuxPath: dumb }).connect({ signal: cancel.signal, timeoutMs: 500 });
    cancel.abort();
    await assert.rejects(connecting, (error) => isAgentsError(error, 'cancelled'));
  });
});
