// The report of Explain Status: the decision, every source, the reasons, the screen; nothing in it is taken for Markdown.
import assert from 'node:assert/strict';
import { statusReport } from '../../../src/extension/documents/statusReport.ts';
import type { Explanation } from '../../../src/providers/status/statusPort.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';
import { exampleStatus } from '../../support/exampleApproval.ts';

const now = Date.parse('2026-01-01T12:00:00Z');

const explanation: Explanation = {
  agent: exampleAgent({ name: 'claude-1', aiProvider: 'claude' }),
  status: exampleStatus({ state: 'waiting', kind: 'permission', text: 'run it' }, { source: 'hooks', rule: 'PermissionRequest', evidence: 'PermissionRequest Bash', request: { id: 'r', tool: 'Bash', command: 'npm test | tee *.log' } }),
  observations: [
    { source: 'hooks', at: now - 120_000, claim: { state: 'waiting', kind: 'permission', text: 'run it' }, evidence: 'PermissionRequest Bash', rule: 'PermissionRequest' },
    { source: 'title', at: now - 1_000, claim: null, evidence: '✳ Claude | Code' },
    { source: 'screen', at: now, claim: { state: 'idle' }, evidence: '❯', rule: 'claude/idle' },
  ],
  reasons: ['hooks is the best source that speaks.', 'screen says idle, but hooks can see an end.'],
};

describe('the report of Explain Status', () => {
  const report = statusReport(explanation, '❯ 1. Yes\n```\n<b>', now);

  it('tells the decision, its source, rule and evidence, and since when', () => {
    assert.match(report, /# Status of claude-1/);
    assert.match(report, /\*\*waits for your permission: Bash npm test \\\| tee \\\*\.log\*\*/);
    assert.match(report, /Since \| .* \(2 minutes ago\)/);
    assert.match(report, /Decided by \| its hooks \(`hooks`\)/);
    assert.match(report, /Rule \| PermissionRequest/);
  });

  it('has a row for each source, also for one that says nothing', () => {
    assert.match(report, /\| `hooks` \(decides\) \| waiting \(permission\): run it \| PermissionRequest Bash \| PermissionRequest \| 2 minutes ago \|/);
    assert.match(report, /\| `title` \| nothing \| ✳ Claude \\\| Code \|  \| just now \|/);
    assert.match(report, /\| `screen` \| idle \| ❯ \| claude\/idle \| just now \|/);
  });

  it('gives the reasons in order', () => {
    assert.match(report, /1\. hooks is the best source that speaks\.\n2\. screen says idle/);
  });

  it('shows the screen as it is, whatever is on it', () => {
    assert.match(report, /````text\n❯ 1\. Yes\n```\n<b>\n````/);
    assert.doesNotMatch(statusReport(explanation, undefined, now), /The screen/);
  });
});
