// A runner's process whose agents print all the time, into real journals, and tell a hub over a real link. Killed, and started again on the same folder, it goes on.
import { z } from 'zod';
import { HubLink } from '../../src/runner/hubLink/hubLink.ts';
import { JournalFleet } from './journalFleet.ts';

export const StreamingOrder = z.object({ url: z.string(), runnerId: z.string(), token: z.string(), folder: z.string(), sessions: z.array(z.string()), /** Events of each session per second. */ perSecond: z.number() });
export type StreamingOrder = z.infer<typeof StreamingOrder>;

const order = StreamingOrder.parse(JSON.parse(process.argv[2] ?? ''));
const fleet = new JournalFleet(order.folder);
for (const session of order.sessions) await fleet.add(session);
const link = new HubLink({ serverUrl: order.url, runnerId: order.runnerId, token: order.token, fleet, timers: { firstMs: 20, longestMs: 200 } });
link.onDidChangeState((state) => state.state === 'refused' && process.stderr.write(`refused: ${state.reason}\n`));
link.start();

/** What is printed says which process printed it. */
const printing = setInterval(() => {
  for (const session of order.sessions) fleet.write(session, 1, `${process.pid} `);
}, 1000 / order.perSecond);

process.send?.('streaming');
process.on('message', (word) => {
  if (word !== 'quiet') return;
  clearInterval(printing);
  void Promise.all(order.sessions.map((session) => fleet.journal(session).flush())).then(() => process.send?.({ last: Object.fromEntries(order.sessions.map((session) => [session, fleet.journal(session).lastSeq])) }));
});
process.on('disconnect', () => process.exit(0));
