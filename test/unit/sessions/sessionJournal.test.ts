// The journal of a session: numbered, told only when written, mended wherever it broke off, one writer and many readers.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isAgentsError } from '../../../src/base/errors.ts';
import { silentLog, type Log } from '../../../src/base/log.ts';
import { Redactor } from '../../../src/base/redact.ts';
import type { RunnerEvent, RunnerEventBody } from '../../../src/protocol/runnerEvent.ts';
import { followJournal } from '../../../src/sessions/journal/followJournal.ts';
import { journalTail } from '../../../src/sessions/journal/journalTail.ts';
import { readJournal } from '../../../src/sessions/journal/readJournal.ts';
import { SessionJournal, type JournalOptions } from '../../../src/sessions/journal/sessionJournal.ts';

const chunk = (data: string): RunnerEventBody => ({ type: 'TERMINAL_CHUNK', data, stream: 'stdout' });
const running: RunnerEventBody = { type: 'SESSION_STATE_CHANGED', previousState: 'CREATED', newState: 'RUNNING' };

async function all(events: AsyncIterable<RunnerEvent>): Promise<RunnerEvent[]> {
  const list: RunnerEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

describe('the journal of a session', function () {
  this.timeout(60_000);
  let folder: string;
  let open: SessionJournal[];
  let said: string[];
  const log: Log = { ...silentLog, warn: (text) => void said.push(text), error: (text) => void said.push(text) };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
    open = [];
    said = [];
  });
  afterEach(async () => {
    await Promise.allSettled(open.map((journal) => journal.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  async function journal(options: Partial<JournalOptions> = {}, at = folder): Promise<SessionJournal> {
    const opened = await SessionJournal.open(at, { sessionId: 's-1', orgId: 'o-1', lockMs: 50, log, ...options });
    open.push(opened);
    return opened;
  }

  const segments = (at = folder): string[] => readdirSync(at).filter((name) => name.endsWith('.jsonl')).sort();

  it('numbers from 1, and goes on with the next number after it was closed', async () => {
    const first = await journal({ repoRef: { provider: 'local', path: '/x' } });
    assert.deepEqual([first.append(chunk('a')).seq, first.append(chunk('b')).seq, first.lastSeq], [1, 2, 2]);
    await first.close();
    const second = await journal();
    assert.equal(second.lastSeq, 2);
    assert.equal(second.append(running).seq, 3);
    await second.flush();
    const events = await all(second.read());
    assert.deepEqual(events.map(({ seq, sessionId, orgId }) => [seq, sessionId, orgId]), [1, 2, 3].map((seq) => [seq, 's-1', 'o-1']));
    assert.deepEqual(events[0]?.repoRef, { provider: 'local', path: '/x' });
  });

  it('tells an event only when it is in the file, in order, to everybody', async () => {
    const one = await journal();
    const heard: number[][] = [[], []];
    for (const list of heard) {
      one.onEvent((event) => {
        list.push(event.seq);
        assert.ok(readFileSync(join(folder, 'events-000001.jsonl'), 'utf8').includes(`{"seq":${event.seq},`), 'it was told before it was written');
      });
    }
    for (let index = 0; index < 50; index++) one.append(chunk(`line ${index}`));
    assert.deepEqual(heard, [[], []], 'nothing is told before it is written');
    await one.flush();
    const numbers = Array.from({ length: 50 }, (_, index) => index + 1);
    assert.deepEqual(heard, [numbers, numbers]);
  });

  it('takes events that a subscriber appends while it is told', async () => {
    const one = await journal();
    one.onEvent((event) => void (event.type === 'SESSION_STATE_CHANGED' && one.append(chunk('seen'))));
    one.append(running);
    await one.flush();
    await one.flush();
    assert.deepEqual((await all(one.read())).map(({ type }) => type), ['SESSION_STATE_CHANGED', 'TERMINAL_CHUNK']);
  });

  it('is for its user alone', async () => {
    const one = await journal({}, join(folder, 'new'));
    one.append(running);
    await one.flush();
    assert.equal(statSync(join(folder, 'new')).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, 'new', 'events-000001.jsonl')).mode & 0o777, 0o600);
  });

  it('begins a new segment by size, and finds every number again', async () => {
    const one = await journal({ segmentBytes: 2_000 });
    for (let index = 1; index <= 60; index++) {
      one.append(chunk('x'.repeat(100)));
      if (index % 3 === 0) await one.flush();
    }
    assert.ok(segments().length >= 4, segments().join());
    for (const from of [1, 2, 17, 30, 59, 60]) assert.deepEqual((await all(one.read(from))).map(({ seq }) => seq), Array.from({ length: 61 - from }, (_, index) => from + index));
    assert.deepEqual(await all(one.read(61)), []);
    assert.deepEqual((await all(one.read(20, { limit: 3 }))).map(({ seq }) => seq), [20, 21, 22]);
    assert.deepEqual(await all(one.read(20, { limit: 0 })), []);
    await one.close();
    const again = await journal({ segmentBytes: 2_000 });
    assert.equal(again.append(running).seq, 61);
  });

  it('keeps the session\'s state in each line: the last one alone tells it', async () => {
    const one = await journal();
    one.append(running);
    for (let index = 0; index < 500; index++) one.append(chunk('y'.repeat(200)));
    await one.flush();
    assert.equal(one.state, 'RUNNING');
    assert.deepEqual((({ seq, after }) => ({ seq, after }))(journalTail(folder) ?? assert.fail()), { seq: 501, after: 'RUNNING' });
    await one.close();
    assert.equal((await journal()).state, 'RUNNING');
  });

  it('has one writer; readers are welcome', async () => {
    const one = await journal();
    one.append(chunk('a'));
    await one.flush();
    await assert.rejects(journal(), (error) => isAgentsError(error, 'name-taken') && error.message.includes('s-1'));
    assert.equal((await all(readJournal(folder))).length, 1);
    await one.close();
    assert.equal((await journal()).lastSeq, 1);
  });

  it('takes nothing after it was closed, and closing twice is one', async () => {
    const one = await journal();
    await Promise.all([one.close(), one.close()]);
    assert.throws(() => one.append(running), (error) => isAgentsError(error, 'stale'));
  });

  it('takes secrets out before anything is written or told, but never its own words', async () => {
    const one = await journal({ redact: new Redactor(['s3cr3t-value', 'RUNNING']).text });
    const told: RunnerEvent[] = [];
    one.onEvent((event) => void told.push(event));
    one.append({ type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'prompt', deep: [{ text: 'use s3cr3t-value now' }] } });
    one.append(running);
    await one.flush();
    for (const text of [JSON.stringify(told), readFileSync(join(folder, 'events-000001.jsonl'), 'utf8')]) assert.ok(!text.includes('s3cr3t') && text.includes('"newState":"RUNNING"'), text);
  });

  it('reports damage in its middle, and reads the rest', async () => {
    const one = await journal();
    for (let index = 0; index < 9; index++) one.append(chunk(`number ${index + 1}`));
    await one.close();
    const path = join(folder, 'events-000001.jsonl');
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[3] = '{"seq":4,"after":"CREATED","ts":\u0000\u0000';
    lines[6] = '';
    writeFileSync(path, lines.join('\n'));
    const again = await journal();
    assert.equal(again.lastSeq, 9);
    assert.deepEqual((await all(again.read())).map(({ seq }) => seq), [1, 2, 3, 5, 6, 8, 9]);
    assert.ok(said.some((text) => text.includes('number 4')) && said.some((text) => text.includes('7 to 7')), said.join('\n'));
  });

  it('goes on behind events of a later version that it does not know', async () => {
    const one = await journal();
    one.append(running);
    await one.close();
    appendFileSync(join(folder, 'events-000001.jsonl'), `${JSON.stringify({ seq: 2, after: 'PAUSED_BY_HUMAN', ts: 1, sessionId: 's-1', orgId: 'o-1', type: 'DREAMED', of: 'sheep' })}\n`);
    const again = await journal();
    assert.deepEqual([again.lastSeq, again.state], [2, 'PAUSED_BY_HUMAN']);
  });

  it('cuts a torn end, keeps what was cut beside it, and says so', async () => {
    const one = await journal();
    one.append(running);
    await one.close();
    appendFileSync(join(folder, 'events-000001.jsonl'), '{"seq":2,"after":"RUN');
    assert.deepEqual((await all(readJournal(folder))).map(({ seq }) => seq), [1]);
    const again = await journal();
    assert.equal(again.append(chunk('b')).seq, 2);
    await again.flush();
    assert.deepEqual((await all(again.read())).map(({ seq }) => seq), [1, 2]);
    const [aside = ''] = readdirSync(folder).filter((name) => name.includes('torn'));
    assert.equal(readFileSync(join(folder, aside), 'utf8'), '{"seq":2,"after":"RUN');
    assert.ok(said.some((text) => text.includes('21 bytes')), said.join('\n'));
  });

  it('goes on without a gap wherever its last segment broke off, and with zeros where a disk lost its pages', async () => {
    const source = join(folder, 'source');
    const one = await journal({ segmentBytes: 700 }, source);
    for (let index = 1; index <= 12; index++) {
      one.append(index === 5 ? running : chunk(`é🙂 ${'z'.repeat(index * 7)}`));
      if (index % 4 === 0) await one.flush();
    }
    await one.close();
    const names = segments(source);
    assert.ok(names.length > 1);
    const lastName = names.at(-1) ?? '';
    const size = statSync(join(source, lastName)).size;
    const contents = new Map(names.map((name) => [name, readFileSync(join(source, name))]));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(size), fc.nat(300), fc.integer({ min: 1, max: 5 }), async (cut, zeros, more) => {
        const at = join(folder, `run-${++run}`);
        const fresh = await journal({}, at);
        await fresh.close();
        for (const [name, bytes] of contents) writeFileSync(join(at, name), bytes);
        truncateSync(join(at, lastName), cut);
        if (zeros > 0) appendFileSync(join(at, lastName), Buffer.alloc(zeros));
        const before = journalTail(at)?.seq ?? 0;
        const whole = contents.get(lastName)?.subarray(0, cut).toString('utf8').split('\n').length ?? 0;
        assert.equal(before, Number(lastName.slice(7, -6)) - 1 + whole - 1, 'every whole line counts');
        const mended = await SessionJournal.open(at, { sessionId: 's-1', orgId: 'o-1', segmentBytes: 700 });
        assert.equal(mended.lastSeq, before);
        for (let index = 0; index < more; index++) mended.append(chunk('after'));
        await mended.flush();
        assert.deepEqual((await all(mended.read())).map(({ seq }) => seq), Array.from({ length: before + more }, (_, index) => index + 1));
        for (const from of [before, before + 1]) assert.equal((await all(mended.read(Math.max(1, from))))[0]?.seq, Math.max(1, from));
        await mended.close();
        rmSync(at, { recursive: true });
      }),
      { numRuns: 60, examples: [[0, 0, 1], [0, 40, 2], [size, 0, 1], [size - 1, 0, 1]] },
    );
  });

  it('begins anew where nothing of it can be read, and leaves no segment that hides the new ones', async () => {
    const one = await journal({ segmentBytes: 100 });
    for (let index = 0; index < 6; index++) {
      one.append(chunk('x'.repeat(120)));
      await one.flush();
    }
    await one.close();
    for (const name of segments().slice(2)) writeFileSync(join(folder, name), Buffer.alloc(64));
    const again = await journal({ segmentBytes: 1_000_000 });
    const last = again.lastSeq;
    assert.equal(last, 2);
    for (let index = 0; index < 6; index++) again.append(chunk('again'));
    await again.flush();
    assert.deepEqual((await all(again.read(5))).map(({ seq }) => seq), [5, 6, 7, 8]);
    assert.equal(readdirSync(folder).filter((name) => name.includes('torn')).length, 4);
    assert.ok(!existsSync(join(folder, 'events-000005.jsonl')));
  });

  it('is followed as it grows, over segments and a change of its writer, until the session\'s end', async () => {
    const stop = new AbortController();
    const first = await journal({ segmentBytes: 500 });
    first.append(chunk('before'));
    await first.flush();
    const seen: number[] = [];
    let wanted = 4;
    let reached = (): void => undefined;
    const when = (seq: number): Promise<void> => new Promise((resolve) => ((wanted = seq), (reached = resolve), seen.includes(seq) && resolve()));
    const following = (async () => {
      for await (const { seq } of followJournal(folder, 1, { signal: stop.signal })) {
        seen.push(seq);
        if (seq === wanted) reached();
      }
    })();
    for (let index = 0; index < 3; index++) {
      first.append(chunk('x'.repeat(300)));
      await first.flush();
    }
    await when(4);
    await first.close();
    appendFileSync(join(folder, segments().at(-1) ?? ''), '{"seq":5,"af');
    const second = await journal({ segmentBytes: 500 });
    for (let index = 0; index < 5; index++) second.append(chunk('y'.repeat(200)));
    await second.flush();
    await when(9);
    second.append({ type: 'SESSION_ENDED', finalState: 'COMPLETED', totalDurationMs: 1, totalUsage: { agentSeconds: 0, terminalKb: 0, filesTouched: 0, commandsRun: 0, approvalsRequested: 0 } });
    await following;
    assert.deepEqual(seen, Array.from({ length: 10 }, (_, index) => index + 1));
    const late: number[] = [];
    for await (const { seq } of followJournal(folder, 9, { signal: stop.signal })) late.push(seq);
    assert.deepEqual(late, [9, 10]);
    const waiting = followJournal(folder, 11, { signal: stop.signal }).next();
    stop.abort();
    assert.equal((await waiting).done, true);
  });
});
