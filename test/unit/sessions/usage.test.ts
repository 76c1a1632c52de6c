// What sessions use: tokens from recorded logs of the real CLIs, resources from the kernel's files, thresholds, limits.
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../../../scripts/lib/paths.mjs';
import { agentTokens } from '../../../src/sessions/usage/agentTokens.ts';
import { UsageAlerts } from '../../../src/sessions/usage/alerts.ts';
import { claudeTranscript } from '../../../src/sessions/usage/claudeTranscript.ts';
import { codexTranscript } from '../../../src/sessions/usage/codexTranscript.ts';
import { geminiTranscript } from '../../../src/sessions/usage/geminiTranscript.ts';
import { breaches, LimitWatcher, limitsOfBilling, type Breach, type LimitFacts } from '../../../src/sessions/usage/limits.ts';
import { opencodeUsage } from '../../../src/sessions/usage/opencodeUsage.ts';
import { cgroupTotals } from '../../../src/sessions/usage/resources.ts';
import { ProcessTables, SessionMeter } from '../../../src/sessions/usage/sessionMeter.ts';
import type { TranscriptFormat } from '../../../src/sessions/usage/transcript.ts';

const fixture = (name: string): string => join(root, 'test/fixtures/usage', name);

function told(format: TranscriptFormat, lines: readonly string[]): unknown {
  const reader = format.reader();
  for (const line of lines) reader.line(line);
  return JSON.parse(JSON.stringify(reader.usage));
}

const linesOf = (name: string): string[] => readFileSync(fixture(name), 'utf8').split('\n').slice(0, -1);

describe('tokens by the CLIs\' own logs', () => {
  let home: string;
  beforeEach(() => void (home = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('are read from Claude Code\'s: each message once, what was cached included, the cost where it is told', () => {
    assert.deepEqual(told(claudeTranscript, linesOf('claude.jsonl')), { tokensIn: 20, tokensOut: 40, apiCalls: 2 });
    const line = (id: string, more: object = {}, model = 'opus'): string => JSON.stringify({ type: 'assistant', ...more, message: { id, model, usage: { input_tokens: 3, cache_creation_input_tokens: 40, cache_read_input_tokens: 500, output_tokens: 7 } } });
    assert.deepEqual(told(claudeTranscript, [line('a', { costUSD: 0.25 }), line('a', { costUSD: 0.5 }), line('b', { costUSD: 0.25 }), line('c', {}, '<synthetic>')]), { tokensIn: 1_086, tokensOut: 14, apiCalls: 2, costUsd: 0.75 });
  });

  it('are read from Codex\' rollouts: the running total, one call for each change of it', () => {
    const lines = linesOf('codex.jsonl');
    assert.deepEqual(told(codexTranscript, lines), { tokensIn: 20, tokensOut: 10, apiCalls: 2 });
    assert.deepEqual(told(codexTranscript, [...lines, ...lines.slice(-2)]), { tokensIn: 20, tokensOut: 10, apiCalls: 2 });
  });

  it('are read from Gemini\'s chats, also when a message is written again', () => {
    const lines = linesOf('gemini.jsonl');
    assert.deepEqual(told(geminiTranscript, lines), { tokensIn: 20, tokensOut: 10, apiCalls: 2 });
    const all = lines.filter((line) => line.includes('"tokens"')).map((line) => JSON.parse(line) as unknown);
    assert.deepEqual(told(geminiTranscript, [...lines, JSON.stringify({ $set: { messages: all } })]), { tokensIn: 20, tokensOut: 10, apiCalls: 2 });
  });

  it('are read from what opencode\'s server answers', () => {
    const messages = JSON.parse(readFileSync(fixture('opencode-messages.json'), 'utf8')) as unknown;
    assert.deepEqual(opencodeUsage(messages), { tokensIn: 20, tokensOut: 10, apiCalls: 2, costUsd: undefined });
    assert.equal(opencodeUsage({ error: 'no such session' }), undefined);
    assert.equal(opencodeUsage([{ info: { role: 'assistant', cost: 0.5, tokens: { input: 1, output: 2, reasoning: 3, cache: { read: 10, write: 20 } } } }])?.costUsd, 0.5);
  });

  it('cost nothing where lines are broken or of another kind', () => {
    for (const format of [claudeTranscript, codexTranscript, geminiTranscript]) assert.deepEqual(told(format, ['', '{"usage', '"usage" "token_count" "tokens"', '[]', '{"type":"assistant","usage":1,"message":{}}']), { tokensIn: 0, tokensOut: 0, apiCalls: 0 });
  });

  const places = {
    claude: { env: () => ({ HOME: home }), path: '.claude/projects/-work-x/c0ffee00-0000.jsonl', name: 'claude.jsonl', usage: { tokensIn: 20, tokensOut: 40, apiCalls: 2 } },
    codex: { env: () => ({ CODEX_HOME: join(home, '.codex') }), path: '.codex/sessions/2026/11/28/rollout-2026-11-28T11-04-08-c0ffee00-0000.jsonl', name: 'codex.jsonl', usage: { tokensIn: 20, tokensOut: 10, apiCalls: 2 } },
    gemini: { env: () => ({ GEMINI_CLI_HOME: home }), path: '.gemini/tmp/x/chats/session-2026-11-28T11-04-c0ffee00.jsonl', name: 'gemini.jsonl', usage: { tokensIn: 20, tokensOut: 10, apiCalls: 2 } },
  };
  for (const [provider, { env, path, name, usage }] of Object.entries(places)) {
    it(`are found in ${provider}'s home, and read on from where the last look ended`, async () => {
      const look = agentTokens({ provider, env: env(), conversations: () => ['c0ffee00-0000'] });
      assert.ok(look);
      assert.equal(await look(), undefined);
      const file = join(home, path);
      mkdirSync(dirname(file), { recursive: true });
      const text = readFileSync(fixture(name), 'utf8');
      const half = text.indexOf('\n', text.length / 2) + 40;
      writeFileSync(file, text.slice(0, half));
      const first = await look();
      assert.ok(first && first.apiCalls < usage.apiCalls);
      appendFileSync(file, text.slice(half));
      // Asked at once by several, each line is read once all the same.
      for (const told of await Promise.all([look(), look(), look()])) assert.deepEqual(JSON.parse(JSON.stringify(told)), usage);
      appendFileSync(file, '\n');
      assert.deepEqual(JSON.parse(JSON.stringify(await look())), usage);
      copyFileSync(fixture(name), file.replace('c0ffee00', 'deadbeef'));
      assert.deepEqual(JSON.parse(JSON.stringify(await look())), usage, 'another conversation is another\'s');
    });
  }

  it('are unknown for other CLIs', () => {
    assert.equal(agentTokens({ provider: 'aider', env: {}, conversations: () => ['x'] }), undefined);
    assert.equal(agentTokens({ provider: 'opencode', env: {}, conversations: () => ['x'] }), undefined);
  });

  it('are asked of opencode\'s server for each conversation', async () => {
    const messages = JSON.parse(readFileSync(fixture('opencode-messages.json'), 'utf8')) as unknown;
    const asked: string[] = [];
    const look = agentTokens({ provider: 'opencode', env: {}, conversations: () => ['ses_1', 'ses_2'], opencode: () => Promise.resolve({ messages: (id: string) => Promise.resolve((asked.push(id), messages)) }) });
    assert.deepEqual(await look?.(), { tokensIn: 40, tokensOut: 20, apiCalls: 4, costUsd: undefined });
    assert.deepEqual(asked, ['ses_1', 'ses_2']);
  });
});

describe('resources by the kernel\'s files', () => {
  let folder: string;
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const files = () => ({ proc: join(folder, 'proc'), cgroup: join(folder, 'cgroup') });

  it('are those of a control group of version 2', async () => {
    put('proc/42/cgroup', '0::/system.slice/docker-abc.scope\n');
    const group = 'cgroup/system.slice/docker-abc.scope';
    put(`${group}/cpu.stat`, 'usage_usec 2500000\nuser_usec 1\n');
    put(`${group}/memory.current`, '1000000\n');
    put(`${group}/memory.stat`, 'anon 5\ninactive_file 400000\n');
    put(`${group}/pids.current`, '7\n');
    put(`${group}/io.stat`, '8:0 rbytes=1 wbytes=4096 rios=1 wios=1\n254:0 rbytes=9 wbytes=1000 rios=1\n');
    assert.deepEqual(await cgroupTotals(42, files()), { cpuMs: 2_500, memoryBytes: 600_000, diskBytes: 5_096, pids: 7 });
  });

  it('are those of control groups of version 1, mounted together or alone', async () => {
    put('proc/42/cgroup', '9:pids:/docker/abc\n7:blkio:/docker/abc\n4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/\n');
    put('cgroup/cpu,cpuacct/docker/abc/cpuacct.usage', '3000000000\n');
    put('cgroup/memory/docker/abc/memory.usage_in_bytes', '900\n');
    put('cgroup/memory/docker/abc/memory.stat', 'inactive_file 1\ntotal_inactive_file 100\n');
    put('cgroup/pids/docker/abc/pids.current', '3\n');
    put('cgroup/blkio/docker/abc/blkio.throttle.io_service_bytes', '8:0 Read 5\n8:0 Write 70\n8:0 Total 75\nTotal 75\n');
    assert.deepEqual(await cgroupTotals(42, files()), { cpuMs: 3_000, memoryBytes: 800, diskBytes: 70, pids: 3 });
  });

  it('are unknown for a process that is gone, or in no group of its own', async () => {
    put('proc/43/cgroup', '0::/\n');
    assert.equal(await cgroupTotals(42, files()), undefined);
    assert.equal(await cgroupTotals(43, files()), undefined);
  });

  it('are those of a process and all below it; CPU is that between two looks', async () => {
    const process = (pid: number, parent: number, ticks: number): void => {
      put(`proc/${pid}/stat`, `${pid} (a (b) c) S ${parent} 1 1 0 -1 0 0 0 0 0 ${ticks} 0 5 5 20 0 1 0 100 0 0\n`);
      put(`proc/${pid}/status`, 'Name:\tx\nVmRSS:\t    100 kB\n');
      put(`proc/${pid}/io`, 'rchar: 1\nwrite_bytes: 4096\ncancelled_write_bytes: 0\n');
    };
    process(10, 1, 100);
    process(11, 10, 100);
    process(12, 11, 0);
    process(20, 1, 9_999);
    const tables = new ProcessTables(files());
    const meter = new SessionMeter({ tables, target: () => Promise.resolve({ kind: 'processes', pid: 10 }), tokens: () => Promise.resolve({ tokensIn: 5, costUsd: undefined }) });
    assert.deepEqual(await meter.measure(), { memoryBytes: 307_200, diskBytes: 12_288, pids: 3, tokensIn: 5 });
    const second = await meter.measure();
    assert.equal(second.cpuPercent, 0, 'nobody ran in between');
  });

  it('that cannot be read cost the tokens nothing, nor the other way round', async () => {
    put('proc/10/stat', '10 (x) S 1 1 1 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0 100 0 0\n');
    const fails = (): Promise<never> => Promise.reject(new Error('no'));
    assert.deepEqual(await new SessionMeter({ target: fails, tokens: () => Promise.resolve({ apiCalls: 2 }) }).measure(), { apiCalls: 2 });
    assert.deepEqual(await new SessionMeter({ tables: new ProcessTables(files()), target: () => Promise.resolve({ kind: 'processes', pid: 10 }), tokens: fails }).measure(), { memoryBytes: 0, diskBytes: 0, pids: 1 });
    assert.deepEqual(await new SessionMeter({ target: () => Promise.resolve(undefined) }).measure(), {});
  });
});

describe('thresholds of use', () => {
  it('raise one alert when they are passed, and another only after the use fell well below', () => {
    const alerts = new UsageAlerts({ memoryBytes: 1e9, costUsd: 2 });
    assert.deepEqual(alerts.check({ memoryBytes: 0.99e9 }), []);
    const [alert] = alerts.check({ memoryBytes: 1.2e9, cpuPercent: 400 });
    assert.deepEqual([alert?.type, alert?.category, alert?.severity], ['ALERT_RAISED', 'performance', 'warn']);
    assert.match(alert?.description ?? '', /1200 MB.*1000 MB/);
    assert.deepEqual(alerts.check({ memoryBytes: 2e9 }), []);
    assert.deepEqual(alerts.check({ memoryBytes: 0.95e9 }), []);
    assert.deepEqual(alerts.check({ memoryBytes: 1.1e9 }), [], 'it never fell well below');
    alerts.check({ memoryBytes: 0.5e9 });
    assert.equal(alerts.check({ memoryBytes: 1.1e9, costUsd: 2 }).length, 2);
  });
});

describe('limits of a session', () => {
  it('are reached by what is known alone, and what stops comes first', () => {
    const limits = { maxDurationMs: 60_000, maxCostUsd: 5, maxTokens: 1_000 };
    assert.deepEqual(breaches(limits, {}), []);
    assert.deepEqual(breaches(limits, { durationMs: 59_999, costUsd: 4.99, tokens: 999 }), []);
    assert.deepEqual(breaches(limits, { durationMs: 60_000, costUsd: 5 }).map(({ limit, action }) => [limit, action]), [['maxDurationMs', 'stop'], ['maxCostUsd', 'pause']]);
    assert.deepEqual(breaches({ ...limits, onTime: 'pause', onBudget: 'stop' }, { durationMs: 60_000, costUsd: 5 }).map(({ limit, action }) => [limit, action]), [['maxCostUsd', 'stop'], ['maxDurationMs', 'pause']]);
    assert.match(breaches({ maxCostUsd: 5 }, { costUsd: 6 })[0]?.sentence ?? '', /\$5\.00/);
    const billing = { plan: 'team', orgId: 'o', limits: { maxConcurrency: 2, maxSessionDurationMs: 7, maxDailyMinutes: 9 } };
    assert.deepEqual([limitsOfBilling(billing), limitsOfBilling(undefined)], [{ maxDurationMs: 7, maxDailyMinutes: 9 }, { maxDurationMs: undefined, maxDailyMinutes: undefined }]);
  });

  it('act once each, until a person lets the session go on', () => {
    const acted: Breach[] = [];
    let facts: LimitFacts = { costUsd: 1, tokens: 1 };
    const watcher = new LimitWatcher({ limits: { maxCostUsd: 2, maxTokens: 10 }, facts: () => facts, act: (breach) => void acted.push(breach) });
    facts = { costUsd: 2, tokens: 2 };
    watcher.check();
    watcher.check();
    facts = { costUsd: 3, tokens: 20 };
    watcher.check();
    assert.deepEqual(acted.map(({ limit }) => limit), ['maxCostUsd', 'maxTokens']);
    watcher.rearm();
    watcher.check();
    assert.equal(acted.length, 4);
    watcher.dispose();
    watcher.rearm();
    watcher.check();
    assert.equal(acted.length, 4);
  });

  it('act when the time is over without being asked, and nothing follows a stop', async () => {
    const began = Date.now();
    const acted: Breach[] = [];
    await new Promise<void>((resolve) => {
      new LimitWatcher({ limits: { maxDurationMs: 40, maxTokens: 1 }, facts: () => ({ durationMs: Date.now() - began, tokens: Date.now() - began < 40 ? 0 : 5 }), act: (breach) => (acted.push(breach), resolve()) });
      // The watcher's own timer keeps no process alive; the test does until it acts.
      const alive = setInterval(() => acted.length > 0 && clearInterval(alive), 5);
    });
    assert.deepEqual(acted.map(({ limit, action }) => [limit, action]), [['maxDurationMs', 'stop']]);
    assert.ok(Date.now() - began >= 40);
  });
});
