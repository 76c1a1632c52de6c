// A hub's process, a runner's process with agents that print, and a subscriber: what the one says is what the other must have in the end.
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { waitFor } from '../../src/base/wait.ts';
import { readJournal } from '../../src/sessions/journal/readJournal.ts';
import { HubProcess } from './hubProcess.ts';
import { LiveSubscriber } from './liveSubscriber.ts';
import type { StreamingOrder } from './streamingRunner.ts';

const Quiet = z.object({ last: z.record(z.string(), z.number()) });

export interface StreamingOptions {
  readonly agents: number;
  /** Of each agent. */
  readonly perSecond: number;
  readonly databaseUrl?: string;
  /** Where the hub's data lies, where the journals; default: a folder of the test's own. */
  readonly data?: string;
  readonly journals?: string;
  /** How the runner and the subscriber find the hub; default: itself. */
  readonly runnerUrl?: (hub: HubProcess) => Promise<string>;
  readonly subscriberUrl?: (hub: HubProcess) => Promise<string>;
}

export class StreamingWorld {
  readonly hub: HubProcess;
  readonly token: string;
  readonly sessions: readonly string[];
  readonly subscriber: LiveSubscriber;
  readonly #order: StreamingOrder;
  readonly #folder: string;
  #runner: ChildProcess;

  /** Needs dist/ to be built. */
  static async start(options: StreamingOptions): Promise<StreamingWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-streaming-'));
    const hub = await HubProcess.start({ data: options.data ?? join(folder, 'hub'), ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }) });
    const token = await hub.signUp();
    const registered = await hub.register(token, 'streaming');
    const sessions = Array.from({ length: options.agents }, (_, n) => `agent-${n}`);
    const order = { url: (await options.runnerUrl?.(hub)) ?? hub.url, runnerId: registered.id, token: registered.token, folder: options.journals ?? join(folder, 'journals'), sessions, perSecond: options.perSecond };
    const subscriber = new LiveSubscriber((await options.subscriberUrl?.(hub)) ?? hub.url, token, sessions);
    return new StreamingWorld({ hub, token, sessions, order, folder, subscriber, runner: await startRunner(order) });
  }

  private constructor(parts: { readonly hub: HubProcess; readonly token: string; readonly sessions: readonly string[]; readonly order: StreamingOrder; readonly folder: string; readonly subscriber: LiveSubscriber; readonly runner: ChildProcess }) {
    this.hub = parts.hub;
    this.token = parts.token;
    this.sessions = parts.sessions;
    this.subscriber = parts.subscriber;
    this.#order = parts.order;
    this.#folder = parts.folder;
    this.#runner = parts.runner;
  }

  async killHub(): Promise<void> {
    await this.hub.end('SIGKILL');
    await this.hub.start();
  }

  async killRunner(): Promise<void> {
    const gone = once(this.#runner, 'exit');
    this.#runner.kill('SIGKILL');
    await gone;
    this.#runner = await startRunner(this.#order);
  }

  /** Every agent says its last word; then what the subscriber has is what the journals have: each event, once, in order. */
  async compare(atLeast: number): Promise<void> {
    const told = once(this.#runner, 'message');
    this.#runner.send('quiet');
    const [answer] = (await waitFor(told, { timeoutMs: 60_000, what: 'the last word of the agents' })) as [unknown];
    const { last } = Quiet.parse(answer);
    for (const session of this.sessions) {
      await this.subscriber.has(session, last[session] ?? 0);
      let at = 0;
      for await (const event of readJournal(join(this.#order.folder, session))) assert.deepEqual(this.subscriber.eventsOf(session)[at++], event);
      assert.equal(this.subscriber.eventsOf(session).length, at);
      assert.ok(at >= atLeast, `${session} has only ${at} events`);
    }
    assert.deepEqual(this.subscriber.faults, []);
  }

  async dispose(): Promise<void> {
    this.subscriber.dispose();
    this.#runner.kill('SIGKILL');
    await this.hub.end('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function startRunner(order: StreamingOrder): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'streamingRunner.ts'), [JSON.stringify(order)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await waitFor(once(child, 'message'), { timeoutMs: 30_000, what: 'the runner' });
  return child;
}
