// Sessions: events through the journal to its subscribers against the same bytes written to a file, what an idle session costs, and how soon a thousand are known again.
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readJournal } from '../../../src/sessions/journal/readJournal.ts';
import { SessionJournal } from '../../../src/sessions/journal/sessionJournal.ts';
import { SessionStore } from '../../../src/sessions/store/sessionStore.ts';
import type { FigureGroup, Measuring } from '../figure.ts';
import type { Measured } from '../row.ts';
import { median, percentile } from '../statistics.ts';

const rows = {
  rate: { id: 'journal-time', figure: '20,000 events of 200 bytes, journal to 10 subscribers' },
  latency: { id: 'journal-p99', figure: 'event to its 10th subscriber at 20,000 a second, p99' },
  memory: { id: 'session-memory', figure: 'memory of an idle session with its journal' },
  recovery: { id: 'session-recovery', figure: '1,000 sessions known again: state and last number' },
} as const;

const SUBSCRIBERS = 10;
const PER_SECOND = 20_000;
const DATA = 'x'.repeat(200);
/** As long as a line of the journal. */
const LINE = Buffer.from(`${JSON.stringify({ seq: 10_000, after: 'CREATED', ts: 1_700_000_000_000, sessionId: 'bench', orgId: 'bench', type: 'TERMINAL_CHUNK', data: DATA, stream: 'stdout' })}\n`);

function folderFor(measuring: Measuring): string {
  const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-bench-'));
  measuring.afterwards(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function open(folder: string, sessionId = 'bench'): Promise<SessionJournal> {
  return SessionJournal.open(join(folder, sessionId), { sessionId, orgId: 'bench' });
}

/** Milliseconds from the first append until every subscriber has heard of the last of `count` events. */
async function throughJournal(folder: string, name: string, count: number): Promise<number> {
  const journal = await open(folder, name);
  let heard = 0;
  const all = new Promise<void>((resolve) => {
    for (let subscriber = 0; subscriber < SUBSCRIBERS; subscriber++) journal.onEvent(() => ++heard === count * SUBSCRIBERS && resolve());
  });
  const began = performance.now();
  for (let sent = 0; sent < count; ) {
    for (const end = Math.min(count, sent + 200); sent < end; sent++) journal.append({ type: 'TERMINAL_CHUNK', data: DATA, stream: 'stdout' });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  const ms = performance.now() - began;
  await journal.close();
  let last = 0;
  for await (const { seq } of readJournal(journal.folder, count)) last = seq;
  if (last !== count) throw new Error(`The journal ends with number ${last}, not ${count}.`);
  return ms;
}

/** The same lines, one write each, by Node alone. */
function rawWrites(folder: string, name: string, count: number): number {
  const fd = openSync(join(folder, name), 'w');
  const began = performance.now();
  for (let sent = 0; sent < count; sent++) writeSync(fd, LINE);
  const ms = performance.now() - began;
  closeSync(fd);
  return ms;
}

/** Runs `send` at a steady rate for so many seconds: what is due, every millisecond. */
async function steadily(seconds: number, send: (count: number) => void): Promise<void> {
  const began = performance.now();
  for (let sent = 0; sent < seconds * PER_SECOND; ) {
    const due = Math.ceil(((performance.now() - began) / 1_000) * PER_SECOND) - sent;
    send(due);
    sent += due;
    await delay(1);
  }
}

/** Milliseconds of each event from its append to the last subscriber. */
async function latencies(folder: string, seconds: number): Promise<number[]> {
  const journal = await open(folder, 'steady');
  const sentAt: number[] = [];
  const samples: number[] = [];
  for (let subscriber = 0; subscriber < SUBSCRIBERS; subscriber++) {
    const last = subscriber === SUBSCRIBERS - 1;
    journal.onEvent(({ seq }) => void (last && samples.push(performance.now() - (sentAt[seq] ?? 0))));
  }
  await steadily(seconds, (count) => {
    for (let event = 0; event < count; event++) {
      const { seq } = journal.append({ type: 'TERMINAL_CHUNK', data: DATA, stream: 'stdout' });
      sentAt[seq] = performance.now();
    }
  });
  await journal.close();
  return samples;
}

/** The same bytes at the same rate, one asynchronous write for what is due: what the machine allows at this moment. */
async function rawLatencies(folder: string, seconds: number): Promise<number[]> {
  const file = await openFile(join(folder, 'raw-steady'), 'w');
  const samples: number[] = [];
  const writes: Promise<unknown>[] = [];
  await steadily(seconds, (count) => {
    const at = performance.now();
    writes.push(file.write(Buffer.alloc(count * LINE.length, LINE)).then(() => samples.push(...Array.from({ length: count }, () => performance.now() - at))));
  });
  await Promise.all(writes);
  await file.close();
  return samples;
}

async function idleMemory(folder: string, count: number): Promise<number> {
  const used = (): number => {
    globalThis.gc?.();
    globalThis.gc?.();
    return process.memoryUsage().rss;
  };
  const warm = await open(folder, 'warm');
  await warm.close();
  await delay(200);
  const before = used();
  const journals: SessionJournal[] = [];
  for (let index = 0; index < count; index++) {
    const journal = await open(folder, `idle-${index}`);
    journal.onEvent(() => undefined);
    journal.append({ type: 'SESSION_STATE_CHANGED', previousState: 'CREATED', newState: 'RUNNING' });
    journals.push(journal);
  }
  await Promise.all(journals.map((journal) => journal.flush()));
  await delay(500);
  const bytes = used() - before;
  await Promise.all(journals.map((journal) => journal.close()));
  return bytes / 1_024 / count;
}

async function recovery(folder: string, count: number): Promise<number[]> {
  const store = new SessionStore(join(folder, 'store'));
  for (let index = 0; index < count; index++) {
    const sessionId = `session-${index}`;
    store.write({ v: 1, sessionId, orgId: 'bench', providerId: 'demo', createdAt: index });
    const journal = await store.openJournal({ sessionId, orgId: 'bench' });
    journal.append({ type: 'SESSION_STATE_CHANGED', previousState: 'CREATED', newState: 'RUNNING' });
    for (let event = 0; event < 200; event++) journal.append({ type: 'TERMINAL_CHUNK', data: DATA, stream: 'stdout' });
    await journal.close();
  }
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const began = performance.now();
    const found = await new SessionStore(store.folder).list();
    times.push(performance.now() - began);
    if (found.length !== count || found.some(({ state, lastSeq }) => state !== 'RUNNING' || lastSeq !== 201)) throw new Error('Not every session was known again.');
  }
  return times;
}

export const sessions: FigureGroup = {
  name: 'sessions',
  figures: Object.values(rows),
  needs: [],
  atMostSeconds: 240,
  async measure(measuring): Promise<Measured[]> {
    const folder = folderFor(measuring);
    const rounds = measuring.quick ? 3 : 9;
    // First: what follows leaves its memory behind.
    const idle = measuring.quick ? 100 : 500;
    const memory = await idleMemory(folder, idle);
    await throughJournal(folder, 'warm-up', PER_SECOND);
    const ours: number[] = [];
    const raw: number[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await throughJournal(folder, `through-${round}`, PER_SECOND));
      raw.push(rawWrites(folder, `raw-${round}`, PER_SECOND));
    }
    const seconds = measuring.quick ? 2 : 10;
    const each = await latencies(folder, seconds);
    const rawEach = await rawLatencies(folder, seconds);
    const known = await recovery(folder, 1_000);
    const took = median(ours);
    return [
      { ...rows.rate, unit: 'ms', ours: took, raw: median(raw), bar: { of: 'value', atMost: 1_000 }, samples: ours.length, note: `${Math.round((PER_SECOND / took) * 1_000)} events a second; slowest round ${Math.max(...ours).toFixed(0)} ms` },
      { ...rows.latency, unit: 'ms', ours: percentile(each, 0.99), raw: percentile(rawEach, 0.99), bar: { of: 'value', atMost: 20 }, samples: each.length, note: `median ${percentile(each, 0.5).toFixed(1)} ms, slowest ${each.reduce((most, ms) => Math.max(most, ms), 0).toFixed(1)} ms, over ${seconds} s` },
      { ...rows.memory, unit: 'KB', ours: memory, bar: { of: 'value', atMost: 200 }, samples: idle },
      { ...rows.recovery, unit: 'ms', ours: median(known), bar: { of: 'value', atMost: 2_000 }, samples: known.length, note: `the first time ${known[0]?.toFixed(0) ?? '?'} ms` },
    ];
  },
};
