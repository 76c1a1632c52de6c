// What goes wrong around hub and runner, with real processes: the network, the database, the disk. Nothing is lost, nothing comes twice.
import assert from 'node:assert/strict';
import { WebSocket } from 'ws';
import { pause, waitFor } from '../../../src/base/wait.ts';
import { ChaosProxy } from '../../support/chaosProxy.ts';
import { needsPostgres } from '../../support/postgres.ts';
import { needsSmallDisk } from '../../support/smallDisk.ts';
import { StreamingWorld, type StreamingOptions } from '../../support/streamingWorld.ts';

const WEATHER_MS = 15_000;

describe('bad weather', function () {
  this.timeout(240_000);
  let world: StreamingWorld | undefined;
  const ends: (() => unknown)[] = [];
  const start = async (options: Partial<StreamingOptions> = {}): Promise<StreamingWorld> => (world = await StreamingWorld.start({ agents: 20, perSecond: 10, ...options }));
  afterEach(async () => {
    await world?.dispose();
    world = undefined;
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('a network that delays, cuts, and lets connections overtake each other', async () => {
    const proxies: ChaosProxy[] = [];
    const through = async ({ port }: { readonly port: number }): Promise<string> => {
      const proxy = await ChaosProxy.open(port, { arriveMs: 300, pieceMs: 60, liveMs: 1500 });
      proxies.push(proxy);
      ends.push(() => proxy.dispose());
      return proxy.url;
    };
    const streaming = await start({ runnerUrl: through, subscriberUrl: through });
    await pause(WEATHER_MS);
    for (const proxy of proxies) {
      assert.ok(proxy.cuts > 5, `it cut only ${proxy.cuts} connections`);
      proxy.calm();
    }
    await streaming.compare(50);
  });

  it('PostgreSQL restarted under load', async function () {
    const server = await needsPostgres(this);
    ends.push(() => server.dispose());
    const streaming = await start({ databaseUrl: await server.database() });
    for (let restart = 0; restart < 5; restart++) {
      await pause(Math.random() * 2000);
      await server.stop();
      await pause(Math.random() * 500);
      await server.start();
    }
    await streaming.compare(20);
  });

  for (const side of ['hub', 'runner'] as const) {
    it(`the disk full at the ${side}`, async function () {
      const disk = needsSmallDisk(this, side === 'hub' ? '4m' : '2m');
      ends.push(() => disk.dispose());
      const streaming = await start(side === 'hub' ? { data: disk.folder, perSecond: 50 } : { journals: disk.folder, perSecond: 50 });
      const full = disk.fill();
      await pause(5_000);
      full.dispose();
      await streaming.compare(20);
    });
  }

  it('a viewer that never reads', async () => {
    const streaming = await start({ agents: 20, perSecond: 100 });
    const viewer = new WebSocket(`${streaming.hub.url.replace(/^http/, 'ws')}/api/live`, { headers: { authorization: `Bearer ${streaming.token}` } });
    ends.push(() => viewer.terminate());
    const code = new Promise<number>((resolve) => viewer.on('close', resolve));
    await new Promise((resolve) => viewer.once('open', resolve));
    await streaming.subscriber.has('agent-19', 1);
    for (const session_id of streaming.sessions) viewer.send(JSON.stringify({ type: 'join', session_id, after: 0 }));
    viewer.pause();
    const before = streaming.subscriber.eventsOf('agent-0').length;
    // The others go on hearing everything, as it happens.
    await streaming.subscriber.has('agent-0', before + 500, 15_000);
    viewer.resume();
    viewer.terminate();
    await waitFor(code, { timeoutMs: 10_000, what: 'the end of its socket' });
    await streaming.compare(500);
  });
});
