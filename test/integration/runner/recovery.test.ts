// A runner that is killed at any moment: the next one goes on with the sessions, their agents and their numbers.
import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Emitter } from '../../../src/base/event.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { CreateSessionRequest } from '../../../src/runner/service/sessionRequest.ts';
import { needs } from '../../support/requirements.ts';
import { assertWhole, nothingRuns, processState, RunnerWorld, SLOW_MS } from '../../support/runnerWorld.ts';

interface Line {
  readonly ready?: boolean;
  readonly sessionId?: string;
  readonly seq?: number;
  readonly type?: string;
}

describe('a runner that is killed', function () {
  this.timeout(180_000);
  let world: RunnerWorld;
  const processes: ChildProcessWithoutNullStreams[] = [];

  before(function () {
    needs(this, 'tmux', 'git');
  });
  beforeEach(async () => {
    world = await RunnerWorld.open();
    await world.runner.stop();
  });
  afterEach(async () => {
    for (const child of processes.splice(0)) child.kill('SIGKILL');
    await world?.end();
  });

  /** A runner's process; `seen` is what its subscriber has heard, by session. */
  async function runnerProcess(): Promise<{ readonly child: ChildProcessWithoutNullStreams; readonly seen: Map<string, number>; send(message: object): void; when(accept: (line: Line) => boolean): Promise<Line>; kill(): Promise<void> }> {
    const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'support', 'runnerProcess.ts'), JSON.stringify(world.config())], { env: process.env });
    processes.push(child);
    const lines = new Emitter<Line>();
    const seen = new Map<string, number>();
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as Line;
      if (line.sessionId !== undefined && line.seq !== undefined) seen.set(line.sessionId, line.seq);
      lines.fire(line);
    });
    const faults: Buffer[] = [];
    child.stderr.on('data', (bytes: Buffer) => faults.push(bytes));
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const when = (accept: (line: Line) => boolean): Promise<Line> =>
      waitForEvent(lines.event, accept, { timeoutMs: SLOW_MS, what: 'a line of the runner' }).catch((error: unknown) => {
        throw new Error(`${String(error)} ${Buffer.concat(faults).toString()}`);
      });
    await when(({ ready }) => ready === true);
    return {
      child,
      seen,
      send: (message) => child.stdin.write(`${JSON.stringify(message)}\n`),
      when,
      async kill() {
        child.kill('SIGKILL');
        await exited;
      },
    };
  }

  const create = (script: string): CreateSessionRequest => world.request({ argv: ['sh', '-c', script], endWhenIdle: false });

  it('leaves agents that the next one has: same process, next number, and their end', async () => {
    const first = await runnerProcess();
    const [live, paused, gone] = [create('echo ready; read -r line; exit 0'), create('echo ready; exec sleep 1000'), create('echo ready; exec sleep 1001')];
    const ready = [live, paused, gone].map(({ sessionId }) => first.when((line) => line.sessionId === sessionId && line.type === 'TERMINAL_CHUNK'));
    for (const request of [live, paused, gone]) first.send({ create: request });
    await Promise.all(ready);
    const isPaused = first.when((line) => line.sessionId === paused.sessionId && line.type === 'SESSION_STATE_CHANGED');
    first.send({ command: { id: paused.sessionId, command: { type: 'PAUSE' } } });
    await isPaused;
    await first.kill();
    world.home.tmux('tmux-agents', 'kill-session', '-t', `=${gone.sessionId}`);

    world.runner = world.newRunner();
    await world.runner.start();
    assert.equal(world.runner.getSession(live.sessionId)?.state, 'RUNNING');
    assert.equal(world.runner.getSession(paused.sessionId)?.state, 'PAUSED_BY_HUMAN');
    const end = await world.ended(gone.sessionId);
    assert.equal(end.finalState, 'FAILED');
    assert.match(world.runner.getSession(gone.sessionId)?.errorMessage ?? '', /gone when the runner came back/);

    const pid = world.runner.getSession(live.sessionId)?.providerPid;
    assert.ok(pid !== undefined && (await processState(pid)) !== undefined);
    await world.runner.handleCommand(live.sessionId, { type: 'INPUT', input: { sessionId: live.sessionId, data: 'x\r', mode: 'raw' } });
    assert.equal((await world.ended(live.sessionId)).finalState, 'COMPLETED');
    await world.runner.handleCommand(paused.sessionId, { type: 'RESUME' });
    await world.runner.stopSession(paused.sessionId);
    for (const { sessionId } of [live, paused, gone]) {
      const events = await world.journal(sessionId);
      assertWhole(events);
      assert.ok(events.length > (first.seen.get(sessionId) ?? 0), 'what a subscriber has seen is there');
      await nothingRuns(sessionId);
    }
  });

  it('leaves alone what belongs to another owner in the same folder', async () => {
    world.runner = world.newRunner({ owner: 'one' });
    await world.runner.start();
    const id = await world.shell('echo ready; exec sleep 1000', { endWhenIdle: false });
    await world.output(id, 'ready');
    await world.runner.stop({ sessions: 'keep' });
    for (const owner of ['two', undefined]) {
      const other = world.newRunner({ owner });
      await other.start();
      assert.deepEqual(other.listSessions(), []);
      await other.stop();
    }
    world.runner = world.newRunner({ owner: 'one' });
    await world.runner.start();
    assert.equal(world.runner.getSession(id)?.state, 'RUNNING');
    await world.runner.stopSession(id);
  });

  it('loses nothing that was told, at any moment under load: no gap, and every session goes on or ends', async () => {
    const ids = new Set<string>();
    const seen = new Map<string, number>();
    for (let round = 0; round < 4; round++) {
      const runner = await runnerProcess();
      for (let count = 0; count < 2; count++) {
        const request = create('i=0; while [ $i -lt 100000 ]; do echo "line $i of much output"; i=$((i+1)); done; exec sleep 1000');
        ids.add(request.sessionId);
        runner.send({ create: request });
      }
      // A different moment each time: while preparing, starting, running.
      let left = 1 + round * 12;
      await runner.when((line) => line.seq !== undefined && --left <= 0);
      await runner.kill();
      for (const [id, seq] of runner.seen) seen.set(id, Math.max(seq, seen.get(id) ?? 0));
    }
    world.runner = world.newRunner({ maxConcurrentSessions: 20 });
    await world.runner.start();
    for (const id of ids) {
      const state = world.runner.getSession(id);
      if (state === undefined) {
        // Killed before it was accepted: nobody was told of it.
        assert.equal(seen.has(id), false);
        continue;
      }
      assert.ok(state.lastEventSeq >= (seen.get(id) ?? 0), `${id}: ${state.lastEventSeq} of ${seen.get(id)} told`);
      if (state.state !== 'FAILED') await world.runner.stopSession(id);
      assertWhole(await world.journal(id));
      await nothingRuns(id);
    }
    const panes = (() => {
      try {
        return world.home.tmux('tmux-agents', 'list-panes', '-a', '-F', '#{session_name}');
      } catch {
        return '';
      }
    })();
    for (const id of ids) assert.doesNotMatch(panes, new RegExp(`^${id}$`, 'm'));
    assert.ok(readFileSync(world.runner.recordingPath([...ids][0] ?? ''), 'utf8').startsWith('{"version":2'));
  });
});
