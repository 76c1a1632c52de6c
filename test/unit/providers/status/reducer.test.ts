// Who is believed: rank, freshness, what a source is blind to, what it missed; and what never happens, whatever is said.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { statusSources, type StatusClaim, type StatusSource } from '../../../../src/protocol/agentStatus.ts';
import type { Observation, ProviderSignals } from '../../../../src/providers/status/observation.ts';
import { advance, newStatusModel, nextDeadline, observe, READY_MS, reasonsOf, STARTING_MS, type StatusModel } from '../../../../src/providers/status/reducer.ts';
import { LOST_MS, SETTLE_MS } from '../../../../src/providers/status/verdict.ts';

const working: StatusClaim = { state: 'working' };
const idle: StatusClaim = { state: 'idle' };
const failed: StatusClaim = { state: 'error', message: 'API Error: 500' };
const asks = (text = 'Bash: ls'): StatusClaim => ({ state: 'waiting', kind: 'permission', text });
const exited: StatusClaim = { state: 'exited', exitCode: 3 };

const START = 1_000_000;
const signals: ProviderSignals = { sources: ['osc7501', 'hooks', 'title'], blind: { hooks: ['working', 'waiting'] } };

const says = (source: StatusSource, after: number, claim: StatusClaim | null, more: Partial<Observation> = {}): Observation => ({ source, at: START + after, claim, evidence: `${source} at ${after}`, ...more });
const model = (own: ProviderSignals | undefined = signals, options: { readonly tells?: boolean } = {}): StatusModel => newStatusModel(own, { now: START, ...options });
const after = (...observations: Observation[]): StatusModel => observations.reduce(observe, model());
const state = (of: StatusModel): string => `${of.status.state} by ${of.status.source}`;

describe('the status reducer', () => {
  describe('before anybody has spoken', () => {
    it('is starting, and unknown after a minute of silence; the deadline says when', () => {
      const fresh = model();
      assert.equal(state(fresh), 'starting by process');
      assert.equal(nextDeadline(fresh), START + STARTING_MS);
      assert.equal(advance(fresh, START + STARTING_MS - 1).status, fresh.status);
      const silent = advance(fresh, START + STARTING_MS);
      assert.deepEqual(silent.status, { state: 'unknown', reason: 'No source has told anything yet.', since: START + STARTING_MS, source: 'process', evidence: 'It runs.' });
      assert.equal(nextDeadline(silent), undefined);
    });

    it('is unknown at once where nobody will ever tell', () => {
      assert.equal(model({ sources: [] }, { tells: false }).status.state, 'unknown');
      assert.equal(state(observe(model(undefined, { tells: false }), says('osc7501', 5, working))), 'working by osc7501');
    });

    it('does not take a first idle from a source that is blind to it, unless another agrees or some time has passed', () => {
      const early = observe(model({ sources: ['title'], blind: { title: ['idle'] } }), says('title', 1, idle));
      assert.equal(early.status.state, 'starting');
      assert.equal(state(observe(early, says('screen', 300, idle))), 'idle by title');
      assert.equal(state(observe(early, says('screen', 300, asks('Trust this folder?')))), 'waiting by screen');
      assert.equal(nextDeadline(early), START + READY_MS);
      assert.equal(state(advance(early, START + READY_MS)), 'idle by title');
    });

    it('believes what anybody may send or write rules for, where the provider is not known: OSC 7501 and titles', () => {
      const unknown = newStatusModel(undefined, { now: START });
      assert.equal(state(observe(unknown, says('title', 1, working))), 'working by title');
      assert.equal(state(observe(unknown, says('osc7501', 1, working))), 'working by osc7501');
      assert.equal(state(observe(unknown, says('hooks', 1, working))), 'starting by process');
    });

    it('does not believe a source that the provider is not known to have', () => {
      const told = after(says('statusFile', 1, idle));
      assert.equal(told.status.state, 'starting');
      assert.ok(reasonsOf(told).some((reason) => reason.startsWith('statusFile: not believed')));
    });
  });

  it('believes the best-ranked source that is alive', () => {
    const both = after(says('screen', 1, idle), says('title', 2, working), says('osc7501', 3, idle));
    assert.equal(state(both), 'idle by osc7501');
    assert.equal(state(observe(both, says('osc7501', 4, null))), 'idle by osc7501', 'held: nothing newer says otherwise');
    assert.equal(state(observe(observe(both, says('osc7501', 4, null)), says('title', 5, working))), 'working by title');
  });

  it('keeps since and identity while the state stays; texts may change', () => {
    const one = after(says('osc7501', 1, working));
    const two = observe(one, says('osc7501', 50, working));
    assert.equal(two.status, one.status, 'a repeated word is no news');
    const first = observe(two, says('osc7501', 60, asks('one')));
    const second = observe(first, says('osc7501', 70, asks('two')));
    assert.equal(second.status.since, first.status.since);
    assert.ok(second.status.state === 'waiting' && second.status.text === 'two');
  });

  it('takes another request of the same source for another wait', () => {
    const first = after(says('hooks', 1, asks(), { request: { id: 'a' } }));
    const second = observe(first, says('hooks', 9, asks(), { request: { id: 'b' } }));
    assert.deepEqual([second.status.since, second.status.request?.id], [START + 9, 'b']);
  });

  it('ignores what is older than the latest of its source', () => {
    const now = after(says('osc7501', 10, idle));
    assert.equal(observe(now, says('osc7501', 9, working)), now);
  });

  it('goes on when the clock is set back', () => {
    const HOUR = 3_600_000;
    const before = after(says('osc7501', HOUR, working), says('screen', HOUR + 10, working));
    assert.equal(state(observe(before, says('osc7501', 20, idle))), 'idle by osc7501');
    assert.equal(state(observe(observe(before, says('osc7501', 20, null)), says('screen', 30, asks()))), 'waiting by screen');
  });

  describe('a source that is blind to leaving a state', () => {
    it('is overruled by a newer dialog or by work at once', () => {
      assert.equal(state(after(says('hooks', 1, working), says('screen', 2, asks()))), 'waiting by screen');
      assert.equal(state(after(says('hooks', 1, asks()), says('screen', 2, asks()), says('screen', 3, working))), 'working by screen');
    });

    it('is overruled by an end of the turn that lasts', () => {
      const early = after(says('hooks', 1, working), says('screen', 100, idle));
      assert.equal(state(early), 'working by hooks');
      assert.equal(nextDeadline(early), START + 100 + SETTLE_MS.idle);
      assert.equal(state(advance(early, START + 100 + SETTLE_MS.idle)), 'idle by screen');
    });

    it('is not overruled by what was there before it spoke, until that has outlasted it', () => {
      const trace = after(says('screen', 1, idle), says('hooks', 10, working), says('screen', 90, idle));
      assert.equal(state(trace), 'working by hooks');
      assert.equal(state(advance(trace, START + 10 + SETTLE_MS.old)), 'idle by screen');
      assert.equal(state(advance(after(says('screen', 1, idle), says('hooks', 10, working)), START + 100_000)), 'working by hooks', 'nobody looked since');
    });

    it('is not told that a dialog is over by a source that has not seen it yet, unless that lasts', () => {
      const early = after(says('hooks', 1, asks()), says('screen', 90, working));
      assert.equal(state(early), 'waiting by hooks');
      assert.equal(state(observe(early, says('screen', 190, asks()))), 'waiting by hooks');
      assert.equal(state(advance(early, START + 90 + SETTLE_MS.old)), 'working by screen');
    });

    it('has the last word when it speaks again', () => {
      assert.equal(state(after(says('hooks', 1, working), says('screen', 2, asks()), says('hooks', 3, idle))), 'idle by hooks');
    });
  });

  describe('a source that misses what others see', () => {
    const dead = (): StatusModel => after(says('osc7501', 1, working), says('screen', 100, asks()));

    it('is lost after a while, and the next one decides', () => {
      assert.equal(state(dead()), 'working by osc7501');
      const later = advance(dead(), START + 100 + LOST_MS.waiting);
      assert.equal(state(later), 'waiting by screen');
      assert.equal(later.sources.osc7501?.lost, true);
      assert.ok(reasonsOf(later).some((reason) => reason.startsWith('osc7501: lost')));
    });

    it('counts again as soon as it speaks', () => {
      const back = observe(advance(dead(), START + 5_000), says('osc7501', 6_000, idle));
      assert.equal(state(back), 'idle by osc7501');
    });

    it('is not lost to a prompt that shows while the answer still streams in', () => {
      let streaming = after(says('osc7501', 1, working));
      for (let at = 100; at < 20_000; at += 250) streaming = advance(observe(streaming, says('screen', at, idle)), START + at + 200);
      assert.equal(state(streaming), 'working by osc7501');
      assert.equal(state(advance(streaming, START + 19_850 + 250 + LOST_MS.over)), 'idle by screen', 'at rest it is');
    });
  });

  describe('waiting', () => {
    const waiting = (): StatusModel => after(says('hooks', 1, working), says('screen', 10, asks('rm -rf build')));

    it('does not end because the dialog is not seen any more', () => {
      const scrolled = observe(waiting(), says('screen', 20, null));
      assert.equal(state(scrolled), 'waiting by screen');
      assert.equal(state(advance(scrolled, START + 1_000_000)), 'waiting by screen');
      assert.ok(reasonsOf(scrolled).some((reason) => reason.startsWith('Held: waiting')));
    });

    it('ends by a newer sign of something else', () => {
      const scrolled = observe(waiting(), says('screen', 20, null));
      assert.equal(state(observe(scrolled, says('screen', 30, working))), 'working by screen');
      assert.equal(state(observe(scrolled, says('hooks', 30, idle))), 'idle by hooks');
    });

    it('takes from a lower source what the better one does not tell', () => {
      const both = after(says('osc7501', 1, asks('')), says('screen', 90, asks('Bash: ls'), { request: { id: 'x', command: 'ls' } }));
      assert.equal(state(both), 'waiting by osc7501');
      assert.ok(both.status.state === 'waiting' && both.status.text === 'Bash: ls');
      assert.equal(both.status.request?.command, 'ls');
    });

    it('keeps what it knew of it when the source that told it falls silent', () => {
      const other: StatusClaim = { state: 'waiting', kind: 'other', text: '' };
      const both = after(says('title', 1, other), says('screen', 90, asks('Bash: ls'), { request: { id: 'x', command: 'ls' } }));
      const silent = observe(both, says('screen', 200, null));
      assert.deepEqual(silent.status, both.status);
      assert.ok(silent.status.state === 'waiting' && silent.status.kind === 'permission' && silent.status.request?.command === 'ls');
    });

    it('takes it over one that does not tell either, and the kind too', () => {
      const other: StatusClaim = { state: 'waiting', kind: 'other', text: '' };
      const three = after(says('osc7501', 1, other), says('title', 2, other), says('screen', 90, asks('Bash: ls'), { request: { id: 'x', command: 'ls' } }));
      assert.equal(state(three), 'waiting by osc7501');
      assert.ok(three.status.state === 'waiting' && three.status.text === 'Bash: ls' && three.status.kind === 'permission');
      assert.equal(three.status.request?.command, 'ls');
    });

    it('takes nothing from a word on an earlier dialog', () => {
      const both = after(says('screen', 1, asks('old'), { request: { id: 'old' } }), says('osc7501', 60_000, asks('')));
      assert.equal(both.status.request, undefined);
    });

    it('stays with the one that told of this dialog, when a better source last spoke of the one before', () => {
      const own = model({ sources: ['channel', 'osc7501', 'hooks'], blind: { channel: ['waiting'] } });
      const over = advance([says('channel', 0, asks('first')), says('hooks', 1, working)].reduce(observe, own), START + SETTLE_MS.old + 1);
      assert.equal(state(over), 'working by hooks');
      const second = observe(over, says('osc7501', 3_000, asks('second')));
      assert.equal(state(second), 'waiting by osc7501');
      assert.equal(nextDeadline(second), undefined);
      assert.equal(advance(second, START + 90_000).status, second.status);
      assert.equal(state(observe(second, says('channel', 4_000, asks('second')))), 'waiting by channel');
    });

    it('takes nothing from a dialog that was over before this one was asked, however short ago', () => {
      const first = after(says('osc7501', 1, asks('run: npm test')), says('screen', 90, asks('npm test'), { request: { id: 'old', command: 'npm test' } }));
      const next = [says('osc7501', 500, working), says('osc7501', 520, asks('run: rm -rf build'))].reduce(observe, first);
      assert.equal(next.status.request, undefined);
      assert.equal(observe(next, says('screen', 700, asks('rm -rf build'), { request: { id: 'new', command: 'rm -rf build' } })).status.request?.command, 'rm -rf build');
    });
  });

  it('takes the words of an error from a lower source that has them', () => {
    const told = after(says('osc7501', 1, { state: 'error', message: '' }), says('screen', 90, failed));
    assert.ok(told.status.state === 'error' && told.status.source === 'osc7501' && told.status.message === 'API Error: 500');
  });

  it('lets an error stand against a mere idle, and not the other way round', () => {
    assert.equal(state(advance(after(says('hooks', 1, failed), says('screen', 100, idle)), START + 60_000)), 'error by hooks');
    const own = observe(newStatusModel({ sources: ['hooks'], blind: { hooks: ['idle'] } }, { now: START }), says('hooks', 1, idle));
    assert.equal(state(observe(own, says('screen', 100, failed))), 'error by screen');
  });

  describe('the process', () => {
    it('has the last word on its end', () => {
      const over = after(says('osc7501', 1, working), says('process', 5, exited), says('osc7501', 6, idle), says('screen', 7, asks()));
      assert.deepEqual(over.status, { ...exited, since: START + 5, source: 'process', evidence: 'process at 5' });
      assert.equal(reasonsOf(over).length, 1);
    });

    it('makes it unknown while its place is out of reach, and gives the former status back', () => {
      const before = after(says('osc7501', 1, asks()));
      const away = observe(before, says('process', 10, { state: 'unknown', reason: 'The engine is down.' }));
      assert.deepEqual([away.status.state, away.status.since], ['unknown', START + 10]);
      assert.deepEqual(observe(away, says('process', 20, null)).status, before.status);
    });
  });

  describe('what is remembered', () => {
    const remembered = (): StatusModel => observe(model(), { source: 'remembered', at: START - 5_000, claim: asks(), evidence: 'dialog' });

    it('counts until somebody speaks, and does not contradict', () => {
      assert.equal(state(remembered()), 'waiting by remembered');
      assert.equal(remembered().status.since, START - 5_000);
      assert.equal(state(advance(observe(remembered(), says('screen', 1, working)), START + 60_000)), 'working by screen');
    });

    it('is forgotten when the pane has printed and nobody can tell', () => {
      assert.equal(observe(remembered(), says('remembered', 1, null)).status.state, 'starting');
    });
  });

  describe('whatever is said, in whatever order', () => {
    const claims: fc.Arbitrary<StatusClaim | null> = fc.oneof(
      fc.constantFrom<StatusClaim | null>(working, idle, failed, null),
      fc.constantFrom('a', 'b').map((text) => asks(text)),
      fc.constant<StatusClaim>({ state: 'starting' }),
    );
    const steps = fc.array(fc.record({ source: fc.constantFrom(...statusSources.filter((source) => source !== 'process')), wait: fc.integer({ min: 0, max: 5_000 }), claim: claims }), { maxLength: 40 });
    const blind = fc.dictionary(fc.constantFrom(...statusSources), fc.subarray(['working', 'waiting', 'idle'] as const));
    const run = (list: readonly { readonly source: StatusSource; readonly wait: number; readonly claim: StatusClaim | null }[], own: ProviderSignals, each: (before: StatusModel, now: StatusModel, observation: Observation | undefined) => void): void => {
      let at = 0;
      let now = model(own);
      for (const { source, wait, claim } of list) {
        at += wait;
        const waited = advance(now, START + at);
        each(now, waited, undefined);
        const observation = says(source, at, claim);
        const next = observe(waited, observation);
        each(waited, next, observation);
        now = next;
      }
    };
    const own = (map: Record<string, readonly ('working' | 'waiting' | 'idle')[]>): ProviderSignals => ({ sources: ['channel', 'osc7501', 'hooks', 'title'], blind: map });

    it('every status rests on something that was really said, and the decision never on nothing', () => {
      fc.assert(
        fc.property(steps, blind, (list, map) => {
          const said = new Set<string>();
          run(list, own(map), (_before, now, observation) => {
            if (observation?.claim) said.add(`${observation.claim.state} by ${observation.source}`);
            const { status } = now;
            if (status.source !== 'process') assert.ok(said.has(state(now)), `${state(now)} was never said`);
            else assert.ok(status.state === 'starting' || status.state === 'unknown');
          });
        }),
      );
    });

    it('nothing to say never ends a wait, nor makes anything idle', () => {
      fc.assert(
        fc.property(steps, blind, (list, map) => {
          run(list, own(map), (before, now, observation) => {
            if (observation?.claim !== null || before.status.source === 'remembered') return;
            const isNewerElsewhere = before.status.state !== now.status.state;
            // Only a positive word that was there already, and newer than the decision, may come to count now.
            if (isNewerElsewhere) assert.ok(now.decidedAt >= before.decidedAt, `${state(before)} became ${state(now)}`);
            if (now.status.state === 'idle' && isNewerElsewhere) assert.equal(now.sources[now.status.source]?.latest.claim?.state, 'idle');
          });
        }),
      );
    });

    it('time alone changes nothing before the deadline it names', () => {
      fc.assert(
        fc.property(steps, blind, fc.integer({ min: 0, max: 100_000 }), (list, map, later) => {
          let last = model(own(map));
          run(list, own(map), (_before, now) => (last = now));
          const deadline = nextDeadline(last);
          const until = deadline === undefined ? last.now + later : Math.min(last.now + later, deadline - 1);
          assert.deepEqual(advance(last, until).status, last.status);
        }),
      );
    });

    it('since does not change while the state stays, and is never in the future', () => {
      fc.assert(
        fc.property(steps, blind, (list, map) => {
          run(list, own(map), (before, now) => {
            assert.ok(now.status.since <= now.now);
            if (before.status.state === now.status.state && before.status.source !== 'process' && now.status.source !== 'process') assert.equal(now.status.since, before.status.since);
          });
        }),
      );
    });

    it('an exit is final', () => {
      fc.assert(
        fc.property(steps, (list) => {
          let now = observe(model(own({})), says('process', 0, exited));
          for (const { source, wait, claim } of list) now = observe(now, says(source, wait, claim));
          assert.equal(now.status.state, 'exited');
        }),
      );
    });
  });
});
