// The runner's token over its life: kept while it is good, renewed before it ends, and said to have ended where nobody renews it.
import assert from 'node:assert/strict';
import { AgentsError } from '../../../../src/base/errors.ts';
import { silentLog } from '../../../../src/base/log.ts';
import { RunnerToken } from '../../../../src/runner/daemon/connection/runnerToken.ts';
import { lifeOf } from '../../../../src/runner/daemon/settings/tokenLife.ts';

const HOUR = 3_600_000;
/** A day from `start`, in ms. */
const jwt = (start: number, name = 'x'): string => `h.${Buffer.from(JSON.stringify({ sub: name, iat: start / 1000, exp: (start + 24 * HOUR) / 1000 })).toString('base64url')}.s`;

describe("a runner's token", () => {
  let stored: { runnerToken?: string | undefined; accessToken?: string | undefined };
  let now: number;
  let asked: string[];
  let answer: () => string | undefined;
  let token: RunnerToken;

  beforeEach(() => {
    stored = {};
    now = 0;
    asked = [];
    answer = () => undefined;
    token = new RunnerToken({
      stored: () => stored,
      renew: (by) => {
        asked.push(by);
        return new Promise((resolve) => resolve(answer()));
      },
      keep: (fresh) => (stored.runnerToken = fresh),
      log: silentLog,
      now: () => now,
    });
  });
  afterEach(() => token.dispose());

  it('says when it ends, where it says so', () => {
    assert.deepEqual(lifeOf(jwt(HOUR)), { start: HOUR, end: 25 * HOUR });
    for (const other of ['abc', 'a.b.c', '', 'a.e30.c']) assert.equal(lifeOf(other), undefined);
  });

  it('is taken as it is while it is good, also one that never ends', async () => {
    assert.equal(await token.current(), undefined);
    stored = { accessToken: 'person' };
    assert.equal(await token.current(), 'person');
    stored = { accessToken: 'person', runnerToken: jwt(0) };
    assert.equal(await token.current(), jwt(0));
    assert.equal(token.endsAt, 24 * HOUR);
    assert.deepEqual(asked, []);
  });

  it('is renewed in the last quarter of its life, by itself where there is no other, and kept', async () => {
    stored = { runnerToken: jwt(0) };
    now = 19 * HOUR;
    answer = () => jwt(now);
    assert.equal(await token.current(), jwt(19 * HOUR));
    assert.deepEqual(asked, [jwt(0)]);
    assert.equal(stored.runnerToken, jwt(19 * HOUR));
    await token.current();
    assert.equal(asked.length, 1);
  });

  it('stays in use while nobody can renew it, and says why', async () => {
    stored = { runnerToken: jwt(0), accessToken: 'person' };
    now = 20 * HOUR;
    answer = () => {
      throw new AgentsError('disconnected', 'The hub cannot be reached.');
    };
    assert.equal(await token.current(), jwt(0));
    assert.match(token.problem ?? '', /cannot be reached/);
    assert.deepEqual(asked, ['person'], 'a hub that is away is asked once');
    answer = () => {
      throw new AgentsError('policy-denied', 'No.');
    };
    now = 30 * HOUR;
    assert.equal(await token.current(), 'person', 'what never ends is tried before what has ended');
    assert.equal(asked.length, 1);
    stored = { runnerToken: jwt(0) };
    assert.equal(await token.current(), jwt(0), 'the hub judges: this clock may be wrong');
    assert.match(token.problem ?? '', /Register it again/);
  });

  it('is asked for once, however many need it', async () => {
    stored = { runnerToken: jwt(0) };
    now = 23 * HOUR;
    answer = () => jwt(now);
    assert.deepEqual(await Promise.all([token.current(), token.current(), token.renewed()]), [jwt(now), jwt(now), jwt(now)]);
    assert.equal(asked.length, 1);
  });

  it('gives way to one that somebody stored meanwhile', async () => {
    stored = { runnerToken: jwt(0) };
    now = 19 * HOUR;
    answer = () => jwt(now);
    await token.current();
    stored = { runnerToken: jwt(20 * HOUR, 'newer') };
    now = 21 * HOUR;
    assert.equal(await token.current(), jwt(20 * HOUR, 'newer'));
  });
});
