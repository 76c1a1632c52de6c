// The doctor's report: what is wrong comes first, with what to do; text of programs cannot break it.
import assert from 'node:assert/strict';
import { doctorReport, doctorSummary } from '../../../src/extension/documents/doctorReport.ts';
import type { DoctorCheck } from '../../../src/runner/doctor.ts';

const ok: DoctorCheck = { id: 'git', title: 'git', status: 'ok', message: 'git version 2.39.5.' };
const warn: DoctorCheck = { id: 'image:docker', title: 'Docker image (docker)', status: 'warn', message: 'The image is missing.', fix: 'Build it.' };
const fail: DoctorCheck = { id: 'tmux', title: 'tmux', status: 'fail', message: 'tmux was not found at /opt/<b>*tmux*.', fix: 'Install tmux.' };

describe('the doctor\'s report', () => {
  it('puts what is broken first and says what to do', () => {
    const report = doctorReport([ok, warn, fail], { version: '1.2.3', platform: 'linux x64' });
    const order = ['To be repaired', 'Install tmux.', 'Missing or not answering', 'Build it.', 'In order', 'git version', 'tmux-agents 1.2.3'].map((text) => report.indexOf(text));
    assert.ok(order.every((at) => at >= 0), report);
    assert.deepEqual(order, [...order].sort((a, b) => a - b));
  });

  it('shows what programs said as it is, never as markup', () => {
    const report = doctorReport([fail], { version: '1', platform: 'x' });
    assert.ok(report.includes('\\<b\\>\\*tmux\\*'), report);
  });

  it('says it all in one sentence', () => {
    assert.equal(doctorSummary([ok, warn, fail]), '1 of 3 checks failed.');
    assert.equal(doctorSummary([ok, warn]), 'Agents can run; 1 of 2 checks have a remark.');
    assert.equal(doctorSummary([ok]), 'All 1 checks are in order.');
  });
});
