// Recordings of terminals: asciicast v2 that any player reads, whole characters, no secrets, bounded, going on after a restart; and their replay.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isAgentsError } from '../../../src/base/errors.ts';
import { Redactor } from '../../../src/base/redact.ts';
import type { CastFrame } from '../../../src/sessions/recording/castFormat.ts';
import { castFrames, playCast } from '../../../src/sessions/recording/castFrames.ts';
import { CastRecorder, earlierPart, type RecorderOptions } from '../../../src/sessions/recording/castRecorder.ts';

describe('a recording of a terminal', function () {
  this.timeout(30_000);
  let folder: string;
  let path: string;
  let now: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
    path = join(folder, 'terminal.cast');
    now = 1_700_000_000_000;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const record = (options: Partial<RecorderOptions> = {}): CastRecorder => new CastRecorder(path, { columns: 80, rows: 24, now: () => now, ...options });

  async function frames(of = path): Promise<CastFrame[]> {
    const list: CastFrame[] = [];
    for await (const frame of castFrames(of)) list.push(frame);
    return list;
  }

  const output = (list: readonly CastFrame[]): string => list.map((frame) => (frame.kind === 'output' ? frame.data : '')).join('');

  it('is a header and lines of [seconds, code, data]', async () => {
    const recorder = record({ title: 'A session' });
    recorder.write('hello \r\n');
    await recorder.flush();
    now += 1_500;
    recorder.resize(100, 30);
    recorder.write('\u001b[31mred\u2028\u001b[0m');
    await recorder.close();
    const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line) as unknown);
    assert.deepEqual(lines, [
      { version: 2, width: 80, height: 24, timestamp: 1_700_000_000, title: 'A session', env: { TERM: 'xterm-256color' } },
      [0, 'o', 'hello \r\n'],
      [1.5, 'r', '100x30'],
      [1.5, 'o', '\u001b[31mred\u2028\u001b[0m'],
    ]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(await frames(), [
      { at: 0, kind: 'resize', columns: 80, rows: 24 },
      { at: 0, kind: 'output', data: 'hello \r\n' },
      { at: 1.5, kind: 'resize', columns: 100, rows: 30 },
      { at: 1.5, kind: 'output', data: '\u001b[31mred\u2028\u001b[0m' },
    ]);
  });

  it('has whole characters however their bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.array(fc.integer({ min: 1, max: 7 })), async (text, sizes) => {
        rmSync(path, { force: true });
        const recorder = record();
        let bytes = Buffer.from(text);
        for (const size of [...sizes, bytes.length]) {
          recorder.write(bytes.subarray(0, size));
          bytes = bytes.subarray(size);
        }
        await recorder.close();
        assert.equal(output(await frames()), Buffer.from(text).toString());
      }),
      { numRuns: 50 },
    );
  });

  it('holds no secret, also not one that came in two pieces', async () => {
    const recorder = record({ redactor: new Redactor(['correct horse battery']) });
    for (const piece of ['the password is correct ho', 'rse batt', 'ery!\r\nghp_16C7e42F292c6912E771', '0c838347Ae178B4a done']) {
      recorder.write(piece);
      await recorder.flush();
    }
    await recorder.close();
    assert.equal(output(await frames()), 'the password is [redacted]!\r\n[redacted] done');
    assert.ok(!/horse|battery|C7e42/.test(readFileSync(path, 'utf8')));
  });

  it('stays below its size: the oldest goes, and time runs on', async () => {
    const recorder = record({ maxBytes: 20_000 });
    for (let index = 0; index < 100; index++) {
      now += 1_000;
      recorder.write(`${index} ${'x'.repeat(1_000)}\r\n`);
      await recorder.flush();
    }
    await recorder.close();
    const size = statSync(path).size + statSync(earlierPart(path)).size;
    assert.ok(size <= 24_000, String(size));
    const list = await frames();
    const times = list.map(({ at }) => at);
    assert.deepEqual(times, times.toSorted((a, b) => a - b));
    const shown = [...output(list).matchAll(/(\d+) x/g)].map(([, number]) => Number(number));
    assert.equal(shown.at(-1), 99);
    assert.deepEqual(shown, Array.from({ length: shown.length }, (_, index) => 100 - shown.length + index), 'what is kept has no hole');
    assert.ok(shown.length >= 9 && shown.length < 25, String(shown.length));
  });

  it('goes on after a restart, behind a line that broke off', async () => {
    const first = record();
    first.write('before ');
    await first.close();
    appendFileSync(path, '[3.2, "o", "half a li');
    now += 60_000;
    const second = record({ columns: 120, rows: 40 });
    second.write('after');
    await second.close();
    const list = await frames();
    assert.equal(output(list), 'before after');
    assert.deepEqual(list.at(-2), { at: 60, kind: 'resize', columns: 120, rows: 40 });
    assert.equal(list.at(-1)?.at, 60);
  });

  it('begins anew in place of a file that is none, and nothing is written after its end', async () => {
    writeFileSync(path, 'no recording\n');
    await assert.rejects(frames(), (error) => isAgentsError(error, 'bad-input') && error.message.includes(path));
    const recorder = record();
    recorder.write('fresh');
    await recorder.close();
    recorder.write('late');
    recorder.resize(1, 1);
    await recorder.close();
    assert.equal(output(await frames()), 'fresh');
    await assert.rejects(frames(join(folder, 'none.cast')), (error) => isAgentsError(error, 'not-found'));
    assert.ok(!existsSync(earlierPart(path)));
  });

  it('reads what other recorders write', async () => {
    writeFileSync(path, ['{"version": 2, "width": 90, "height": 20, "theme": {"fg": "#fff"}}', '[0.1, "o", "a"]', '[0.2, "i", "typed"]', '[0.3, "m", "chapter"]', 'nonsense', '[0.4, "o", "b"]'].join('\n'));
    assert.deepEqual(await frames(), [{ at: 0, kind: 'resize', columns: 90, rows: 20 }, { at: 0.1, kind: 'output', data: 'a' }, { at: 0.4, kind: 'output', data: 'b' }]);
  });

  it('is replayed in its time, faster, with shorter silences, or ended by its signal', async () => {
    writeFileSync(path, ['{"version":2,"width":80,"height":24}', '[0,"o","a"]', '[0.1,"o","b"]', '[30,"o","c"]'].join('\n'));
    const began = performance.now();
    const times: number[] = [];
    await playCast(castFrames(path), (frame) => times.push(frame.kind === 'output' ? performance.now() - began : -1), { longestIdle: 0.2, speed: 2 });
    assert.equal(times.length, 4);
    assert.ok((times[3] ?? 0) >= 145, String(times[3]));
    const shown: CastFrame[] = [];
    await playCast(castFrames(path), (frame) => shown.push(frame), { speed: Infinity });
    assert.equal(output(shown), 'abc');
    const stop = new AbortController();
    await assert.rejects(playCast(castFrames(path), (frame) => frame.kind === 'output' && frame.data === 'b' && stop.abort(), { signal: stop.signal }), (error) => isAgentsError(error, 'cancelled'));
  });
});
