// Hub and runners killed at random, with real processes, while fifty agents print: nothing is lost, nothing comes twice.
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { pause, waitFor } from '../../../src/base/wait.ts';
import { readJournal } from '../../../src/sessions/journal/readJournal.ts';
import { HubProcess } from '../../support/hubProcess.ts';
import { LiveSubscriber } from '../../support/liveSubscriber.ts';
import type { StreamingOrder } from '../../support/streamingRunner.ts';

const KILLS = 100;
const AGENTS = 50;
const sessions = Array.from({ length: AGENTS }, (_, n) => `agent-${n}`);
const Quiet = z.object({ last: z.record(z.string(), z.number()) });

describe('killed at random', function () {
  this.timeout(600_000);
  let folder: string;
  let hub: HubProcess;
  let token: string;
  let order: StreamingOrder;
  let subscriber: LiveSubscriber;
  let runner: ChildProcess;

  const startRunner = async (): Promise<ChildProcess> => {
    const child = fork(join(import.meta.dirname, '../../support/streamingRunner.ts'), [JSON.stringify(order)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await waitFor(once(child, 'message'), { timeoutMs: 30_000, what: 'the runner' });
    return child;
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-killed-'));
    hub = await HubProcess.start({ data: join(folder, 'hub') });
    token = await hub.signUp();
    const registered = await hub.register(token, 'streaming');
    order = { url: hub.url, runnerId: registered.id, token: registered.token, folder: join(folder, 'journals'), sessions, perSecond: 10 };
    runner = await startRunner();
    subscriber = new LiveSubscriber(hub.url, token, sessions);
  });
  afterEach(async () => {
    subscriber.dispose();
    runner.kill('SIGKILL');
    await hub.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /** After the last word of every agent: what the subscriber has is what the journals have. */
  const compare = async (): Promise<void> => {
    const told = once(runner, 'message');
    runner.send('quiet');
    const { last } = Quiet.parse((await told)[0]);
    for (const session of sessions) {
      await subscriber.has(session, last[session] ?? 0);
      let at = 0;
      for await (const event of readJournal(join(order.folder, session))) assert.deepEqual(subscriber.eventsOf(session)[at++], event);
      assert.equal(subscriber.eventsOf(session).length, at);
      assert.ok(at > 20, `${session} has only ${at}`);
    }
    assert.deepEqual(subscriber.faults, []);
  };

  it(`the hub, ${KILLS} times`, async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      // At any moment of its work, its start too.
      await pause(Math.random() * 400);
      await hub.end('SIGKILL');
      await hub.start();
    }
    await compare();
    assert.ok(subscriber.connections > KILLS / 2, `it was connected only ${subscriber.connections} times`);
  });

  it(`the runner, ${KILLS} times`, async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(Math.random() * 400);
      const gone = once(runner, 'exit');
      runner.kill('SIGKILL');
      await gone;
      runner = await startRunner();
    }
    await compare();
  });
});
