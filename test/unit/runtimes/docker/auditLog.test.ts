// Which entries the lines of a proxy make.
import assert from 'node:assert/strict';
import type { EgressEntry } from '../../../../src/protocol/network.ts';
import { entriesOf } from '../../../../src/runtimes/docker/egress/auditLog.ts';

describe("a restricted agent's log", () => {
  const entry = (at: string, more: Partial<EgressEntry> = {}): EgressEntry => ({ v: 1, at: `2026-11-28T12:00:0${at}Z`, agentId: 'a', via: 'connect', host: 'a.example', port: 443, verdict: 'allowed', sent: 0, received: 0, ms: 1, ...more });
  const lines = (...entries: readonly EgressEntry[]): string[] => entries.map((one) => JSON.stringify(one));

  it('has each attempt once, in the order of time; a tunnel as opened only while it is open', () => {
    const [first, second] = [entry('1.000'), entry('2.000', { sent: 7 })];
    const opened = [entry('1.000', { event: 'opened' }), entry('2.000', { event: 'opened' }), entry('3.000', { event: 'opened' })];
    assert.deepEqual(entriesOf(lines(...opened, second, first, first)), [first, second, opened[2]]);
  });

  it('passes over lines that are no entries', () => {
    assert.deepEqual(entriesOf(['{"ready":true}', 'not JSON', '', ...lines(entry('1.000'))]), [entry('1.000')]);
  });
});
