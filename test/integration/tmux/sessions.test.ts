// Sessions, windows and panes of our own server: made, named, listed, renamed and ended, whatever they are called.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import fc from 'fast-check';
import { isAgentsError, type ErrorReason } from '../../../src/base/errors.ts';
import type { TmuxService } from '../../../src/tmux/tmuxService.ts';
import { type FreshServer, freshServerForEach, PaneReader, panesUntil } from './freshServer.ts';

const stay = ['cat', '-'];

function reason(wanted: ErrorReason): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isAgentsError(error, wanted), `expected ${wanted}, got ${String(error)}`);
    return true;
  };
}

describe('sessions of our own tmux server', function () {
  let server: FreshServer;
  let tmux: TmuxService;

  freshServerForEach((fresh, service) => {
    server = fresh;
    tmux = service;
  });

  it('starts a server that shows no session of its own', async () => {
    assert.deepEqual(await tmux.listSessions(), []);
    assert.deepEqual(await tmux.listWindows(), []);
    assert.deepEqual(await tmux.listPanes(), []);
    assert.equal(tmux.connection.state, 'connected');
  });

  it('makes a session and finds it in all three lists', async () => {
    const made = await tmux.newSession({ name: 'agent-1', argv: ['/bin/sh', '-c', 'echo READY; exec cat'], cwd: '/usr', width: 90, height: 20, paneOptions: { '@tmux-agents': '{"v":1, "x":"#{y} ü"}' } });
    assert.equal(made.name, 'agent-1');
    await new PaneReader(tmux, made.paneId).ready();
    const [session] = await tmux.listSessions();
    assert.deepEqual([session?.id, session?.name, session?.windows, session?.attached], [made.sessionId, 'agent-1', 1, 0]);
    assert.ok(Math.abs((session?.created ?? 0) - Date.now() / 1000) < 60);
    const [window] = await tmux.listWindows('agent-1');
    assert.deepEqual([window?.id, window?.sessionName, window?.index, window?.active, window?.width, window?.height], [made.windowId, 'agent-1', 0, true, 90, 20]);
    const panes = await tmux.listPanes();
    assert.equal(panes.length, 1, 'linked into the monitor, yet listed once');
    const [pane] = panes;
    assert.deepEqual([pane?.id, pane?.windowId, pane?.sessionId, pane?.sessionName], [made.paneId, made.windowId, made.sessionId, 'agent-1']);
    assert.deepEqual([pane?.path, pane?.width, pane?.height, pane?.dead], ['/usr', 90, 20, undefined]);
    assert.equal(pane?.record, '{"v":1, "x":"#{y} ü"}');
    assert.ok((pane?.pid ?? 0) > 1);
  });

  const names = [
    'two words',
    'colon:and.dot',
    '"double" and \'single\'',
    'line\nbreak',
    '-leading-dash',
    '🤖 émoji 👩‍💻',
    '#{session_id}',
    '#S #[fg=red] ##[x] #',
    '#(touch /tmp/never)',
    '$1',
    '$HOME ~ `id` $(id)',
    'costs $five ${x} $',
    '=x',
    '@1',
    '%1',
    '{last}',
    '~',
    '!',
    '+1',
    'semi; colon ;',
    'back\\slash',
    '*?[a-z]',
    ' ',
    '%if x',
    '\u200bzero\u{e0001}width\uffff',
    'x'.repeat(300),
  ];
  for (const name of names) {
    it(`is safe with a session called ${JSON.stringify(name.slice(0, 40))}`, async () => {
      const other = await tmux.newSession({ name: 'other', argv: stay });
      const made = await tmux.newSession({ name, argv: stay, paneOptions: { '@tmux-agents': 'mine' } });
      const sessions = await tmux.listSessions();
      assert.deepEqual(new Set(sessions.map(({ id }) => id)), new Set([other.sessionId, made.sessionId]));
      assert.equal(sessions.find(({ id }) => id === made.sessionId)?.name, made.name, 'the name given back is the name tmux holds');
      assert.deepEqual((await tmux.listPanes(made.name)).map(({ id, record }) => [id, record]), [[made.paneId, 'mine']]);
      if (name !== '$1') assert.deepEqual((await tmux.listPanes(name)).map(({ id }) => id), [made.paneId], 'found by the wished name too');
      assert.equal((await tmux.listPanes('other'))[0]?.record, '');
      await assert.rejects(tmux.newSession({ name, argv: stay }), reason('name-taken'));
      await tmux.renameWindow(made.sessionId, '0', name);
      const window = (await tmux.listWindows(made.sessionId))[0];
      await tmux.sendKeys(made.name, '0', '0', 'hello');
      await tmux.killSession(made.name);
      assert.deepEqual((await tmux.listSessions()).map(({ id }) => id), [other.sessionId]);
      const renamed = await tmux.renameSession('other', name);
      assert.equal((await tmux.listSessions())[0]?.name, renamed);
      assert.equal(renamed, made.name);
      assert.ok(window !== undefined && window.name !== '');
      if (/^[\x20-\x7e]+$/.test(name) && !/[\\$]/.test(name)) assert.equal(window.name, name);
    });
  }

  it('makes, finds and ends a session of any name at all', async () => {
    const anyName = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((name) => !name.includes('\0'));
    await fc.assert(
      fc.asyncProperty(anyName, async (name) => {
        const made = await tmux.newSession({ name, argv: stay });
        assert.deepEqual((await tmux.listSessions()).map(({ id, name: held }) => [id, held]), [[made.sessionId, made.name]]);
        await tmux.killSession(made.name);
        assert.deepEqual(await tmux.listSessions(), []);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses names that tmux cannot hold', async () => {
    await assert.rejects(tmux.newSession({ name: '', argv: stay }), reason('bad-input'));
    await assert.rejects(tmux.newSession({ name: 'nul\0', argv: stay }), reason('bad-input'));
    await assert.rejects(tmux.newSession({ name: 'x', argv: [] }), reason('bad-input'));
    assert.deepEqual(await tmux.listSessions(), []);
  });

  it('matches names exactly: agent-1 is not agent-10', async () => {
    const ten = await tmux.newSession({ name: 'agent-10', argv: stay });
    await assert.rejects(tmux.sendKeys('agent-1', '0', '0', 'x'), reason('not-found'));
    await assert.rejects(tmux.capturePaneContent('agent-1', '0', '0'), reason('not-found'));
    await assert.rejects(tmux.renameSession('agent-1', 'new'), reason('not-found'));
    assert.deepEqual(await tmux.listPanes('agent-1'), []);
    await tmux.killSession('agent-1');
    await assert.rejects(tmux.setOption('session', 'agent-1', '@x', 'y'));
    assert.deepEqual((await tmux.listSessions()).map(({ id }) => id), [ten.sessionId]);
    const one = await tmux.newSession({ name: 'agent-1', argv: stay });
    await tmux.killSession('agent-1');
    assert.deepEqual((await tmux.listSessions()).map(({ id }) => id), [ten.sessionId]);
    assert.notEqual(one.sessionId, ten.sessionId);
  });

  it('leaves nothing behind when a session cannot be made whole', async () => {
    await assert.rejects(tmux.newSession({ name: 'half', argv: stay, paneOptions: { 'no-such-option': 'x' } }), reason('tmux-failed'));
    assert.deepEqual(await tmux.listSessions(), []);
    assert.deepEqual(server.tmux('list-windows', '-a', '-F', '#{session_name}').trim().split('\n'), ['tmux-agents-monitor']);
  });

  it('never lets a shell read the program, be it one word or many', async () => {
    const file = `${server.directory}/never`;
    const one = await tmux.newSession({ name: 'one', argv: [`touch ${file}`] });
    const many = await tmux.newSession({ name: 'many', argv: ['/bin/sh', '-c', 'printf "[%s]" "$@"; echo; echo READY; exec cat', 'sh', `$(touch ${file})`, '`id`', '$HOME', '"a" \'b\'', ';', '#{pane_id}', ''] });
    await panesUntil(tmux, (now) => now.find(({ id }) => id === one.paneId)?.dead?.code === 127);
    await new PaneReader(tmux, many.paneId).ready();
    const said = await tmux.capture(many.paneId, { joinWrapped: true });
    assert.equal(said.split('\n')[0], `[$(touch ${file})][\`id\`][$HOME]["a" 'b'][;][#{pane_id}][]`);
    assert.throws(() => server.tmux('run-shell', `test -e ${file}`));
  });

  it('gives the program its environment, byte for byte', async () => {
    const value = 'a b\n"c" $HOME #{x} ;é\\';
    const made = await tmux.newSession({ name: 'env', argv: ['/bin/sh', '-c', 'printf %s "$MINE" | od -An -tx1 | tr -d " \\n"; echo " T=$TMUX_OUTER"; echo READY; exec cat'], env: { MINE: value } });
    await new PaneReader(tmux, made.paneId).ready();
    assert.equal((await tmux.capture(made.paneId, { joinWrapped: true })).split('\n')[0]?.trimEnd(), `${Buffer.from(value).toString('hex')} T=`);
  });

  it('opens, renames and closes windows', async () => {
    await tmux.newSession({ name: 'agent', argv: stay });
    const second = await tmux.newWindow('agent', { name: 'logs #{x}', argv: ['/bin/sh', '-c', 'echo "$PWD $A"; exec cat'], cwd: '/usr', env: { A: 'b #{c}' } });
    const reader = new PaneReader(tmux, second.paneId);
    await reader.ready('/usr b #{c}');
    assert.deepEqual((await tmux.listWindows('agent')).map(({ index, name }) => [index, name])[1], [1, 'logs #{x}']);
    await tmux.renameWindow('agent', '1', 'other');
    assert.equal((await tmux.listWindows('agent'))[1]?.name, 'other');
    await tmux.killWindow(second.windowId);
    await tmux.killWindow(second.windowId);
    assert.equal((await tmux.listWindows('agent')).length, 1);
    await assert.rejects(tmux.renameWindow('agent', '7', 'x'), reason('not-found'));
    await assert.rejects(tmux.newWindow('nobody', { argv: stay }), reason('not-found'));
  });

  it('lists panes whatever their title, their folder and their program are called', async () => {
    const folder = `${server.directory}/new\nline \\ "q" #{x} 'é' $y;`;
    mkdirSync(folder);
    const made = await tmux.newSession({ name: 'agent', argv: ['/bin/sh', '-c', 'printf "\\033]2;%s\\007" "$1"; echo READY; exec cat', 'sh', `ti tle "q" #{y} ü 10:x`], cwd: folder });
    await new PaneReader(tmux, made.paneId).ready();
    const [pane] = await tmux.listPanes();
    assert.deepEqual([pane?.path, pane?.title, pane?.sessionName], [folder, `ti tle "q" #{y} ü 10:x`, 'agent']);
  });

  it('ends the program when its session is killed, although the monitor holds its window', async () => {
    const made = await tmux.newSession({ name: 'agent', argv: stay });
    const pid = (await tmux.listPanes('agent'))[0]?.pid ?? 0;
    await tmux.killSession('agent');
    assert.deepEqual(await tmux.listPanes(), []);
    assert.deepEqual(server.tmux('list-windows', '-a', '-F', '#{window_id}').trim().split('\n').filter((id) => id === made.windowId), []);
    assert.throws(() => server.tmux('run-shell', `kill -0 ${pid}`), 'the program is gone');
    await tmux.killSession('agent');
  });

  it('ends what a person killed with tmux itself', async () => {
    const made = await tmux.newSession({ name: 'agent', argv: stay });
    await tmux.newSession({ name: 'stays', argv: stay });
    server.tmux('kill-session', '-t', '=agent');
    await panesUntil(tmux, (now) => now.length === 1);
    // The sweep follows the notification; what is asked next is answered after it.
    await tmux.listSessions();
    await panesUntil(tmux, () => !server.tmux('list-windows', '-a', '-F', '#{window_id}').split('\n').includes(made.windowId));
  });

  it('links each window into the monitor once', async () => {
    await tmux.newSession({ name: 'one', argv: stay });
    server.tmux('new-session', '-d', '-s', 'by hand', 'cat', '-');
    const second = server.service();
    await second.connect();
    await second.newSession({ name: 'two', argv: stay });
    await panesUntil(tmux, (now) => now.length === 3);
    await tmux.listPanes();
    await second.listPanes();
    const linked = server.tmux('list-windows', '-t', '=tmux-agents-monitor', '-F', '#{window_id}').trim().split('\n');
    assert.deepEqual([linked.length, new Set(linked).size], [4, 4]);
  });

  it('resizes a window, and lets the next terminal have its own size', async () => {
    const made = await tmux.newSession({ name: 'agent', argv: stay });
    await tmux.resizeWindow(made.windowId, 101, 31);
    assert.deepEqual((await tmux.listWindows()).map(({ width, height }) => [width, height]), [[101, 31]]);
    assert.notEqual(await tmux.getOption('window', made.windowId, 'window-size'), 'manual');
  });

  it('keeps options, and knows one that is not set', async () => {
    const made = await tmux.newSession({ name: 'agent', argv: stay });
    await tmux.setOption('pane', made.paneId, '@note', 'a "b" #{c}; \\ $d\ne');
    assert.equal(await tmux.getOption('pane', made.paneId, '@note'), 'a "b" #{c}; \\ $d\ne');
    await tmux.setOption('pane', made.paneId, '@note', undefined);
    assert.equal(await tmux.getOption('pane', made.paneId, '@note'), undefined);
    await tmux.setOption('session', 'agent', '@kind', '-x');
    assert.equal(await tmux.getOption('session', 'agent', '@kind'), '-x');
    assert.equal(await tmux.getOption('window', made.windowId, 'remain-on-exit'), 'on');
  });

  it('ends its server when nobody is left, and keeps it while an agent lives', async () => {
    await tmux.newSession({ name: 'agent', argv: stay });
    tmux.dispose();
    const again = server.service();
    assert.deepEqual((await again.listSessions()).map(({ name }) => name), ['agent']);
    await again.killSession('agent');
    await again.killServer();
    assert.equal(server.isRunning, false);
  });
});
