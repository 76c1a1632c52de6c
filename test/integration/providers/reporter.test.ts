// The reporter in a real tmux, with each shell that is here: reports arrive whole, decisions come back, and nothing ever stalls the CLI.
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Emitter } from '../../../src/base/event.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import { decisionOutput } from '../../../src/providers/hooks/hookDecision.ts';
import { hookFiles, type HookFiles } from '../../../src/providers/hooks/hookFiles.ts';
import { HookGate } from '../../../src/providers/hooks/hookGate.ts';
import { answerOption, HELD_SUFFIX, LEFT_EVENT, MAX_PAYLOAD_BYTES, TAKEN_EVENT } from '../../../src/providers/hooks/reporter.ts';
import type { HookReport } from '../../../src/providers/status/hookReport.ts';
import { OutputScanner } from '../../../src/providers/status/outputScanner.ts';
import { launcherArgv } from '../../../src/runtimes/launcher.ts';
import type { TmuxService } from '../../../src/tmux/tmuxService.ts';
import type { PaneId } from '../../../src/tmux/types.ts';
import { freshServerForEach, panesUntil, type FreshServer } from '../tmux/freshServer.ts';

/** The shells that systems have as sh, where they are here; busybox brings tools of its own. */
const shells = ['dash', 'bash', 'busybox'].filter((program) => spawnSync(program, ['--help']).error === undefined);

describe('the reporter', () => {
  let server: FreshServer;
  let tmux: TmuxService;
  let folder: string;
  let pane: PaneId;
  let gate: HookGate;
  let hookKey: string;
  let files: HookFiles;
  let reports: Emitter<HookReport>;
  let seen: HookReport[];

  freshServerForEach((freshServer, service) => {
    server = freshServer;
    tmux = service;
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "ta-agent's folder-"));
    files = hookFiles();
    hookKey = files.hookKey;
    for (const { name, content } of files.files) writeFileSync(join(folder, name), content, { mode: 0o600 });
    gate = new HookGate();
    reports = new Emitter();
    seen = [];
    const argv = launcherArgv({ cwd: '/', argv: ['sh', '-c', 'echo READY; exec cat'] });
    const made = await tmux.newSession({ name: 'agent', cwd: '/', argv: ['env', `TMUX_AGENTS_FOLDER=${folder}`, ...argv] });
    pane = made.paneId;
    const scanner = new OutputScanner();
    tmux.onPaneOutput(pane, (bytes) => {
      for (const event of scanner.feed(bytes)) {
        const report = event.type === 'hook' ? gate.take(hookKey, event.text, Date.now()) : undefined;
        if (report === undefined) continue;
        seen.push(report);
        reports.fire(report);
      }
    });
    // The launcher has written what the reporter needs before its program says anything.
    if (!(await tmux.capture(pane)).includes('READY')) await waitForEvent((listener) => tmux.onPaneOutput(pane, listener), () => true, { timeoutMs: 5_000, what: 'the program to start' });
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  interface Ended {
    readonly code: number | null;
    readonly out: string;
    readonly ms: number;
  }

  function start(event: string, { shell = '/bin/sh', asks = false }: { readonly shell?: string; readonly asks?: boolean } = {}): ChildProcess {
    const [, ...words] = files.report(folder);
    // Nothing of the environment but PATH: CLIs hand hooks whatever they like.
    return spawn(shell, [...words, event, ...(asks ? ['ask'] : [])], { argv0: 'sh', env: { PATH: process.env['PATH'] }, stdio: ['pipe', 'pipe', 'inherit'] });
  }

  function ended(child: ChildProcess): Promise<Ended> {
    const from = performance.now();
    let out = '';
    child.stdout?.on('data', (bytes: Buffer) => (out += bytes.toString('utf8')));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.stdin?.once('error', reject);
      child.once('close', (code) => resolve({ code, out, ms: performance.now() - from }));
    });
  }

  function report(event: string, payload: string, options: Parameters<typeof start>[1] = {}): Promise<Ended> {
    const child = start(event, options);
    const end = ended(child);
    child.stdin?.end(payload);
    return end;
  }

  function arrives(event: string): Promise<HookReport> {
    const before = seen.find((candidate) => candidate.event === event);
    return before !== undefined ? Promise.resolve(before) : waitForEvent(reports.event, (candidate) => candidate.event === event, { timeoutMs: 5_000, what: `the report ${event}` });
  }

  for (const shell of shells) {
    it(`tells of an event through the pane, silently, with ${shell} as sh`, async () => {
      const payload = { session_id: 's', text: 'grüß 👋 \u001b]0;no title\u0007 ; %s \\ "' };
      assert.deepEqual({ ...(await report('SessionStart', JSON.stringify(payload), { shell })), ms: 0 }, { code: 0, out: '', ms: 0 });
      const arrived = await arrives('SessionStart');
      assert.deepEqual(arrived.payload, payload);
      assert.equal(arrived.answerTo, undefined);
      assert.deepEqual(readdirSync(folder).sort(), ['key', 'last', 'pane', 'report', 'session', 'tmux', 'tty']);
      assert.equal(readFileSync(join(folder, 'last'), 'utf8'), readFileSync(join(folder, 'session'), 'utf8'));
      assert.equal((await tmux.capture(pane)).includes('7502'), false, 'nothing is on the screen');
    });

    it(`brings a decision back, with ${shell} as sh`, async () => {
      const child = start('PermissionRequest', { shell, asks: true });
      const end = ended(child);
      child.stdin?.end('{}');
      const { answerTo } = await arrives('PermissionRequest');
      assert.ok(answerTo !== undefined);
      await tmux.command(['wait-for', '-S', `${answerTo}${HELD_SUFFIX}`]);
      const decision = decisionOutput({ behavior: 'deny', message: "no; `rm` $HOME 'ü' 👋\n#{pane_id}" }, {});
      await tmux.setOption('pane', pane, answerOption(answerTo), decision);
      await tmux.command(['wait-for', '-S', answerTo]);
      const { code, out } = await end;
      assert.equal(code, 0);
      assert.deepEqual(JSON.parse(out), { hookSpecificOutput: { hookEventName: 'PermissionRequest', decision: { behavior: 'deny', message: "no; `rm` $HOME 'ü' 👋\n#{pane_id}" } } });
      assert.equal((await arrives(TAKEN_EVENT)).answerTo, answerTo);
      assert.equal(await tmux.getOption('pane', pane, answerOption(answerTo)), undefined, 'an answer is taken once');
    });
  }

  it('waits for a decision only where somebody will give one', async () => {
    const { code, out, ms } = await report('PermissionRequest', '{}', { asks: true });
    assert.deepEqual([code, out], [0, '']);
    assert.ok(ms < 3_000, `${ms} ms`);
  });

  it('ends without a word when it is released', async () => {
    const child = start('PermissionRequest', { asks: true });
    const end = ended(child);
    child.stdin?.end('{}');
    const { answerTo = '' } = await arrives('PermissionRequest');
    await tmux.command(['wait-for', '-S', `${answerTo}${HELD_SUFFIX}`]);
    await tmux.command(['wait-for', '-S', answerTo]);
    assert.deepEqual({ ...(await end), ms: 0 }, { code: 0, out: '', ms: 0 });
  });

  it('tells that it was ended while it waited: the person answered in the terminal', async () => {
    const child = start('PermissionRequest', { asks: true });
    const end = ended(child);
    child.stdin?.end('{}');
    const { answerTo = '' } = await arrives('PermissionRequest');
    await tmux.command(['wait-for', '-S', `${answerTo}${HELD_SUFFIX}`]);
    const left = arrives(LEFT_EVENT);
    await processes(() => waitsOn(server, answerTo), 'it waits');
    child.kill('SIGTERM');
    assert.deepEqual({ ...(await end), ms: 0 }, { code: 0, out: '', ms: 0 });
    assert.equal((await left).answerTo, answerTo);
    await processes(() => !waitsOn(server, answerTo), 'nothing is left behind');
  });

  it('reads 10 MB to the end and reports the first 64 KB', async () => {
    const payload = JSON.stringify({ session_id: 's', tool_name: 'Write', tool_input: { file_path: '/x', content: 'x'.repeat(10_000_000) } });
    assert.equal((await report('PreToolUse', payload)).code, 0);
    const { payload: arrived } = await arrives('PreToolUse');
    assert.equal(JSON.stringify(arrived).length, MAX_PAYLOAD_BYTES + '"}}'.length);
  });

  it('keeps reports apart that are written at the same time', async () => {
    const events = Array.from({ length: 20 }, (_, index) => `Event${index}`);
    const payload = (event: string): object => ({ event, text: event.repeat(3_000) });
    await Promise.all(events.map((event) => report(event, JSON.stringify(payload(event)))));
    for (const event of events) assert.deepEqual((await arrives(event)).payload, payload(event));
    assert.deepEqual([...gate.rejected], []);
  });

  it('gives up on a terminal that nobody reads', async () => {
    const pid = Number(server.tmux('display-message', '-p', '#{pid}').trim());
    process.kill(pid, 'SIGSTOP');
    try {
      const { code, out, ms } = await report('PreToolUse', JSON.stringify({ text: 'x'.repeat(60_000) }));
      assert.deepEqual([code, out], [0, '']);
      assert.ok(ms < 4_000, `${ms} ms`);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    // What was cut off does not spoil the next.
    await report('Stop', '{}');
    await arrives('Stop');
  });

  it('says nothing and succeeds when the pane, its files or its folder are gone', async () => {
    await tmux.killPane(pane);
    await panesUntil(tmux, (panes) => panes.length === 0);
    assert.deepEqual({ ...(await report('Stop', '{}')), ms: 0 }, { code: 0, out: '', ms: 0 });
    rmSync(join(folder, 'tty'));
    rmSync(join(folder, 'key'));
    assert.deepEqual({ ...(await report('PermissionRequest', '{}', { asks: true })), ms: 0 }, { code: 0, out: '', ms: 0 });
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual({ ...(await report('Stop', 'x'.repeat(200_000))), ms: 0 }, { code: 0, out: '', ms: 0 });
    assert.equal(existsSync(folder), false);
  });

  it('is believed by its key alone', async () => {
    hookKey = hookFiles().hookKey;
    await report('Stop', '{}');
    const scanned = waitForEvent((listener) => tmux.onPaneOutput(pane, listener), () => gate.rejected.get('wrong-key') === 2, { timeoutMs: 5_000, what: 'the second report' });
    await report('Stop', '{}');
    await scanned;
    assert.deepEqual(seen, []);
  });
});

/** What processes do they tell nobody: looked at until it is so. */
async function processes(accept: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!accept()) {
    assert.ok(performance.now() < deadline, what);
    await setImmediate();
  }
}

/** Whether some process waits on this channel of tmux. */
function waitsOn(server: FreshServer, channel: string): boolean {
  const { stdout } = spawnSync('ps', ['-ax', '-o', 'args='], { encoding: 'utf8' });
  return stdout.split('\n').some((line) => line.includes(`wait-for ${channel} `) && line.includes(server.directory));
}
