// The ground floor: disposables, events, waits, backoff, quoting.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { Backoff } from '../../../src/base/backoff.ts';
import { DisposableStore, toDisposable } from '../../../src/base/disposable.ts';
import { isAgentsError } from '../../../src/base/errors.ts';
import { Emitter } from '../../../src/base/event.ts';
import { shellJoin } from '../../../src/base/shellQuote.ts';
import { waitFor, waitForEvent } from '../../../src/base/wait.ts';

describe('DisposableStore', () => {
  it('ends in reverse order, once, and ends at once what comes too late', () => {
    const ended: number[] = [];
    const store = new DisposableStore();
    for (const n of [1, 2, 3]) store.add(toDisposable(() => ended.push(n)));
    store.dispose();
    store.dispose();
    store.add(toDisposable(() => ended.push(4)));
    assert.deepEqual(ended, [3, 2, 1, 4]);
  });
});

describe('Emitter', () => {
  it("reports one listener's fault and still calls the others", () => {
    const faults: unknown[] = [];
    const emitter = new Emitter<number>((fault) => faults.push(fault));
    const heard: number[] = [];
    emitter.event(() => {
      throw new Error('mine');
    });
    const subscription = emitter.event((value) => heard.push(value));
    emitter.fire(1);
    subscription.dispose();
    emitter.fire(2);
    assert.deepEqual(heard, [1]);
    assert.equal(faults.length, 2);
  });
});

describe('waiting', () => {
  it('ends by deadline, naming what was waited for', async () => {
    await assert.rejects(waitFor(new Promise(() => undefined), { timeoutMs: 5, what: 'the moon' }), /Timed out after 5 ms waiting for the moon/);
  });

  it('ends by cancellation, before or during', async () => {
    const controller = new AbortController();
    const waiting = waitFor(new Promise(() => undefined), { signal: controller.signal, what: 'x' });
    controller.abort();
    await assert.rejects(waiting, (error) => isAgentsError(error, 'cancelled'));
    await assert.rejects(waitFor(Promise.resolve(1), { signal: controller.signal, what: 'x' }), (error) => isAgentsError(error, 'cancelled'));
  });

  it('takes the first event that is accepted', async () => {
    const emitter = new Emitter<number>();
    const seen = waitForEvent(emitter.event, (value) => value > 1, { timeoutMs: 1_000, what: 'a number' });
    emitter.fire(1);
    emitter.fire(2);
    assert.equal(await seen, 2);
    assert.equal(emitter.hasListeners, false);
  });
});

describe('Backoff', () => {
  it('doubles to its longest delay and starts anew after success', () => {
    const backoff = new Backoff({ firstMs: 100, longestMs: 1_000, jitter: 0 });
    assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => backoff.next()), [100, 200, 400, 800, 1_000, 1_000]);
    backoff.reset();
    assert.equal(backoff.next(), 100);
  });
});

describe('shellJoin', () => {
  it('is read back by a real shell as the same words', () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => !/\0|\p{Surrogate}/u.test(text));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const output = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${shellJoin(['', ...words])}`], { encoding: 'utf8' });
        assert.deepEqual(output.split('\0').slice(1, -1), words);
      }),
      { numRuns: 50 },
    );
  });

  it('quotes a leading = because zsh would expand it', () => {
    assert.equal(shellJoin(['tmux', 'attach', '-t', '=agent-1']), "tmux attach -t '=agent-1'");
  });
});
