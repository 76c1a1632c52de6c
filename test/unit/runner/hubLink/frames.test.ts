// What goes into frames and what comes out of them: heard frames, rows that fit, batches, results, addresses.
import assert from 'node:assert/strict';
import type { SharedSession } from '../../../../src/protocol/hubWire/sharedSession.ts';
import { MAX_FRAME_BYTES } from '../../../../src/protocol/hubWire/sibylFrames.ts';
import type { RunnerEvent } from '../../../../src/protocol/runnerEvent.ts';
import { EventBatch } from '../../../../src/runner/hubLink/eventBatch.ts';
import { fittingResult } from '../../../../src/runner/hubLink/fittingResult.ts';
import { isReadable, runnerSocketUrl } from '../../../../src/runner/hubLink/hubAddress.ts';
import { heardFrame } from '../../../../src/runner/hubLink/hubFrames.ts';
import { fittingRow, helloRows } from '../../../../src/runner/hubLink/sharedRows.ts';

const row = (id: string, more: Partial<SharedSession> = {}): SharedSession => ({ session_id: id, name: id, provider_id: 'p', title: '', state: 'RUNNING', status: { state: 'idle' }, status_since: 1, asks: [], queued_prompts: 0, created_at: 1, last_seq: 0, terminal: false, ...more });
const chunk = (seq: number, data: string): RunnerEvent => ({ sessionId: 's', orgId: 'o', ts: 1, seq, type: 'TERMINAL_CHUNK', data, stream: 'stdout' });

describe("a hub's frames", () => {
  it('are told apart, with fields that are not known', () => {
    assert.equal(heardFrame('{"type":"heartbeat","server_time":"x","more":1}').kind, 'base');
    assert.equal(heardFrame('{"type":"hello","protocol":7,"more":1}').kind, 'extension');
    assert.deepEqual(heardFrame('{"type":"task_assign","task_id":"t","agent_id":"a","config":{"prompt":"p","command":["x"],"whatever":1}}'), { kind: 'base', frame: { type: 'task_assign', task_id: 't', agent_id: 'a', config: { prompt: 'p', command: ['x'] } } });
  });

  it('that are none cost themselves alone, and are answered where somebody waits', () => {
    for (const text of ['', 'x', '1', 'null', '[{"type":"heartbeat"}]', '{}', '{"type":"constructor"}', '{"type":["hello"]}', '{"type":"resume","sessions":[{"session_id":"","after_seq":0}]}']) {
      const heard = heardFrame(text);
      assert.equal(heard.kind, 'bad', text);
      assert.equal(heard.kind === 'bad' && heard.answer, undefined);
    }
    const request = heardFrame('{"type":"request","id":"7","session_id":"s","request":{"method":"explode"},"by":"x"}');
    assert.equal(request.kind === 'bad' && request.answer?.type, 'response_error');
    const task = heardFrame('{"type":"task_assign","task_id":"t"}');
    assert.equal(task.kind === 'bad' && task.answer?.type, 'task_reject');
  });

  it('say nothing of secrets in the fault', () => {
    const heard = heardFrame('{"type":"task_assign","task_id":"t","agent_id":"a","config":{"prompt":{"deep":"sk-secret"}}}');
    assert.doesNotMatch(JSON.stringify(heard), /sk-secret/);
  });
});

describe('rows of sessions', () => {
  it('are cut to what a hub takes', () => {
    const cut = fittingRow(row('s', { title: 'x'.repeat(1000), asks: Array.from({ length: 60 }, (_, at) => ({ id: `${at}`, kind: 'permission', text: 'y'.repeat(9000), command: 'z'.repeat(9000), since: 1, answerable: true })) }));
    assert.equal(cut.title.length, 300);
    assert.equal(cut.asks.length, 50);
    assert.ok(JSON.stringify(cut).length < 256 * 1024);
  });

  it('fill a hello, those that live first, and leave the rest for later', () => {
    const many = Array.from({ length: 3_000 }, (_, at) => row(`s-${at}`, { created_at: at, title: 't'.repeat(290), ...(at % 2 === 0 ? { ended_at: at } : {}) }));
    const { rows, rest } = helloRows(many);
    assert.ok(JSON.stringify(rows).length < MAX_FRAME_BYTES);
    assert.equal(rows.length + rest.length, 3_000);
    assert.deepEqual(rows.slice(0, 2).map(({ session_id: id }) => id), ['s-2999', 's-2997']);
    assert.equal(rest.at(-1)?.session_id, 's-0');
    assert.deepEqual(helloRows(many.slice(0, 3)).rest, []);
  });
});

describe('a batch of events', () => {
  it('holds 200 events, or 256 KB', () => {
    const batch = new EventBatch();
    for (let seq = 1; seq <= 200; seq++) assert.equal(batch.add(chunk(seq, 'x')), true);
    assert.equal(batch.add(chunk(201, 'x')), false);
    assert.equal(batch.lastSeq, 200);
    const long = new EventBatch();
    assert.equal(long.add(chunk(1, 'x'.repeat(200_000))), true);
    assert.equal(long.add(chunk(2, 'x'.repeat(100_000))), false);
  });

  it('takes one that is longer alone, and of one that no frame holds the fact', () => {
    const batch = new EventBatch();
    assert.equal(batch.add(chunk(1, 'x'.repeat(500_000))), true);
    assert.equal(batch.add(chunk(2, 'x')), false);
    const huge = new EventBatch();
    huge.add(chunk(5, 'x'.repeat(2_000_000)));
    const [event] = huge.events;
    assert.equal(event?.seq, 5);
    assert.equal(event?.type === 'PROVIDER_EVENT_FORWARDED' && event.providerEvent['of'], 'TERMINAL_CHUNK');
  });
});

describe('a result', () => {
  it('stays as it is where it fits, and keeps the ends of long outputs', () => {
    const small = { status: 'completed', stdout: 'x' } as const;
    assert.equal(fittingResult(small), small);
    const cut = fittingResult({ status: 'failed', stdout: `${'é'.repeat(900_000)}END`, error: 'why', exit_code: 1 });
    assert.ok(Buffer.byteLength(JSON.stringify(cut)) < MAX_FRAME_BYTES);
    assert.ok(cut.stdout?.endsWith('END'));
    assert.deepEqual([cut.error, cut.exit_code], ['why', 1]);
  });
});

describe("a hub's address", () => {
  for (const [given, url] of [
    ['http://localhost:3334', 'ws://localhost:3334/api/runners/ws/r%2F1'],
    ['https://hub.example/', 'wss://hub.example/api/runners/ws/r%2F1'],
    ['https://hub.example/deep/', 'wss://hub.example/deep/api/runners/ws/r%2F1'],
    [' wss://hub.example ', 'wss://hub.example/api/runners/ws/r%2F1'],
  ] as const)
    it(given, () => assert.equal(runnerSocketUrl(given, 'r/1').href, url));

  for (const given of ['', 'hub.example', 'ftp://hub.example', 'http://']) it(`is none: "${given}"`, () => assert.throws(() => runnerSocketUrl(given, 'r'), /is no address of a hub/));

  it('can be read on the way, or not', () => {
    assert.deepEqual(['ws://hub', 'ws://localhost', 'ws://127.0.0.1:1', 'ws://[::1]', 'wss://hub', 'ws://127.evil.com'].map((url) => isReadable(new URL(url))), [true, false, false, false, false, true]);
  });
});
