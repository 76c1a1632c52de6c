// Claude Code's status file: what it says, and following it by what the file system tells.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disposable } from '../../../../src/base/disposable.ts';
import { Emitter } from '../../../../src/base/event.ts';
import { waitForEvent } from '../../../../src/base/wait.ts';
import type { Observation } from '../../../../src/providers/status/observation.ts';
import { followStatusFile, statusFileObservation } from '../../../../src/providers/status/statusFile.ts';
import { needsThat } from '../../../support/requirements.ts';

/** As Claude Code 2.1.329 writes it. */
function file(pid: number, status: string, more: object = {}): string {
  return JSON.stringify({ pid, sessionId: 'c0ffee', cwd: '/work', version: '2.1.329', kind: 'interactive', tmux: 'a:@0.%0', status, updatedAt: 1_700_000_000_000, statusUpdatedAt: 1_700_000_000_000, ...more });
}

describe('statusFileObservation', () => {
  it('reads each status, since when it holds, and the conversation', () => {
    assert.deepEqual(statusFileObservation(file(7, 'waiting', { waitingFor: 'permission prompt' }), 1_800_000_000_000), {
      source: 'statusFile',
      at: 1_700_000_000_000,
      claim: { state: 'waiting', kind: 'permission', text: '' },
      evidence: 'status file 7.json: waiting (permission prompt)',
      rule: 'waiting',
      conversation: 'c0ffee',
    });
    assert.deepEqual(statusFileObservation(file(7, 'idle'), 5)?.claim, { state: 'idle' });
    assert.equal(statusFileObservation(file(7, 'idle'), 5)?.at, 5, 'nothing was seen in the future');
    assert.deepEqual(statusFileObservation(file(7, 'busy'), 5)?.claim, { state: 'working' });
    assert.deepEqual(statusFileObservation(file(7, 'waiting', { waitingFor: 'input needed' }), 5)?.claim, { state: 'waiting', kind: 'question', text: '' });
    assert.deepEqual(statusFileObservation(file(7, 'waiting'), 5)?.claim, { state: 'waiting', kind: 'other', text: '' });
  });

  it('says nothing of what is half written, of another make, or unheard of', () => {
    for (const text of ['', '{', file(7, 'idle').slice(0, -5), '[]', '{"status":"idle"}', file(7, 'dreaming')]) assert.equal(statusFileObservation(text, 5), undefined, text);
  });
});

describe('followStatusFile', () => {
  let home: string;
  let agent: ChildProcess;
  let following: Disposable | undefined;
  let told: Emitter<Observation>;

  beforeEach(function () {
    needsThat(this, process.platform === 'linux', 'the environment of another process can be read on Linux only');
    home = mkdtempSync(join(tmpdir(), 'ta-claude-'));
    const { CLAUDE_CONFIG_DIR: _, ...env } = process.env;
    agent = spawn('sleep', ['60'], { env: { ...env, HOME: home }, stdio: 'ignore' });
    told = new Emitter();
  });

  afterEach(() => {
    following?.dispose();
    agent?.kill('SIGKILL');
    if (home !== undefined) rmSync(home, { recursive: true, force: true });
  });

  const sessions = (): string => join(home, '.claude', 'sessions');

  function follow(hasStarted?: () => boolean): void {
    following = followStatusFile({ rootPid: () => Promise.resolve(agent.pid ?? 0), take: (observation) => told.fire(observation), ...(hasStarted === undefined ? {} : { hasStarted }) });
  }

  function says(status: string): Promise<Observation> {
    return waitForEvent(told.event, ({ rule }) => rule === status, { timeoutMs: 5_000, what: `the status ${status}` });
  }

  function write(pid: number | undefined, status: string): void {
    const path = join(sessions(), `${pid}.json`);
    writeFileSync(`${path}.tmp`, file(pid ?? 0, status));
    renameSync(`${path}.tmp`, path);
  }

  it('tells what is there, then each change, of this process alone', async () => {
    mkdirSync(sessions(), { recursive: true });
    write(agent.pid, 'idle');
    const all: string[] = [];
    told.event(({ evidence }) => all.push(evidence));
    const first = says('idle');
    follow();
    await first;
    const next = says('busy');
    // Of this very process, which is no child of the agent's; of none; of no process at all.
    write(process.pid, 'waiting');
    write(4_194_303, 'waiting');
    writeFileSync(join(sessions(), 'notes.json'), file(1, 'waiting'));
    write(agent.pid, 'busy');
    await next;
    assert.ok(all.every((evidence) => evidence.startsWith(`status file ${agent.pid}.json`)), all.join());
  });

  it('waits for folders that are not there yet, and for the agent to take the place of its launcher', async () => {
    let asked = 0;
    const started = new Emitter<void>();
    follow(() => {
      if (++asked === 2) started.fire();
      return asked > 2;
    });
    await waitForEvent(started.event, () => true, { timeoutMs: 5_000, what: 'the second look' });
    const idle = says('idle');
    mkdirSync(join(home, '.claude'));
    mkdirSync(sessions());
    write(agent.pid, 'idle');
    await idle;
  });

  it('follows processes below the one of the pane, and the folder that CLAUDE_CONFIG_DIR names', async () => {
    agent.kill('SIGKILL');
    agent = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], { env: { ...process.env, HOME: '/nowhere', CLAUDE_CONFIG_DIR: join(home, '.claude') }, stdio: ['ignore', 'pipe', 'ignore'] });
    const child = await new Promise<number>((resolve) => agent.stdout?.once('data', (bytes: Buffer) => resolve(Number(bytes.toString()))));
    mkdirSync(sessions(), { recursive: true });
    follow();
    const busy = says('busy');
    // Until the folder is followed nobody tells: written once more with each turn of the loop.
    const writing = setInterval(() => write(child, 'busy'), 20);
    await busy.finally(() => clearInterval(writing));
    process.kill(child, 'SIGKILL');
  });

  it('does not believe what a killed one left behind', async () => {
    mkdirSync(sessions(), { recursive: true });
    write(agent.pid, 'waiting');
    const gone = new Promise((resolve) => agent.once('exit', resolve));
    agent.kill('SIGKILL');
    await gone;
    const all: Observation[] = [];
    told.event((observation) => all.push(observation));
    const looked = new Emitter<void>();
    follow(() => {
      looked.fire();
      return true;
    });
    await waitForEvent(looked.event, () => true, { timeoutMs: 5_000, what: 'the look' });
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(all, []);
  });
});
