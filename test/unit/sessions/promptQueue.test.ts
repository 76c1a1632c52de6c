// A queue of prompts as values: what is added, moved, removed and marked, and in which order they go.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isAgentsError } from '../../../src/base/errors.ts';
import { addPrompt, findPrompt, markPrompt, movePrompt, newPrompt, nextPrompt, removePrompt, retryPrompt, settle, type PromptQueue } from '../../../src/sessions/prompts/promptQueue.ts';

const empty: PromptQueue = { v: 1, agentId: 'a', runtimeId: 'local', createdAt: '2026-01-01T00:00:00Z', prompts: [], outcomes: [] };

function queueOf(...texts: string[]): PromptQueue {
  return texts.reduce((queue, text) => addPrompt(queue, newPrompt(text, { kind: 'text', now: 1 })), empty);
}

const textsOf = (queue: PromptQueue): string[] => queue.prompts.map(({ text }) => text);
const idOf = (queue: PromptQueue, text: string): string => queue.prompts.find((prompt) => prompt.text === text)?.id ?? '';

describe('a queue of prompts', () => {
  it('keeps the order in which they came', () => {
    const queue = queueOf('a', 'b', 'c');
    assert.deepEqual(textsOf(queue), ['a', 'b', 'c']);
    assert.equal(nextPrompt(queue)?.text, 'a');
    assert.equal(new Set(queue.prompts.map(({ id }) => id)).size, 3);
  });

  it('moves one to a place, 1 being the next', () => {
    const queue = queueOf('a', 'b', 'c');
    assert.deepEqual(textsOf(movePrompt(queue, idOf(queue, 'c'), 1)), ['c', 'a', 'b']);
    assert.deepEqual(textsOf(movePrompt(queue, idOf(queue, 'a'), 2)), ['b', 'a', 'c']);
    assert.deepEqual(textsOf(movePrompt(queue, idOf(queue, 'a'), 99)), ['b', 'c', 'a']);
  });

  it('lets nothing overtake, move or remove what is being given', () => {
    let queue = queueOf('a', 'b', 'c');
    queue = markPrompt(queue, idOf(queue, 'a'), 'entering', 2);
    assert.deepEqual(textsOf(movePrompt(queue, idOf(queue, 'c'), 1)), ['a', 'c', 'b']);
    for (const change of [() => removePrompt(queue, idOf(queue, 'a'), 3), () => movePrompt(queue, idOf(queue, 'a'), 2), () => retryPrompt(queue, idOf(queue, 'a'), { now: 3 })]) {
      assert.throws(change, (error) => isAgentsError(error, 'stale'));
    }
  });

  it('goes on with what was being given first, and passes over what failed', () => {
    let queue = queueOf('a', 'b', 'c');
    queue = markPrompt(queue, idOf(queue, 'a'), 'failed', 2, 'It did not work.');
    assert.equal(nextPrompt(queue)?.text, 'b');
    assert.equal(nextPrompt(markPrompt(queue, idOf(queue, 'c'), 'submitting', 3))?.text, 'c');
    const again = retryPrompt(queue, idOf(queue, 'a'), { now: 4, urgent: true });
    assert.deepEqual([nextPrompt(again)?.text, nextPrompt(again)?.error, nextPrompt(again)?.urgent], ['a', undefined, true]);
  });

  it('tells what became of those that are gone, of the last fifty', () => {
    let queue = queueOf('a', 'b');
    const [a, b] = [idOf(queue, 'a'), idOf(queue, 'b')];
    queue = settle(removePrompt(queue, a, 5), { id: b, at: 6, result: 'delivered', evidence: 'Stop' });
    assert.deepEqual(queue.prompts, []);
    assert.deepEqual(queue.outcomes, [{ id: a, at: 5, result: 'removed' }, { id: b, at: 6, result: 'delivered', evidence: 'Stop', text: 'b' }]);
    for (let index = 0; index < 60; index++) queue = settle(queue, { id: String(index), at: 7, result: 'removed' });
    assert.equal(queue.outcomes.length, 50);
  });

  it('says when a prompt is not there, and takes no more than a thousand', () => {
    assert.throws(() => removePrompt(empty, 'nope', 1), (error) => isAgentsError(error, 'not-found'));
    const full = { ...empty, prompts: Array.from({ length: 1_000 }, () => newPrompt('x', { kind: 'text', now: 1 })) };
    assert.throws(() => addPrompt(full, newPrompt('y', { kind: 'text', now: 1 })), (error) => isAgentsError(error, 'bad-input'));
    assert.equal(markPrompt(empty, 'nope', 'failed', 1), empty);
  });

  it('loses and doubles nothing, whatever is moved', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), fc.integer({ min: -3, max: 9 })), { maxLength: 20 }), fc.option(fc.nat(4)), (moves, underWay) => {
        let queue = queueOf('a', 'b', 'c', 'd', 'e');
        if (underWay !== null) queue = markPrompt(queue, queue.prompts[0]?.id ?? '', 'submitting', 2);
        const ids = queue.prompts.map(({ id }) => id);
        for (const [index, position] of moves) if (underWay === null || index > 0) queue = movePrompt(queue, ids[index] ?? '', position);
        assert.deepEqual(queue.prompts.map(({ id }) => id).sort(), [...ids].sort());
        if (underWay !== null) assert.equal(queue.prompts[0]?.id, ids[0]);
        assert.ok(ids.every((id) => findPrompt(queue, id) !== undefined));
      }),
    );
  });
});
