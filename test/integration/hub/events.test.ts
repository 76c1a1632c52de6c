// Sessions and their events at the hub: rows, idempotence, order, faults; with SQLite and with PostgreSQL.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { CommittedEvents } from '../../../src/hub/parts.ts';
import { needsPostgres, type PostgresServer } from '../../support/postgres.ts';
import { needsSmallDisk } from '../../support/smallDisk.ts';
import { outputs, sessionsWorld, sharedSession, type SessionsWorld } from '../../support/sessionsWorld.ts';

const DEADLINE = { timeoutMs: 10_000 };

describe('the hub: sessions and events', () => {
  let server: PostgresServer | undefined;

  before(async function () {
    this.timeout(90_000);
    server = await needsPostgres(this);
  });
  after(() => server?.dispose());

  it('stores again once a full disk has room, and says so once', async function () {
    const disk = needsSmallDisk(this, '6m');
    const said: string[] = [];
    const log = { ...silentLog, error: (text: string) => said.push(`error ${text}`), info: (text: string) => said.push(`info ${text}`) };
    const filler = join(disk.folder, 'filler');
    let world: SessionsWorld | undefined;
    try {
      world = await sessionsWorld({ dataFolder: join(disk.folder, 'hub'), log });
      const { intake } = world.sessions;
      const runner = await world.runnerRow();
      await intake.session(runner, sharedSession('full'));
      writeFileSync(filler, Buffer.alloc(3_000_000));
      let acked = 0;
      let fault: unknown;
      while (fault === undefined && acked < 1000) {
        try {
          acked = (await intake.events(runner, 'full', outputs('full', acked + 1, acked + 5, 'x'.repeat(40_000)))).seq;
        } catch (error) {
          fault = error;
        }
      }
      assert.ok(isAgentsError(fault, 'disk-full'), String(fault));
      for (let n = 0; n < 3; n++) await assert.rejects(intake.events(runner, 'full', outputs('full', acked + 1, acked + 5, 'x'.repeat(40_000))), (error) => isAgentsError(error, 'disk-full'));
      assert.equal((await world.sessions.find('full'))?.stored_seq, acked, 'what was acked is there, and no more');
      rmSync(filler);
      assert.deepEqual(await intake.events(runner, 'full', outputs('full', acked + 2, acked + 3)), { seq: acked, gap: true });
      assert.deepEqual(await intake.events(runner, 'full', outputs('full', acked + 1, acked + 3)), { seq: acked + 3, gap: false });
      assert.deepEqual(said.filter((line) => /events/i.test(line)).map((line) => line.split(' ', 1)[0]), ['error', 'info']);
    } finally {
      await world?.dispose();
      disk.dispose();
    }
  });

  for (const kind of ['sqlite', 'postgres'] as const) {
    describe(kind, () => {
      let world: SessionsWorld;
      const told: CommittedEvents[] = [];

      before(async () => {
        world = await sessionsWorld(kind === 'sqlite' ? {} : { databaseUrl: (await server?.database()) ?? '' });
        world.sessions.onEvents((events) => told.push(events));
      });
      after(() => world.dispose());
      beforeEach(() => void told.splice(0));
      const toldNumbers = (id: string): number[] => told.filter((one) => one.id === id).flatMap(({ events }) => events.map(({ seq }) => seq));
      const storedNumbers = async (id: string): Promise<number[]> => (await world.sessions.events(id, 0, 10_000)).map(({ seq }) => seq);

      it('keeps what a runner shares, and answers how far each session is', async () => {
        const runner = await world.runnerRow();
        const { intake } = world.sessions;
        assert.deepEqual(await intake.sessionsOf(runner, [sharedSession('keeps-1'), sharedSession('keeps-2', { title: 'Ärger "x" \u0000 🙂' })]), [{ session_id: 'keeps-1', after_seq: 0 }, { session_id: 'keeps-2', after_seq: 0 }]);
        assert.deepEqual(await intake.events(runner, 'keeps-1', outputs('keeps-1', 1, 3)), { seq: 3, gap: false });
        assert.deepEqual(await intake.sessionsOf(runner, [sharedSession('keeps-1')]), [{ session_id: 'keeps-1', after_seq: 3 }]);
        const ids = (await world.sessions.list('acme')).filter(({ runner_id }) => runner_id === runner.id).map(({ id, stored_seq, connected, runner_name }) => ({ id, stored_seq, connected, runner_name }));
        assert.deepEqual(ids, [{ id: 'keeps-1', stored_seq: 3, connected: true, runner_name: runner.name }], 'what is no longer shared is gone from the list');
        assert.equal((await world.sessions.find('keeps-2'))?.title, 'Ärger "x" \u0000 🙂', 'and is still found by its id');
      });

      it('takes each event once, in order, and says where a gap is', async () => {
        const runner = await world.runnerRow();
        const { intake } = world.sessions;
        await intake.session(runner, sharedSession('once'));
        assert.deepEqual(await intake.events(runner, 'once', outputs('once', 1, 4)), { seq: 4, gap: false });
        assert.deepEqual(await intake.events(runner, 'once', outputs('once', 3, 6)), { seq: 6, gap: false }, 'an overlap');
        assert.deepEqual(await intake.events(runner, 'once', outputs('once', 1, 5)), { seq: 6, gap: false }, 'all known');
        assert.deepEqual(await intake.events(runner, 'once', outputs('once', 9, 10)), { seq: 6, gap: true });
        assert.deepEqual(await intake.events(runner, 'once', [...outputs('once', 7, 7), ...outputs('once', 9, 9)]), { seq: 7, gap: true }, 'a gap within');
        assert.deepEqual(await storedNumbers('once'), [1, 2, 3, 4, 5, 6, 7]);
        assert.deepEqual(toldNumbers('once'), [1, 2, 3, 4, 5, 6, 7]);
      });

      it('keeps the order of batches that come side by side', async () => {
        const runner = await world.runnerRow();
        const { intake } = world.sessions;
        const names = Array.from({ length: 20 }, (_, n) => `side-${n}`);
        await intake.sessionsOf(runner, names.map((name) => sharedSession(name)));
        const done = names.flatMap((name) => Array.from({ length: 10 }, (_, n) => intake.events(runner, name, outputs(name, n * 25 + 1, n * 25 + 25))));
        assert.ok((await Promise.all(done)).every(({ gap }) => !gap));
        const all = Array.from({ length: 250 }, (_, n) => n + 1);
        for (const name of names) {
          assert.deepEqual(toldNumbers(name), all);
          assert.deepEqual(await storedNumbers(name), all);
        }
        assert.equal((await world.sessions.find('side-7'))?.stored_seq, 250);
      });

      it('gives a second runner\'s session of the same name an id of its own', async () => {
        const [first, second, intake] = [await world.runnerRow(), await world.runnerRow({ orgId: 'other' }), world.sessions.intake];
        await intake.sessionsOf(first, [sharedSession('same')]);
        await Promise.all([intake.session(second, sharedSession('same')), intake.sessionsOf(second, [sharedSession('same')]), intake.session(second, sharedSession('same'))]);
        await intake.events(second, 'same', outputs('same', 1, 2));
        const id = `same~${second.id.slice(0, 8)}`;
        assert.deepEqual(await storedNumbers('same'), []);
        assert.deepEqual(await storedNumbers(id), [1, 2]);
        assert.equal((await world.sessions.find(id))?.org_id, 'other');
        assert.deepEqual((await world.sessions.list('other')).map((agent) => [agent.id, agent.session_id]), [[id, 'same']]);
      });

      it('refuses what it cannot keep, and that alone', async () => {
        const runner = await world.runnerRow();
        const { intake } = world.sessions;
        assert.deepEqual(await intake.sessionsOf(runner, [sharedSession('bad\u0000id'), sharedSession('half\ud800'), sharedSession('sound')]), [{ session_id: 'sound', after_seq: 0 }]);
        await assert.rejects(intake.session(runner, sharedSession('bad\u0000id')), (error) => isAgentsError(error, 'bad-input'));
        await assert.rejects(intake.events(runner, 'unheard-of', outputs('unheard-of', 1, 1)), (error) => isAgentsError(error, 'not-found'));
        const [odd] = outputs('sound', 1, 1, '<script>alert(1)</script>\u0000\ud800');
        assert.ok(odd);
        assert.deepEqual(await intake.events(runner, 'sound', [{ ...odd, ts: 1e300 }]), { seq: 1, gap: false });
        assert.deepEqual((await world.sessions.events('sound', 0, 1))[0], { ...odd, ts: 1e300 });
      });

      it('gives large events in pages that fit into memory', async () => {
        const runner = await world.runnerRow();
        await world.sessions.intake.session(runner, sharedSession('large'));
        await world.sessions.intake.events(runner, 'large', outputs('large', 1, 8, 'x'.repeat(400_000)));
        const pages: number[][] = [];
        for (let after = 0; ; after = pages.at(-1)?.at(-1) ?? 0) {
          const page = (await world.sessions.eventTexts('large', after, 1000)).map(({ seq }) => seq);
          if (page.length === 0) break;
          pages.push(page);
        }
        assert.deepEqual(pages, [[1, 2, 3], [4, 5, 6], [7, 8]]);
      });

      it('reserves a row for a session that is about to begin', async () => {
        const runner = await world.runnerRow({ userId: 'daemon' });
        const row = { id: 'reserved', runnerId: runner.id, orgId: 'acme', userId: 'villager', info: sharedSession('reserved', { state: 'CREATED' }), villageId: 'v1', agentId: 'a1' };
        await world.sessions.reserve(row);
        await assert.rejects(world.sessions.reserve(row), (error) => isAgentsError(error, 'name-taken'));
        await world.sessions.intake.session(runner, sharedSession('reserved', { name: 'now' }));
        const agent = await world.sessions.find('reserved');
        assert.deepEqual([agent?.user_id, agent?.village_id, agent?.name], ['villager', 'v1', 'now']);
        await world.sessions.intake.events(runner, 'reserved', outputs('reserved', 1, 1));
        assert.deepEqual(told.map(({ id, villageId, agentId, orgId }) => ({ id, villageId, agentId, orgId })), [{ id: 'reserved', villageId: 'v1', agentId: 'a1', orgId: 'acme' }]);
      });

      it('tells of a row\'s changes, gathered', async () => {
        const runner = await world.runnerRow();
        const changes: string[] = [];
        const listening = world.sessions.onDidChange((change) => 'agent' in change && change.agent.session_id === 'busy' && changes.push(change.agent.title));
        const last = waitForEvent(world.sessions.onDidChange, (change) => 'agent' in change && change.agent.title === 'no 99', { ...DEADLINE, what: 'the last change' });
        for (let n = 0; n < 100; n++) void world.sessions.intake.session(runner, sharedSession('busy', { title: `no ${n}` }));
        await last;
        assert.ok(changes.length <= 3, `told ${changes.length} times`);
        const gone = waitForEvent(world.sessions.onDidChange, (change) => 'gone' in change && change.gone === 'busy', { ...DEADLINE, what: 'its end' });
        await world.sessions.intake.gone(runner, 'busy');
        await gone;
        listening.dispose();
      });

      if (kind === 'sqlite') return;

      it('stores nothing twice when a runner speaks to two processes', async () => {
        const other = await sessionsWorld({ databaseUrl: world.hub.base.options.databaseUrl });
        try {
          const runner = await world.runnerRow();
          await world.sessions.intake.sessionsOf(runner, [sharedSession('two')]);
          await world.sessions.intake.events(runner, 'two', outputs('two', 1, 10));
          assert.deepEqual(await other.sessions.intake.sessionsOf(runner, [sharedSession('two')]), [{ session_id: 'two', after_seq: 10 }]);
          await Promise.all([world.sessions.intake.events(runner, 'two', outputs('two', 11, 20)), other.sessions.intake.events(runner, 'two', outputs('two', 11, 30))]);
          assert.deepEqual(await storedNumbers('two'), Array.from({ length: 30 }, (_, n) => n + 1));
          assert.equal((await world.sessions.find('two'))?.stored_seq, 30);
        } finally {
          await other.dispose();
        }
      });

      it('tells of what another process takes in: of villages, and of what is watched', async () => {
        const other = await sessionsWorld({ databaseUrl: world.hub.base.options.databaseUrl });
        const heard: CommittedEvents[] = [];
        try {
          const runner = await world.runnerRow();
          const { intake } = world.sessions;
          await world.sessions.reserve({ id: 'afar-v', runnerId: runner.id, orgId: 'acme', userId: 'u', info: sharedSession('afar-v'), villageId: 'v' });
          await intake.sessionsOf(runner, [sharedSession('afar-v'), sharedSession('afar'), sharedSession('quiet')]);
          await intake.events(runner, 'afar', outputs('afar', 1, 5));
          other.sessions.onEvents((events) => heard.push(events));
          const until = (id: string, seq: number) => waitForEvent(other.sessions.onEvents, (one) => one.id === id && one.from + one.texts.length > seq, { ...DEADLINE, what: `${id} ${seq}` });
          const watching = other.sessions.watch('afar');
          await watching.ready;
          const all = [until('afar', 2500), until('afar-v', 2)];
          await intake.events(runner, 'quiet', outputs('quiet', 1, 5));
          await intake.events(runner, 'afar-v', outputs('afar-v', 1, 2));
          for (let n = 5; n < 2500; n += 499) await intake.events(runner, 'afar', outputs('afar', n + 1, n + 499));
          await Promise.all(all);
          assert.deepEqual(heard.filter(({ id }) => id === 'afar').flatMap(({ events }) => events.map(({ seq }) => seq)), Array.from({ length: 2495 }, (_, n) => n + 6));
          assert.deepEqual(heard.filter(({ id }) => id === 'afar-v').map(({ villageId, events }) => [villageId, events.length]), [['v', 2]]);
          assert.deepEqual(heard.filter(({ id }) => id === 'quiet'), []);
          const change = waitForEvent(other.sessions.onDidChange, (one) => 'agent' in one && one.agent.title === 'from afar', { ...DEADLINE, what: 'the change' });
          await intake.session(runner, sharedSession('afar', { title: 'from afar' }));
          await change;
          watching.dispose();
        } finally {
          await other.dispose();
        }
      });

      it('has a runner say all again once PostgreSQL is back', async () => {
        assert.ok(server);
        const runner = await world.runner(await world.person(), [sharedSession('again')]);
        await runner.events('again', 1, 5);
        await server.stop();
        runner.say({ type: 'events', session_id: 'again', events: outputs('again', 6, 8) });
        await runner.hear('error');
        await server.start();
        assert.equal((await runner.closed).code, 1013);
        const back = await world.runner(await world.person(), [sharedSession('again')], { again: runner });
        assert.deepEqual(back.frames.find(({ type }) => type === 'resume')?.['sessions'], [{ session_id: 'again', after_seq: 5 }]);
        await back.events('again', 6, 8);
        assert.deepEqual(await storedNumbers('again'), [1, 2, 3, 4, 5, 6, 7, 8]);
      });

      it('goes on after PostgreSQL was away: nothing is acked that is not there', async () => {
        assert.ok(server);
        const runner = await world.runnerRow();
        const { intake } = world.sessions;
        await intake.session(runner, sharedSession('away'));
        await intake.events(runner, 'away', outputs('away', 1, 5));
        await server.stop();
        const lost = [intake.events(runner, 'away', outputs('away', 6, 8)), intake.events(runner, 'away', outputs('away', 9, 10))];
        for (const one of lost) await assert.rejects(one, (error) => isAgentsError(error, 'disconnected'));
        await server.start();
        assert.deepEqual(await intake.events(runner, 'away', outputs('away', 9, 10)), { seq: 5, gap: true });
        assert.deepEqual(await intake.events(runner, 'away', outputs('away', 6, 10)), { seq: 10, gap: false });
        assert.deepEqual(await storedNumbers('away'), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert.deepEqual(toldNumbers('away'), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      });
    });
  }

});
