// The bus over PostgreSQL's LISTEN and NOTIFY: topics to all, calls to one, and who of the others is alive.
import { randomUUID } from 'node:crypto';
import { AgentsError, asAgentsError, errorReasonOf, messageOf } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { jsonOf } from '../../base/json.ts';
import type { Log } from '../../base/log.ts';
import { storeFault } from '../store/storeFaults.ts';
import type { Database } from '../store/tables.ts';
import { BusMessage, channelOf, Envelope, EVERYBODY } from './envelope.ts';
import type { OpenBus } from './openBus.ts';
import { PostgresLine } from './postgresLine.ts';
import { unseal } from './sealed.ts';
import { Methods, Topics } from './topics.ts';

const HERE_MS = 2000;
/** Silence after which another process is gone. */
const LOST_MS = 8000;
/** The same for one that is called and was never heard of: whoever lives says so every two seconds. */
const STRANGER_MS = 4500;
const CALL_MS = 15_000;
/** Rows are read at once by everybody who is there. */
const ROWS_KEPT_MS = 60_000;

interface Call {
  readonly to: string;
  readonly timer: NodeJS.Timeout;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** Throws `disconnected` when the server cannot be reached. */
export async function openPostgresBus(options: { readonly database: Database; readonly databaseUrl: string; readonly log: Log }): Promise<OpenBus> {
  const { database, log } = options;
  const processId = randomUUID();
  const topics = new Topics(log);
  const methods = new Methods();
  const lost = new Emitter<string>();
  const missed = new Emitter<void>();
  const calls = new Map<string, Call>();
  /** When each other process was last heard. */
  const heard = new Map<string, number>();
  let reading: Promise<void> = Promise.resolve();

  const say = (channel: string, message: BusMessage): void => line.say(channel, JSON.stringify(message));

  const settle = (id: string, end: (call: Call) => void): void => {
    const call = calls.get(id);
    if (call === undefined) return;
    calls.delete(id);
    clearTimeout(call.timer);
    end(call);
  };

  const lose = (other: string): void => {
    if (!heard.delete(other)) return;
    for (const [id, { to }] of calls) if (to === other) settle(id, (call) => call.reject(new AgentsError('disconnected', 'That process of the hub is gone.')));
    lost.fire(other);
  };

  const answer = async (from: string, { id, method, params }: Extract<BusMessage, { kind: 'call' }>): Promise<void> => {
    try {
      say(channelOf(from), { kind: 'answer', id, result: await methods.answer(method, params) });
    } catch (error) {
      const { reason, message, hint } = asAgentsError(error);
      say(channelOf(from), { kind: 'answer', id, fault: hint === undefined ? { reason, message } : { reason, message, hint } });
    }
  };

  const hear = (from: string, message: BusMessage): void => {
    if (message.kind === 'bye') return lose(from);
    heard.set(from, performance.now());
    if (message.kind === 'topic') topics.tell(message.topic, message.message);
    else if (message.kind === 'gap') missed.fire();
    else if (message.kind === 'call') void answer(from, message);
    else if (message.kind === 'answer') settle(message.id, (call) => (message.fault === undefined ? call.resolve(message.result) : call.reject(new AgentsError(errorReasonOf(message.fault.reason), message.fault.message, message.fault.hint === undefined ? {} : { hint: message.fault.hint }))));
  };

  const take = async (payload: string): Promise<void> => {
    const { data: envelope } = Envelope.safeParse(jsonOf(payload));
    if (envelope === undefined) return log.warn('A message between the hub\'s processes was not understood.');
    if (envelope.from === processId) return;
    const messages = envelope.row === undefined ? (envelope.messages ?? []) : await readRow(database, envelope.row, envelope.key ?? '');
    for (const message of messages) hear(envelope.from, message);
  };

  const line = new PostgresLine({
    url: options.databaseUrl,
    channels: [EVERYBODY, channelOf(processId)],
    from: processId,
    gap: JSON.stringify({ kind: 'gap' } satisfies BusMessage),
    log,
    // One after the other, whether a row must be read or not.
    onPayload: (payload) => void (reading = reading.then(() => take(payload)).catch((error: unknown) => log.warn(`A message between the hub's processes was lost: ${messageOf(error)}`))),
    onBack: () => {
      for (const other of heard.keys()) heard.set(other, performance.now());
      say(EVERYBODY, { kind: 'here' });
      missed.fire();
    },
  });
  try {
    await line.open();
  } catch (error) {
    throw storeFault(error);
  }

  say(EVERYBODY, { kind: 'here' });
  const pulse = setInterval(() => {
    if (!line.connected) return;
    say(EVERYBODY, { kind: 'here' });
    const before = performance.now() - LOST_MS;
    for (const [other, at] of heard) if (at < before) lose(other);
  }, HERE_MS);
  const sweep = setInterval(() => {
    database.deleteFrom('bus_messages').where('at', '<', Date.now() - ROWS_KEPT_MS).execute().catch((error: unknown) => log.debug(`Old messages were not removed: ${messageOf(error)}`));
  }, ROWS_KEPT_MS);

  return {
    processId,
    publish: (topic, message) => {
      queueMicrotask(() => topics.tell(topic, message));
      say(EVERYBODY, { kind: 'topic', topic, message });
    },
    subscribe: (topic, listener) => topics.subscribe(topic, listener),
    call: (to, method, params, { timeoutMs = CALL_MS } = {}) => {
      if (to === processId) return methods.answer(method, params);
      return new Promise((resolve, reject) => {
        // It may have died before this process began: then its end is told like any other's.
        if (!heard.has(to)) heard.set(to, performance.now() - LOST_MS + STRANGER_MS);
        const id = randomUUID();
        const timer = setTimeout(() => settle(id, (call) => call.reject(new AgentsError('timeout', `Another process of the hub did not answer within ${timeoutMs / 1000} s.`))), timeoutMs);
        calls.set(id, { to, timer, resolve, reject });
        say(channelOf(to), { kind: 'call', id, method, params });
      });
    },
    serve: (method, reply) => methods.serve(method, reply),
    onDidLose: lost.event,
    onDidMiss: missed.event,
    close: async () => {
      clearInterval(pulse);
      clearInterval(sweep);
      say(EVERYBODY, { kind: 'bye' });
      await line.close();
      for (const id of [...calls.keys()]) settle(id, (call) => call.reject(new AgentsError('disconnected', 'The hub is ending.')));
      lost.dispose();
      missed.dispose();
    },
  };
}

async function readRow(database: Database, id: number, key: string): Promise<readonly BusMessage[]> {
  const row = await database.selectFrom('bus_messages').select('body').where('id', '=', id).executeTakeFirst();
  const { data } = BusMessage.array().safeParse(jsonOf(unseal(row?.body ?? '', key) ?? ''));
  return data ?? [];
}
