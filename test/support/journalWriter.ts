// A process that writes a journal as fast as it can and says on its output each event that a subscriber heard of; it ends by being killed.
import { writeSync } from 'node:fs';
import { SessionJournal } from '../../src/sessions/journal/sessionJournal.ts';

const [folder = '', life = ''] = process.argv.slice(2);
const journal = await SessionJournal.open(folder, { sessionId: 'crash', orgId: 'o', segmentBytes: 100_000, flushMs: 10, lockMs: 10_000 });
const heard: string[] = [];
for (let subscriber = 0; subscriber < 3; subscriber++) {
  journal.onEvent((event) => {
    // Synchronously: what was heard of is told before anything else happens.
    if (subscriber === 2 && event.type === 'TERMINAL_CHUNK') writeSync(1, `${event.seq} ${event.data.slice(0, 20).trim()}\n`);
    heard[0] = event.type;
  });
}
let count = 0;
for (;;) {
  const burst = 1 + Math.floor(Math.random() * 40);
  for (let index = 0; index < burst; index++) journal.append({ type: 'TERMINAL_CHUNK', data: `${life}:${++count}`.padEnd(20) + 'x'.repeat(Math.floor(Math.random() * 400)), stream: 'stdout' });
  if (Math.random() < 0.1) await journal.flush();
  else await new Promise((resolve) => setImmediate(resolve));
}
