// Approvals over a restart of the runner: the dialog that is seen again is the one that was asked, under whatever id.
import assert from 'node:assert/strict';
import type { EventApproval } from '../../../src/protocol/runnerEvent.ts';
import { EarlierApprovals } from '../../../src/runner/service/earlierApprovals.ts';

const approval = (approvalId: string, more: Partial<EventApproval> = {}): EventApproval => ({ approvalId, sessionId: 's', category: 'shell', summary: 'run: npm test', risk: 'med', requestedAt: 1, context: { kind: 'permission', tool: 'Run', command: 'npm test' }, ...more });

describe('approvals of an earlier runner', () => {
  it('are the same under their own id, and under another when the same is asked', async () => {
    const earlier = new EarlierApprovals();
    earlier.add(approval('a'));
    earlier.add(approval('b', { context: { kind: 'permission', tool: 'Write', path: '/x' } }));
    assert.equal(earlier.sees(approval('a')), true);
    assert.equal(earlier.sees(approval('c', { summary: 'in other words', context: { kind: 'permission', tool: 'Write', path: '/x' } })), true);
    assert.deepEqual([earlier.idOf('c'), await earlier.nameOf('b'), await earlier.nameOf('a'), earlier.idOf('d')], ['b', 'c', 'a', 'd']);
  });

  it('are not what something else asks, nor what is asked once more', () => {
    const earlier = new EarlierApprovals();
    earlier.add(approval('a'));
    assert.equal(earlier.sees(approval('b', { context: { kind: 'permission', tool: 'Run', command: 'rm -r .' } })), false);
    assert.equal(earlier.sees(approval('b')), true);
    assert.equal(earlier.sees(approval('c')), false);
  });

  it('are told by their words where no command is known', () => {
    const earlier = new EarlierApprovals();
    earlier.add(approval('a', { context: { kind: 'trust' }, summary: 'Trust it?' }));
    assert.equal(earlier.sees(approval('b', { context: { kind: 'trust' }, summary: 'Trust that?' })), false);
    assert.equal(earlier.sees(approval('b', { context: { kind: 'trust' }, summary: 'Trust it?' })), true);
  });

  it('are waited for until they are seen, or resolved', async () => {
    const earlier = new EarlierApprovals();
    earlier.add(approval('a'));
    earlier.add(approval('b', { summary: 'else', context: {} }));
    const [a, b] = [earlier.nameOf('a'), earlier.nameOf('b')];
    earlier.sees(approval('c'));
    earlier.remove('b');
    assert.deepEqual([await a, await b], ['c', 'b']);
    earlier.remove('a');
    assert.equal(earlier.idOf('c'), 'c');
  });
});
