// A runner killed at random moments under load, again and again, with one agent that goes on: no number is missing, no event that was told is lost, and the next runner has the agent.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { pause, waitFor } from '../../../src/base/wait.ts';
import { needs } from '../../support/requirements.ts';
import { assertWhole, nothingRuns, processState, RunnerWorld, SLOW_MS } from '../../support/runnerWorld.ts';

const KILLS = 200;
/** Milliseconds that they may take: about 55 s on two quiet cores. */
const ALLOWED_MS = 300_000;
/** Prints all the time, for as long as it lives. */
const TALK = 'i=0; while :; do i=$((i+1)); echo "line $i of much output"; sleep 0.01; done';

interface Line {
  readonly ready?: boolean;
  readonly sessionId?: string;
  readonly seq?: number;
}

describe('a runner that is killed again and again', function () {
  this.timeout(ALLOWED_MS + 120_000);
  let world: RunnerWorld;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  afterEach(async () => world?.end());

  it('loses nothing that was told, its numbers have no gap, and its agent is still attached', async function () {
    world = await RunnerWorld.open();
    // One file starts in a fraction of the time that a hundred take.
    const program = join(world.home.directory, 'runner.mjs');
    await build({ entryPoints: [join(import.meta.dirname, '..', '..', 'support', 'runnerProcess.ts')], outfile: program, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', external: ['cpu-features', '*.node'], banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" } });
    const id = await world.shell(TALK, { endWhenIdle: false });
    await world.output(id, 'line 5 ');
    const pid = world.runner.getSession(id)?.providerPid;
    assert.ok(pid !== undefined);
    await world.runner.stop({ sessions: 'keep' });

    const load = (): { readonly lines: ReturnType<typeof createInterface>; go(): void; kill(): Promise<unknown> } => {
      const child = spawn(process.execPath, [program, JSON.stringify({ ...world.config(), heartbeatInterval: 20 }), 'wait'], { env: process.env, stdio: ['pipe', 'pipe', 'ignore'] });
      const lines = createInterface({ input: child.stdout });
      const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
      return { lines, go: () => child.stdin.write('\n'), kill: () => (child.kill('SIGKILL'), ended) };
    };
    let told = world.heard.get(id)?.at(-1)?.seq ?? 0;
    let beforeReady = 0;
    const faults: string[] = [];
    let kills = 0;
    const began = performance.now();
    // The next ones are loaded already while one is at work.
    const loaded = [load(), load()];
    for (; kills < KILLS && performance.now() - began < ALLOWED_MS; kills++) {
      const runner = loaded.shift() ?? load();
      loaded.push(load());
      // What the one before had on disk and could not tell any more stays untold.
      let next: number | undefined;
      let isReady = false;
      // At any moment of its start, once it told something, or once it is ready and told something.
      const moment = kills % 3;
      const first = new Promise<void>((resolve) => {
        runner.lines.on('line', (text) => {
          // The kill may cut the last line.
          if (!text.endsWith('}')) return;
          const { ready, sessionId, seq } = JSON.parse(text) as Line;
          if (ready === true) isReady = true;
          if (sessionId !== id || seq === undefined) return;
          if (seq <= told || (next !== undefined && seq !== next)) faults.push(`after ${kills} kills ${seq} came after ${told}`);
          told = seq;
          next = seq + 1;
          if (moment === 1 || isReady) resolve();
        });
      });
      runner.go();
      if (moment === 0) await pause(Math.random() * 400);
      else await waitFor(first, { timeoutMs: SLOW_MS, what: 'the runner to tell something' }).then(() => pause(Math.random() * 150));
      await runner.kill();
      if (!isReady) beforeReady++;
    }
    await Promise.all(loaded.map((runner) => runner.kill()));
    const seconds = Math.round((performance.now() - began) / 1_000);
    process.stdout.write(`      ${kills} kills in ${seconds} s, ${beforeReady} of them before the runner was ready; ${told} events told\n`);
    assert.deepEqual(faults, []);
    assert.equal(kills, KILLS, `they fit into ${ALLOWED_MS} ms`);

    world.runner = world.newRunner();
    await world.runner.start();
    const state = world.runner.getSession(id);
    assert.equal(state?.state, 'RUNNING');
    assert.equal(state?.providerPid, pid, 'the same process');
    assert.ok((await processState(pid)) !== undefined);
    assert.ok((state?.lastEventSeq ?? 0) >= told, 'what was told is there');
    await world.event(id, 'TERMINAL_CHUNK', ({ seq }) => seq > told);
    await world.runner.stopSession(id);
    assertWhole(await world.journal(id));
    await nothingRuns(id);
  });
});
