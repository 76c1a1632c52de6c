// The held connection: how long it looks for what is gone.
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { Executor } from '../../../src/exec/executor.ts';
import { TmuxConnection } from '../../../src/tmux/tmuxConnection.ts';
import { FakeStream } from './fakeStream.ts';

/** Lets everything that waits for no timer happen. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A guest's connection to a session whose client is given this answer from the second time on. */
function guest(answer: string): { connection: TmuxConnection; streams: FakeStream[] } {
  const streams: FakeStream[] = [];
  const executor: Executor = {
    label: 'a test',
    run: () => Promise.reject(new Error('nothing is run')),
    open: () => {
      const stream = new FakeStream();
      stream.say(streams.length === 0 ? '%begin 1 1 0\n%end 1 1 0\n' : `%begin 1 1 0\n${answer}\n%error 1 1 0\n`);
      streams.push(stream);
      return Promise.resolve(stream);
    },
  };
  const handler = { output: () => undefined, wantsOutput: () => false, notification: () => undefined, prepare: () => Promise.resolve() };
  return { connection: new TmuxConnection(executor, { mode: 'guest', attachTo: '$5' }, handler), streams };
}

describe('a connection that was lost', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  for (const answer of ["can't find session: $5", 'no sessions', 'no server running on /tmp/tmux-0/default']) {
    it(`is given up after some attempts when tmux says "${answer}"`, async () => {
      const { connection, streams } = guest(answer);
      await connection.client();
      streams[0]?.exit({ code: 0 });
      for (let round = 0; round < 50; round++) {
        await settled();
        mock.timers.tick(30_000);
      }
      assert.ok(streams.length > 2, 'it was looked for again');
      assert.ok(streams.length <= 10, `it was looked for ${streams.length} times`);
      assert.equal(connection.state.state, 'disconnected');
      connection.dispose();
    });
  }
});
