// Live terminals through the hub: a whole screen or what was missed, many who watch, one who writes, a runner that goes and comes back.
import assert from 'node:assert/strict';
import type { LiveFrame } from '../../../src/protocol/hubWire/liveFrames.ts';
import type { Person } from '../../support/hubWorld.ts';
import { liveClient, type LiveClient } from '../../support/liveClient.ts';
import { needsPostgres, type PostgresServer } from '../../support/postgres.ts';
import { sessionsWorld, sharedSession, type SessionsWorld, type SpokenRunner } from '../../support/sessionsWorld.ts';

type Shown = Extract<LiveFrame, { type: 'terminal' }>;

/** Joins, shows the runner's screen once it is asked for it, and gives what the client was shown. */
async function begin(client: LiveClient, runner: SpokenRunner, id: string, screen: string): Promise<Shown> {
  client.say({ type: 'terminal_join', session_id: id });
  await runner.hear('terminal_open', ({ session_id }) => session_id === id);
  runner.say({ type: 'terminal', session_id: id, data: screen, reset: true, columns: 40, rows: 5 });
  return await client.hear('terminal');
}

describe('the hub: live terminals', () => {
  let server: PostgresServer;
  const clients: LiveClient[] = [];
  before(async function () {
    this.timeout(90_000);
    server = await needsPostgres(this);
  });
  after(() => server.dispose());
  afterEach(() => clients.splice(0).forEach(({ socket }) => socket.terminate()));

  for (const where of ['one process', 'another process than the runner\'s'] as const) {
    describe(`from ${where}`, () => {
      let home: SessionsWorld;
      let world: SessionsWorld;
      let owner: Person;
      let count = 0;
      const open = async (person: Person = owner): Promise<LiveClient> => {
        const client = await liveClient(world.hub.url, { token: person.token });
        clients.push(client);
        return client;
      };
      /** A runner with one session. */
      const share = async (): Promise<{ readonly runner: SpokenRunner; readonly id: string }> => {
        const id = `terminal-${++count}`;
        return { runner: await home.runner(owner, [sharedSession(id)]), id };
      };

      before(async () => {
        const live = { lingerMs: 100, limits: { cloggedBytes: 50_000 } };
        if (where === 'one process') home = world = await sessionsWorld({}, live);
        else {
          const databaseUrl = await server.database();
          home = await sessionsWorld({ databaseUrl }, live);
          world = await sessionsWorld({ databaseUrl }, live);
        }
        owner = await home.person('member');
      });
      after(async () => {
        await world.dispose();
        if (home !== world) await home.dispose();
      });

      it('shows the screen, then what is printed, and closes it after the last watcher', async () => {
        const { runner, id } = await share();
        const client = await open();
        const first = await begin(client, runner, id, 'hello\r\n\x1b[31mred');
        assert.deepEqual([first.snapshot, first.columns, first.rows], [true, 40, 5]);
        assert.match(first.data, /hello\r\n.*red/);
        assert.deepEqual(await client.hear('terminal_writer'), { type: 'terminal_writer', session_id: id, name: null, you: false });
        for (const data of [' one', ' two', ' \u001b[0m<script>&\u0000']) runner.say({ type: 'terminal', session_id: id, data });
        const printed = [await client.hear('terminal'), await client.hear('terminal'), await client.hear('terminal')];
        assert.deepEqual(printed.map(({ data, snapshot, seq }) => [data, snapshot, seq - first.seq]), [[' one', undefined, 1], [' two', undefined, 2], [' \u001b[0m<script>&\u0000', undefined, 3]]);

        const second = await open();
        second.say({ type: 'terminal_join', session_id: id });
        const whole = await second.hear('terminal');
        assert.equal(whole.snapshot, true);
        assert.equal(whole.seq, first.seq + 3);
        assert.match(whole.data, /hello\r\n.*red one two.*<script>&/);
        assert.equal(runner.frames.filter(({ type }) => type === 'terminal_open').length, 1, 'it is opened once');

        client.say({ type: 'terminal_leave', session_id: id });
        second.say({ type: 'terminal_leave', session_id: id });
        await runner.hear('terminal_close', ({ session_id }) => session_id === id);
      });

      it('goes on where a client was, while it is kept', async () => {
        const { runner, id } = await share();
        const stays = await open();
        const { seq } = await begin(stays, runner, id, '$ ');
        for (let n = 0; n < 20; n++) runner.say({ type: 'terminal', session_id: id, data: `${n} ` });
        await stays.hear('terminal', ({ data }) => data === '19 ');
        const comes = await open();
        comes.say({ type: 'terminal_join', session_id: id, after: seq + 15 });
        await comes.hear('terminal', ({ data }) => data === '19 ');
        assert.deepEqual(comes.frames.filter((frame) => frame.type === 'terminal').map(({ data, snapshot }) => [data, snapshot]), [['15 ', undefined], ['16 ', undefined], ['17 ', undefined], ['18 ', undefined], ['19 ', undefined]]);
        const late = await open();
        late.say({ type: 'terminal_join', session_id: id, after: seq - 5_000_000 });
        assert.equal((await late.hear('terminal')).snapshot, true, 'of an earlier life');
      });

      it('has one writer, and tells all who it is', async () => {
        const { runner, id } = await share();
        const [mine, viewers, stranger] = [await open(), await open(await home.person('viewer')), await open(await home.person('member'))];
        await begin(mine, runner, id, '$ ');
        const admin = await open(await home.person('admin'));
        for (const client of [viewers, stranger, admin]) {
          client.say({ type: 'terminal_join', session_id: id });
          await client.hear('terminal');
        }
        mine.say({ type: 'terminal_write', session_id: id, data: 'too early' });
        assert.match((await mine.hear('error')).message, /take it first/);
        mine.say({ type: 'terminal_take', session_id: id });
        await mine.hear('terminal_writer', ({ name, you }) => you && name === owner.name);
        await viewers.hear('terminal_writer', ({ name, you }) => !you && name === owner.name);
        mine.say({ type: 'terminal_write', session_id: id, data: 'ls\r' });
        const input = await runner.hear('terminal_input');
        assert.deepEqual([input['data'], input['by'], input['session_id']], ['ls\r', owner.name, id]);

        for (const client of [viewers, stranger]) {
          client.say({ type: 'terminal_take', session_id: id });
          assert.match((await client.hear('error')).message, /Only the owner/);
          client.say({ type: 'terminal_write', session_id: id, data: 'rm\r' });
          await client.hear('error');
          client.say({ type: 'terminal_resize', session_id: id, columns: 9, rows: 9 });
          await client.hear('error');
        }

        admin.say({ type: 'terminal_take', session_id: id });
        await admin.hear('terminal_writer', ({ you }) => you);
        await mine.hear('terminal_writer', ({ you, name }) => !you && name !== owner.name && name !== null);
        mine.say({ type: 'terminal_write', session_id: id, data: 'no longer' });
        assert.match((await mine.hear('error')).message, /take it over/);
        admin.say({ type: 'terminal_resize', session_id: id, columns: 100, rows: 30 });
        const size = await runner.hear('terminal_resize');
        assert.deepEqual([size['columns'], size['rows']], [100, 30]);
        await runner.hear('terminal_open');
        runner.say({ type: 'terminal', session_id: id, data: 'wide', reset: true, columns: 100, rows: 30 });
        const wide = await viewers.hear('terminal', ({ columns }) => columns === 100);
        assert.deepEqual([wide.snapshot, wide.data], [true, 'wide']);
        assert.deepEqual(runner.frames.filter(({ type }) => type === 'terminal_input').map((frame) => frame['data']), ['ls\r']);

        admin.socket.close();
        await mine.hear('terminal_writer', ({ name }) => name === null);
        const audit = (await home.call('GET', '/api/audit', { as: await home.person('admin') })).body as { readonly action: string; readonly target: string; readonly detail: unknown }[];
        assert.deepEqual(audit.filter(({ action, target }) => action === 'terminal.take' && target === id).map(({ detail }) => detail), [{ from: owner.name }, null]);
      });

      it('comes back with its runner', async () => {
        const { runner, id } = await share();
        const client = await open();
        await begin(client, runner, id, 'before');
        runner.drop();
        assert.match((await client.hear('error')).message, /not connected/);
        const back = await home.runner(owner, [sharedSession(id)], { again: runner });
        await back.hear('terminal_open');
        back.say({ type: 'terminal', session_id: id, data: 'after', reset: true, columns: 40, rows: 5 });
        const shown = await client.hear('terminal');
        assert.deepEqual([shown.data, shown.snapshot], ['after', true]);
        back.say({ type: 'terminal_ended', session_id: id, reason: 'It is over.' });
        assert.equal((await client.hear('terminal_ended')).reason, 'It is over.');
      });

      it('says so when the terminal is not shared, or its runner away', async () => {
        const runner = await home.runner(owner, [sharedSession('closed', { terminal: false }), sharedSession('away')]);
        const client = await open();
        client.say({ type: 'terminal_join', session_id: 'closed' });
        assert.match((await client.hear('error')).message, /cannot be opened/);
        const fleet = await open();
        fleet.say({ type: 'watch_fleet' });
        await fleet.hear('fleet');
        runner.drop();
        await fleet.hear('agent', ({ agent }) => agent.id === 'away' && !agent.connected);
        client.say({ type: 'terminal_join', session_id: 'away' });
        assert.match((await client.hear('error')).message, /comes back with it/);
        await home.sessions.intake.gone({ id: runner.id, name: '', orgId: owner.orgId, userId: owner.id }, 'away');
      });

      it('leaves out what a client does not read, and draws it anew when it does', async () => {
        const { runner, id } = await share();
        const [slow, quick] = [await open(), await open()];
        await begin(slow, runner, id, '');
        quick.say({ type: 'terminal_join', session_id: id });
        await quick.hear('terminal');
        slow.socket.pause();
        // More than the kernel takes for a socket that is not read.
        const noise = 'x'.repeat(60_000);
        for (let n = 0; n < 300; n++) {
          runner.say({ type: 'terminal', session_id: id, data: `${noise}\r\n` });
          await quick.hear('terminal', ({ snapshot }) => snapshot === undefined);
        }
        runner.say({ type: 'terminal', session_id: id, data: 'the end' });
        const last = await quick.hear('terminal', ({ data }) => data === 'the end');
        slow.socket.resume();
        const drawn = await slow.hear('terminal', ({ snapshot, seq }) => snapshot === true && seq === last.seq);
        assert.match(drawn.data, /the end$/);
        assert.ok(slow.frames.length < 300);
      }).timeout(60_000);
    });
  }
});
