// The hub's processes speaking to each other over a real PostgreSQL.
import assert from 'node:assert/strict';
import { AgentsError, isAgentsError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import { Emitter } from '../../../src/base/event.ts';
import { openBus, type OpenBus } from '../../../src/hub/bus/openBus.ts';
import { openDatabase, type OpenDatabase } from '../../../src/hub/store/openDatabase.ts';
import { needsPostgres, type PostgresServer } from '../../support/postgres.ts';

describe('the bus over PostgreSQL', function () {
  this.timeout(60_000);
  let server: PostgresServer;
  let database: OpenDatabase;
  let url: string;
  const open: OpenBus[] = [];
  const bus = async (): Promise<OpenBus> => {
    const one = await openBus({ database: database.database, databaseUrl: url, log: silentLog });
    open.push(one);
    return one;
  };
  /** What arrives on a topic, as an event. */
  const arrivals = (on: OpenBus, topic: string) => {
    const all: unknown[] = [];
    const emitter = new Emitter<unknown>();
    on.subscribe(topic, (message) => {
      all.push(message);
      emitter.fire(message);
    });
    return { all, until: (count: number) => (all.length >= count ? Promise.resolve() : waitForEvent(emitter.event, () => all.length >= count, { timeoutMs: 20_000, what: `${count} messages` })) };
  };

  before(async function () {
    this.timeout(90_000);
    server = await needsPostgres(this);
  });
  after(async () => server?.dispose());
  beforeEach(async () => {
    url = await server.database();
    database = await openDatabase({ dataFolder: '/nowhere', databaseUrl: url, log: silentLog });
  });
  afterEach(async () => {
    await Promise.allSettled(open.splice(0).map((one) => one.close()));
    await database.close();
  });

  it('tells all processes everything, in order, small and large', async () => {
    const [a, b] = [await bus(), await bus()];
    const [here, there] = [arrivals(a, 't'), arrivals(b, 't')];
    const sent = Array.from({ length: 3000 }, (_, n) => ({ n, text: n % 500 === 7 ? 'ü'.repeat(20_000) : 'x' }));
    for (const message of sent) a.publish('t', message);
    await Promise.all([here.until(3000), there.until(3000)]);
    assert.deepEqual(here.all, sent);
    assert.deepEqual(there.all, sent);
  });

  it('asks one process, and hears its fault', async () => {
    const [a, b] = [await bus(), await bus()];
    b.serve('double', (n) => Promise.resolve(Number(n) * 2));
    b.serve('fail', () => Promise.reject(new AgentsError('not-found', 'There is none.', { hint: 'Make one.' })));
    assert.equal(await a.call(b.processId, 'double', 21), 42);
    await assert.rejects(a.call(b.processId, 'fail', {}), (error) => isAgentsError(error, 'not-found') && error.hint === 'Make one.');
    b.serve('new', () => Promise.reject(Object.assign(new AgentsError('internal', 'Of a later version.'), { reason: 'unheard-of' })));
    await assert.rejects(a.call(b.processId, 'new', {}), (error) => isAgentsError(error, 'internal') && error.message === 'Of a later version.');
    await assert.rejects(a.call(b.processId, 'unknown', {}), (error) => isAgentsError(error, 'unsupported'));
    await assert.rejects(a.call('nobody', 'double', 1, { timeoutMs: 100 }), (error) => isAgentsError(error, 'timeout'));
  });

  it('tells of a process that goes, and fails what was asked of it', async () => {
    const [a, b] = [await bus(), await bus()];
    b.serve('never', () => new Promise(() => undefined));
    b.publish('t', 'hello');
    await arrivals(a, 't').until(1).catch(() => undefined);
    const asked = a.call(b.processId, 'never', {});
    const lost = waitForEvent(a.onDidLose, (id) => id === b.processId, { timeoutMs: 20_000, what: 'the loss' });
    const failed = assert.rejects(asked, (error) => isAgentsError(error, 'disconnected'));
    await b.close();
    await Promise.all([lost, failed]);
  });

  it('tells of a process that died before it was ever heard of, once it is asked for something', async () => {
    const a = await bus();
    const dead = '00000000-0000-4000-8000-000000000000';
    const lost = waitForEvent(a.onDidLose, (id) => id === dead, { timeoutMs: 14_000, what: 'its loss' });
    await assert.rejects(a.call(dead, 'anything', {}), (error) => isAgentsError(error, 'disconnected'));
    await lost;
  });

  it('drops the oldest of what is too much, and tells the others that there is a gap', async () => {
    const [a, b] = [await bus(), await bus()];
    const there = arrivals(b, 't');
    const missed = waitForEvent(b.onDidMiss, () => true, { timeoutMs: 20_000, what: 'the gap' });
    const text = 'x'.repeat(1024 * 1024);
    for (let n = 0; n < 20; n++) a.publish('t', { n, text });
    await missed;
    await there.until(15);
    a.publish('t', { n: 20 });
    await there.until(16);
    assert.deepEqual(there.all.map((message) => (message as { n: number }).n), Array.from({ length: 16 }, (_, at) => at + 5));
  });

  it('comes back after a restart of the server, says that it missed something, and sends what waited', async () => {
    const [a, b] = [await bus(), await bus()];
    const there = arrivals(b, 't');
    const missed = Promise.all([a, b].map((one) => waitForEvent(one.onDidMiss, () => true, { timeoutMs: 30_000, what: 'the way back' })));
    await server.stop();
    await server.start();
    await missed;
    a.publish('t', 'again');
    await there.until(1);
    assert.deepEqual(there.all, ['again']);
  });
});
