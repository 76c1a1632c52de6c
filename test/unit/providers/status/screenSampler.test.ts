// When the screen is looked at, and when what it says counts.
import assert from 'node:assert/strict';
import { Emitter } from '../../../../src/base/event.ts';
import { waitForEvent } from '../../../../src/base/wait.ts';
import { RELAXED, ScreenSampler } from '../../../../src/providers/status/screenSampler.ts';

const QUICK = { quiet: 5, busy: 20, confirm: 5 };

class Fixture {
  /** What the next looks see, the last for ever. */
  shows: string[] = ['same'];
  looks = 0;
  failing = false;
  readonly seen: string[] = [];
  readonly settled = new Emitter<string>();
  readonly looked = new Emitter<number>();
  readonly sampler = new ScreenSampler<string>({
    look: () => {
      this.looks++;
      this.looked.fire(this.looks);
      const [now = ''] = this.shows;
      if (this.shows.length > 1) this.shows.shift();
      return this.failing ? Promise.reject(new Error('gone')) : Promise.resolve(now);
    },
    keyOf: (look) => look,
    settled: (look) => {
      this.seen.push(look);
      this.settled.fire(look);
    },
    failed: () => undefined,
  });

  constructor() {
    this.sampler.pace = QUICK;
  }

  next(): Promise<string> {
    return waitForEvent(this.settled.event, () => true, { timeoutMs: 2_000, what: 'the screen to settle' });
  }
}

describe('the sampling of a screen', () => {
  let fixture: Fixture;
  beforeEach(() => (fixture = new Fixture()));
  afterEach(() => fixture.sampler.dispose());

  it('never looks while nothing is printed', async () => {
    fixture.sampler.touch();
    await fixture.next();
    const { looks } = fixture;
    await assert.rejects(waitForEvent(fixture.looked.event, () => true, { timeoutMs: 100, what: 'another look' }));
    assert.equal(fixture.looks, looks);
  });

  it('takes only what two looks agree on', async () => {
    fixture.shows = ['half painted', 'dialog', 'dialog'];
    fixture.sampler.touch();
    assert.equal(await fixture.next(), 'dialog');
    assert.deepEqual([fixture.seen, fixture.looks], [['dialog'], 3]);
  });

  it('needs one look for what was settled already', async () => {
    fixture.sampler.touch();
    await fixture.next();
    fixture.looks = 0;
    fixture.sampler.touch();
    await fixture.next();
    assert.equal(fixture.looks, 1);
  });

  it('looks while it goes on printing, too', async () => {
    const printing = setInterval(() => fixture.sampler.touch(), 1);
    try {
      assert.equal(await fixture.next(), 'same');
    } finally {
      clearInterval(printing);
    }
  });

  it('looks at once when asked, whatever the pace is', async () => {
    fixture.sampler.pace = RELAXED;
    const began = performance.now();
    fixture.sampler.hurry();
    await fixture.next();
    assert.ok(performance.now() - began < RELAXED.quiet + RELAXED.confirm, 'at the watchful pace');
  });

  it('settles on demand, with two fresh looks', async () => {
    await fixture.sampler.settle();
    assert.deepEqual([fixture.seen, fixture.looks], [['same'], 2]);
  });

  it('keeps nobody waiting for a screen that cannot be seen, and looks again at the next output', async () => {
    fixture.failing = true;
    await fixture.sampler.settle();
    assert.deepEqual(fixture.seen, []);
    fixture.failing = false;
    fixture.sampler.touch();
    assert.equal(await fixture.next(), 'same');
  });

  it('looks again by itself where the second of two looks failed: nothing need be printed any more', async () => {
    fixture.shows = ['dialog'];
    const first = waitForEvent(fixture.looked.event, (looks) => looks === 1, { timeoutMs: 2_000, what: 'the first look' });
    const second = waitForEvent(fixture.looked.event, (looks) => looks === 2, { timeoutMs: 2_000, what: 'the second look' });
    fixture.sampler.touch();
    await first;
    setImmediate(() => (fixture.failing = true));
    await second;
    fixture.failing = false;
    assert.equal(await fixture.next(), 'dialog');
  });

  it('looks no more once its screen is gone, until it prints again', async () => {
    fixture.failing = true;
    const seen = waitForEvent(fixture.looked.event, (looks) => looks === 3, { timeoutMs: 2_000, what: 'three looks' });
    fixture.sampler.touch();
    await seen;
    fixture.sampler.rest();
    const { looks } = fixture;
    await assert.rejects(waitForEvent(fixture.looked.event, () => true, { timeoutMs: 300, what: 'another look' }));
    assert.equal(fixture.looks, looks);
    fixture.failing = false;
    fixture.sampler.touch();
    assert.equal(await fixture.next(), 'same');
  });

  it('keeps whoever asked after it was laid to rest in the middle of a look', async () => {
    const looked = waitForEvent(fixture.looked.event, () => true, { timeoutMs: 2_000, what: 'a look' });
    void fixture.sampler.settle();
    await looked;
    fixture.sampler.rest();
    await fixture.sampler.settle();
    assert.deepEqual(fixture.seen, ['same']);
  });

  it('ends its waits when disposed', async () => {
    const settling = fixture.sampler.settle();
    fixture.sampler.dispose();
    await settling;
    fixture.sampler.touch();
    assert.deepEqual(fixture.seen, []);
  });
});
