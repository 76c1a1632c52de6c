// The hub under load: events relayed against a bare relay, delivery with a thousand agents, its memory, dispatch, and catching up.
import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { root } from '../../../scripts/lib/paths.mjs';
import { sibylClient } from '../../support/sibylClient.ts';
import type { FigureGroup, Measuring } from '../figure.ts';
import { watch, type Watcher } from '../hub/browsers.ts';
import { hubUnderLoad, type HubUnderLoad } from '../hub/hubUnderLoad.ts';
import type { LoadCommand } from '../hub/simulatedRunners.ts';
import type { Measured } from '../row.ts';
import { interleaved, median, percentile, timed } from '../statistics.ts';

const rows = {
  relay: { id: 'hub-relay', figure: 'hub: 20,000 events of 200 bytes to 10 browsers' },
  delivery: { id: 'hub-delivery-p99', figure: 'hub: event to browser, 1,000 agents on 100 runners at 10 a second, p99' },
  memory: { id: 'hub-memory', figure: 'hub: memory at the end of that' },
  dispatch: { id: 'hub-dispatch-p95', figure: 'hub: task asked for to task at its runner, p95' },
  catchUp: { id: 'hub-catch-up', figure: 'hub: a browser catches up with 100,000 events' },
} as const;

const run = promisify(execFile);
const BROWSERS = 10;
const RUNNERS = 100;
const AGENTS_EACH = 10;

export const hub: FigureGroup = {
  name: 'hub',
  figures: Object.values(rows),
  needs: [],
  atMostSeconds: 300,
  async measure(measuring) {
    await run(process.execPath, [join(root, 'scripts', 'build.mjs'), '--no-types'], { cwd: root });
    return [...(await relayed(measuring)), ...(await delivered(measuring)), await dispatched(measuring), await caughtUp(measuring)];
  },
};

/** A process for the load, so that it does not slow who measures. */
function loaded(measuring: Measuring): (command: LoadCommand) => Promise<void> {
  const child = fork(join(import.meta.dirname, '..', 'hub', 'simulatedRunners.ts'));
  measuring.afterwards(() => ended(child));
  return async (command) => {
    child.send(command);
    const [answer] = (await once(child, 'message')) as [{ error?: string }];
    if (answer.error !== undefined) throw new Error(answer.error);
  };
}

async function registered(hubNow: HubUnderLoad, name: string, maxAgents = 20): Promise<{ readonly id: string; readonly url: string; readonly token: string }> {
  const { id, token } = (await hubNow.post('/api/runners/register', { name, hostname: 'bench', max_concurrent_agents: maxAgents })) as { id: string; token: string };
  return { id, token, url: `${hubNow.url.replace(/^http/, 'ws')}/api/runners/ws/${id}` };
}

/** One runner says the events one by one, ten browsers watch; the bare relay passes on the same messages. */
async function relayed(measuring: Measuring): Promise<Measured[]> {
  const count = measuring.quick ? 4_000 : 20_000;
  const rounds = measuring.quick ? 2 : 5;
  const hubNow = await hubUnderLoad(measuring);
  const load = loaded(measuring);
  await load({ kind: 'connect', order: { runners: [{ ...(await registered(hubNow, 'flood')), sessions: ['flood'] }] } });
  const watchers = await Promise.all(Array.from({ length: BROWSERS }, () => watch(hubNow.url, hubNow.token, ['flood'])));
  let seen = 0;
  const ours = async (): Promise<number> => {
    seen += count;
    return await timed(() => Promise.all([load({ kind: 'flood', count, batch: 1, bytes: 200 }), ...watchers.map((watcher) => watcher.seen(seen))]));
  };
  const raw = await bareRelay(measuring, count);
  const samples = await interleaved(rounds, ours, raw);
  for (const watcher of watchers) watcher.close();
  return [{ ...rows.relay, unit: 'ms', ours: median(samples.ours), raw: median(samples.raw), bar: { of: 'ratio', atMost: 2 }, samples: rounds, note: `${Math.round(count / median(samples.ours))} events a ms, each kept on disk first; raw: a relay that reads and keeps nothing` }];
}

async function bareRelay(measuring: Measuring, count: number): Promise<() => Promise<number>> {
  const child = fork(join(import.meta.dirname, '..', 'hub', 'relay.ts'));
  measuring.afterwards(() => ended(child));
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  let heard = 0;
  let all: () => void = () => undefined;
  for (let reader = 0; reader < BROWSERS; reader++) {
    const socket = new WebSocket(`${url}/read`, { perMessageDeflate: false });
    measuring.afterwards(() => socket.terminate());
    // As a browser does: the message is parsed.
    socket.on('message', (data: Buffer) => void (JSON.parse(data.toString()), ++heard === count * BROWSERS && all()));
    await once(socket, 'open');
  }
  const sender = new WebSocket(`${url}/write`, { perMessageDeflate: false });
  measuring.afterwards(() => sender.terminate());
  let acked = 0;
  let wake: () => void = () => undefined;
  sender.on('message', () => {
    acked++;
    wake();
  });
  await once(sender, 'open');
  return () => timed(async () => {
    heard = 0;
    acked = 0;
    const done = new Promise<void>((resolve) => (all = resolve));
    for (let sent = 0; sent < count; sent++) {
      while (sent - acked >= 2000) await new Promise<void>((resolve) => (wake = resolve));
      sender.send(JSON.stringify({ type: 'events', session_id: 'flood', events: [{ type: 'TERMINAL_CHUNK', sessionId: 'flood', orgId: 'bench', ts: Date.now(), seq: sent + 1, data: 'x'.repeat(200), stream: 'stdout' }] }));
    }
    await done;
  });
}

/** Every agent is watched by one of the browsers; the moment it printed stands in the event. */
async function delivered(measuring: Measuring): Promise<Measured[]> {
  const seconds = measuring.quick ? 4 : 20;
  const hubNow = await hubUnderLoad(measuring);
  const load = loaded(measuring);
  const sessions = (runner: number): string[] => Array.from({ length: AGENTS_EACH }, (_, agent) => `agent-${runner}-${agent}`);
  const runners: { url: string; token: string; sessions: string[] }[] = [];
  for (let runner = 0; runner < RUNNERS; runner++) runners.push({ ...(await registered(hubNow, `runner-${runner}`)), sessions: sessions(runner) });
  await load({ kind: 'connect', order: { runners } });
  const delays: number[] = [];
  const watchers: Watcher[] = [];
  for (let browser = 0; browser < BROWSERS; browser++) {
    const own = runners.filter((_, index) => index % BROWSERS === browser).flatMap((runner) => runner.sessions);
    watchers.push(await watch(hubNow.url, hubNow.token, own, (events) => {
      const at = performance.timeOrigin + performance.now();
      for (const { data = '' } of events) delays.push(at - Number(data.slice(0, data.indexOf(' '))));
    }));
  }
  await load({ kind: 'stream', perSecond: 10, seconds });
  const each = (RUNNERS * AGENTS_EACH * 10 * seconds) / BROWSERS;
  await Promise.all(watchers.map((watcher) => watcher.seen(each)));
  const memory = hubNow.memory();
  for (const watcher of watchers) watcher.close();
  return [
    { ...rows.delivery, unit: 'ms', ours: percentile(delays, 0.99), bar: { of: 'value', atMost: 50 }, samples: delays.length, note: `p50 ${percentile(delays, 0.5).toFixed(1)} ms; runners, browsers and hub on one machine` },
    { ...rows.memory, unit: 'MB', ours: memory, bar: { of: 'value', atMost: 300 }, samples: 1, note: `peak ${Math.round(hubNow.peakMemory())} MB` },
  ];
}

async function dispatched(measuring: Measuring): Promise<Measured> {
  const count = measuring.quick ? 50 : 300;
  const hubNow = await hubUnderLoad(measuring);
  // As many to choose from as in the row above.
  for (let runner = 0; runner < RUNNERS - 1; runner++) await registered(hubNow, `runner-${runner}`);
  const runner = await registered(hubNow, 'runner');
  const client = await sibylClient(hubNow.url, runner.id, runner.token);
  measuring.afterwards(() => client.drop());
  client.say({ type: 'status', status: 'online', agent_count: 0 });
  const delays: number[] = [];
  for (let task = 0; task < count; task++) {
    const began = performance.now();
    const [assigned] = await Promise.all([client.hear('task_assign'), hubNow.post('/api/tasks', { prompt: `task ${task}` })]);
    delays.push(performance.now() - began);
    client.say({ type: 'task_ack', task_id: assigned['task_id'], agent_id: assigned['agent_id'] });
    client.say({ type: 'task_complete', task_id: assigned['task_id'], result: { status: 'completed' } });
  }
  return { ...rows.dispatch, unit: 'ms', ours: percentile(delays, 0.95), bar: { of: 'value', atMost: 50 }, samples: count, note: `100 runners to choose from; p50 ${percentile(delays, 0.5).toFixed(1)} ms, the answer to the person included` };
}

async function caughtUp(measuring: Measuring): Promise<Measured> {
  const count = measuring.quick ? 20_000 : 100_000;
  const hubNow = await hubUnderLoad(measuring);
  const load = loaded(measuring);
  await load({ kind: 'connect', order: { runners: [{ ...(await registered(hubNow, 'history')), sessions: ['history'] }] } });
  await load({ kind: 'flood', count, batch: 200, bytes: 200 });
  const samples: number[] = [];
  for (let round = 0; round < (measuring.quick ? 1 : 5); round++) {
    const began = performance.now();
    const watcher = await watch(hubNow.url, hubNow.token, ['history']);
    await watcher.seen(count);
    samples.push(performance.now() - began);
    watcher.close();
  }
  return { ...rows.catchUp, unit: 'ms', ours: median(samples), bar: { of: 'value', atMost: 2_000 }, samples: samples.length, note: `${count} events of 200 bytes, numbered without a gap` };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  return gone;
}
