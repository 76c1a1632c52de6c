// The page's words: times, sizes, runners' health, tasks, scores, the audit log, keys; the form of a task; diffs.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { begins, shortcutOf } from '../../../../src/hub/page/frame/keys.ts';
import { firstLines, readDiff } from '../../../../src/hub/page/state/readDiff.ts';
import { capabilitiesOf, emptyForm, taskOf } from '../../../../src/hub/page/state/taskForm.ts';
import { actionWords, detailText, withNames } from '../../../../src/hub/page/words/auditWords.ts';
import { healthOf, healthSentence, slotsText, sortRunners } from '../../../../src/hub/page/words/runnerWords.ts';
import { pointsText, scoreParts, sortScores, sortTasks, type Score } from '../../../../src/hub/page/words/taskWords.ts';
import { agoText, bytesText, countText, lastingText } from '../../../../src/hub/page/words/timeWords.ts';
import type { HubTask } from '../../../../src/protocol/hubWire/hubRest.ts';
import type { Runner } from '../../../../src/protocol/hubWire/sibylRest.ts';
import { EXAMPLE_DIFF } from '../../../support/exampleFleet.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-05-01T12:00:00Z');

describe('times and sizes', () => {
  it('tells how long ago something was', () => {
    for (const [past, text] of [[0, 'just now'], [-5000, 'just now'], [4 * MINUTE, '4 min ago'], [3 * 60 * MINUTE, '3 h ago'], [30 * 60 * MINUTE, 'yesterday'], [72 * 60 * MINUTE, '3 days ago']] as const) assert.equal(agoText(NOW - past, NOW), text);
  });
  it('tells how long something has lasted', () => {
    for (const [past, text] of [[0, 'just now'], [25_000, 'for 20 s'], [4.5 * MINUTE, 'for 4 min'], [150 * MINUTE, 'for 2 h'], [50 * 60 * MINUTE, 'for 2 d']] as const) assert.equal(lastingText(NOW - past, NOW), text);
  });
  it('tells sizes and counts', () => {
    assert.deepEqual([0, 999, 1000, 88e6, 466e6, 1.44e9].map(bytesText), ['0 bytes', '999 bytes', '1.0 KB', '88.0 MB', '466 MB', '1.4 GB']);
    assert.deepEqual([0, 950, 12_340, 999_960, 4.1e6].map(countText), ['0', '950', '12.3k', '1.0M', '4.1M']);
  });
});

describe('a runner’s health', () => {
  const runner: Runner = { id: 'r', name: 'forge', hostname: 'h', graph_runner_id: 'runner_1', capabilities: [], max_concurrent_agents: 3, current_agent_count: 1, status: 'online', last_heartbeat: new Date(NOW - 5000).toISOString(), client_version: null, created_at: '', updated_at: '' };
  const silent = { ...runner, last_heartbeat: new Date(NOW - 2 * MINUTE).toISOString() };
  it('comes of its status, its room, and when it was heard of', () => {
    assert.equal(healthOf(runner, NOW), 'good');
    assert.equal(healthOf({ ...runner, current_agent_count: 3 }, NOW), 'busy');
    assert.equal(healthOf({ ...runner, status: 'draining' }, NOW), 'draining');
    assert.equal(healthOf(silent, NOW), 'stale');
    assert.equal(healthOf({ ...silent, status: 'offline' }, NOW), 'offline');
    assert.match(healthSentence(silent, NOW), /gets no tasks. Last heard of 2 min ago/);
    assert.match(healthSentence({ ...runner, status: 'offline', last_heartbeat: null }, NOW), /never connected/);
    assert.equal(slotsText(runner), '1 of 3 slots in use');
  });
  it('puts those that can work first', () => assert.deepEqual(sortRunners([{ ...runner, id: '1', status: 'offline' }, { ...silent, id: '2' }, { ...runner, id: '3' }], NOW).map(({ id }) => id), ['3', '2', '1']));
});

describe('tasks and who would take them', () => {
  const score: Score = { runner_id: 'r', runner_name: 'forge', total_score: 80, affinity_score: 50, capability_score: 30, load_score: 0, health_penalty: 0, available_slots: 2, has_warm_worktree: true, missing_capabilities: [], viable: true, why: '' };
  it('explains every point', () => {
    assert.deepEqual(scoreParts(score, { project: true, capabilities: 1 }).map(({ why }) => why), ['It has this project at hand.', 'It has all that is required.', 'It has 2 free slots.']);
    const poor = scoreParts({ ...score, affinity_score: 25, has_warm_worktree: false, missing_capabilities: ['gpu'], capability_score: -100, available_slots: 0, load_score: -50, health_penalty: -100 }, { project: true, capabilities: 1 });
    assert.deepEqual(poor.map(({ why, points }) => [why, points]), [['It is the one you prefer.', 25], ['It lacks gpu.', -100], ['It has no free slot.', -50], ['It was not heard of lately.', -100]]);
    assert.deepEqual([50, 7.5, 0, -100, 6.6666].map(pointsText), ['+50', '+7.5', '0', '−100', '+6.7']);
  });
  it('puts who takes it first, and who cannot last, whatever its points', () => {
    const scores = [{ ...score, runner_id: 'dead', viable: false, total_score: 999 }, { ...score, runner_id: 'second', total_score: 5 }, { ...score, runner_id: 'first', total_score: 7 }];
    assert.deepEqual(sortScores({ runner_id: 'first', reason: '', scores }).map(({ runner_id: id }) => id), ['first', 'second', 'dead']);
  });
  it('lists what runs, then what waits, then what is finished', () => {
    const tasks = (['completed', 'queued', 'running', 'retry'] as const).map((state, index) => ({ id: state, state, created_at: `2026-01-0${index + 1}` }) as HubTask);
    assert.deepEqual(sortTasks(tasks).map(({ id }) => id), ['running', 'retry', 'queued', 'completed']);
  });
});

describe('the form of a task', () => {
  it('makes a task of what was typed', () => {
    const made = taskOf({ ...emptyForm, prompt: ' Do it ', capabilities: 'gpu, docker gpu', timeout: '5', project: ' shop ', attempts: '1' });
    assert.deepEqual(made, { task: { prompt: 'Do it', project_id: 'shop', required_capabilities: ['gpu', 'docker'], create_worktree: true, max_attempts: 1, timeout_seconds: 300 } });
  });
  it('says what is wrong, and where', () => {
    const made = taskOf({ ...emptyForm, prompt: '  ', attempts: '11', timeout: 'soon' });
    assert.ok('faults' in made);
    assert.deepEqual(Object.keys(made.faults).sort(), ['attempts', 'prompt', 'timeout']);
  });
  it('can be previewed before there is a prompt', () => assert.ok('task' in taskOf(emptyForm, { preview: true })));
  it('takes blanks and commas between capabilities', () => assert.deepEqual(capabilitiesOf(' a,b  c,,'), ['a', 'b', 'c']));
});

describe('the audit log', () => {
  const id = '01234567-89ab-cdef-0123-456789abcdef';
  it('is told in words, with names where they are known', () => {
    assert.equal(actionWords('login'), 'Signed in');
    assert.equal(actionWords('constructor'), 'constructor');
    assert.equal(detailText({ name: 'x', max_attempts: 3, gone: null }), 'name: x, max attempts: 3');
    assert.equal(withNames(`ada (runner ${id})`, (one) => (one === id ? 'forge' : undefined)), 'ada (runner forge)');
    assert.equal(withNames(id, () => undefined), '01234567');
    assert.equal(withNames('fix-login', (one) => (one === 'fix-login' ? 'Fix the login' : undefined)), 'Fix the login');
  });
});

describe('keys', () => {
  it('knows single ones and pairs', () => {
    assert.equal(shortcutOf('', 'n')?.keys, 'n');
    assert.equal(shortcutOf('g', 't')?.keys, 'g t');
    assert.equal(shortcutOf('', 'g'), undefined);
    assert.equal(shortcutOf('', 't'), undefined);
    assert.deepEqual(['g', 'n'].map(begins), [true, false]);
  });
});

describe('a diff', () => {
  it('is read into files, chunks and numbered lines', () => {
    const files = readDiff(EXAMPLE_DIFF) ?? [];
    assert.deepEqual(files.map(({ path, status, additions, deletions }) => [path, status, additions, deletions]), [['src/limits/tokenBucket.ts', 'added', 14, 0], ['src/server/routes.ts', 'modified', 3, 1], ['docs/old-limits.md', 'deleted', 0, 2]]);
    assert.deepEqual(files[1]?.chunks[0]?.lines[2], { kind: 'delete', before: 14, after: undefined, text: "  app.post('/items', addItem);" });
    assert.equal(files[1]?.lines, 8);
  });
  it('tells renamed and binary files', () => {
    const files = readDiff('diff --git a/old.txt b/new.txt\nsimilarity index 100%\nrename from old.txt\nrename to new.txt\ndiff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n') ?? [];
    assert.deepEqual(files.map(({ path, before, status, lines }) => [path, before, status, lines]), [['new.txt', 'old.txt', 'renamed', 0], ['x.png', undefined, 'modified', 0]]);
  });
  it('is nothing that can be read for other text, and empty for none', () => {
    assert.equal(readDiff('no diff at all'), undefined);
    assert.deepEqual(readDiff(''), []);
  });
  it('is cut after as many lines as are wished', () => {
    const [file] = readDiff(EXAMPLE_DIFF) ?? [];
    assert.equal(firstLines(file?.chunks ?? [], 5).flatMap(({ lines }) => lines).length, 5);
  });
  it('never breaks, whatever an agent wrote', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('diff --git a/x b/x', '--- a/x', '+++ /dev/null', '@@ -1,9999999 +1 @@', '@@', '+', '-', '\\ No newline', 'rename to <b>', 'Binary files', '\u0000', '<script>'), { maxLength: 30 }), (lines) => void readDiff(lines.join('\n'))));
  });
});
