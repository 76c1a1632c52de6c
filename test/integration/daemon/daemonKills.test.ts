// The daemon killed at random moments while its hub hands out tasks: each runs once, and its result arrives once.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { pause } from '../../../src/base/wait.ts';
import { DaemonWorld } from '../../support/daemonWorld.ts';
import { needs } from '../../support/requirements.ts';
import { SibylServer } from '../../support/sibylServer.ts';

const KILLS = 20;
const TASKS_EACH = 2;

describe('a runner daemon that is killed again and again', function () {
  this.timeout(300_000);
  let world: DaemonWorld | undefined;
  let hub: SibylServer | undefined;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  afterEach(async () => {
    await world?.end();
    await hub?.close();
  });

  it('runs each task once, and tells each result once', async function () {
    hub = await SibylServer.open();
    const { memory } = hub;
    const scratch = new DaemonWorld();
    const program = join(scratch.home.directory, 'cli.mjs');
    // One file starts in a fraction of the time that a hundred take.
    await build({ entryPoints: [join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'main.ts')], outfile: program, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', external: ['cpu-features', '*.node', '*/hubEntry.ts', 'dockerode', '@xterm/headless'], banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" } });
    world = new DaemonWorld([process.execPath, program, 'runner']);
    world.registered(hub.url, { max_concurrent_agents: 20, reconnect_interval: 0.05 });
    const repository = world.repository();
    const runs = join(world.home.directory, 'runs');
    const all: string[] = [];
    const acked = new Set<string>();
    /** As a hub does with what it does not know to have arrived. */
    const assign = (taskId: string): void =>
      hub?.runner.send({ type: 'task_assign', task_id: taskId, agent_id: `agent-${taskId}`, project_id: 'p', config: { prompt: 'x', repo_path: repository, command: ['sh', '-c', `echo ${taskId} >> ${runs}; sleep 0.3; echo ${taskId}`] } });
    const seen = new Map<object, number>();
    const noteAcks = (): void => {
      for (const socket of hub?.sockets ?? []) {
        for (const frame of socket.frames.slice(seen.get(socket) ?? 0)) if (frame.type === 'task_ack') acked.add(frame.task_id);
        seen.set(socket, socket.frames.length);
      }
    };
    for (let kill = 0; kill <= KILLS; kill++) {
      const daemon = world.start(['run']);
      await hub.connected(kill + 1, 60_000);
      await hub.until(() => hub?.sockets.at(-1)?.frames.some(({ type }) => type === 'hello'), 'its hello');
      noteAcks();
      if (kill < KILLS) for (let number = 0; number < TASKS_EACH; number++) all.push(`t${kill}-${number}`);
      for (const taskId of all) if (!acked.has(taskId)) assign(taskId);
      if (kill === KILLS) break;
      // A moment as it comes: the point is that any will do.
      await pause(Math.random() * 900);
      await daemon.end('SIGKILL');
    }
    for (const taskId of all) {
      // What was rejected at capacity is sent again, as a queue would.
      noteAcks();
      for (const other of all) if (!acked.has(other) && !memory.results.has(other)) assign(other);
      await hub.until(() => memory.results.has(taskId), `the result of ${taskId}`, 60_000).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${world?.log().split('\n').filter((line) => line.includes(taskId) || line.includes('begins,')).join('\n') ?? ''}`);
      });
    }
    const wrong = all.filter((taskId) => memory.results.get(taskId)?.at(-1)?.status !== 'completed').map((taskId) => JSON.stringify(memory.results.get(taskId)));
    assert.deepEqual(wrong, []);
    const ran = readFileSync(runs, 'utf8').trim().split('\n').sort();
    assert.deepEqual(ran, [...all].sort(), 'each ran once');
    const results = all.map((taskId) => [taskId, memory.results.get(taskId)?.at(-1)?.status, memory.results.get(taskId)?.at(-1)?.stdout]);
    assert.deepEqual(results, all.map((taskId) => [taskId, 'completed', `${taskId}\n`]));
    assert.equal(memory.gaps, 0);
    assert.deepEqual(hub.faults, []);
  });
});
