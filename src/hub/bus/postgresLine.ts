// One connection to PostgreSQL that listens and notifies, and comes back when it breaks. What is said meanwhile waits, up to a bound.
import type { Client } from 'pg';
import { Backoff } from '../../base/backoff.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { postgresOptions } from '../store/postgres.ts';
import { gather, PAYLOAD_BYTES } from './envelope.ts';
import { seal } from './sealed.ts';

/** Bytes that wait for the connection at most; then the oldest are dropped, and the others are told that there is a gap. */
const WAITING_BYTES = 16 * 1024 * 1024;
const PAYLOADS_PER_STATEMENT = 64;
const STATEMENT_MS = 15_000;

export interface LineOptions {
  readonly url: string;
  readonly channels: readonly string[];
  readonly from: string;
  /** The text that tells everybody, on the first channel, that something was dropped. */
  readonly gap: string;
  readonly log: Log;
  readonly onPayload: (payload: string) => void;
  /** Connected again after a break. */
  readonly onBack: () => void;
}

interface Waiting {
  readonly channel: string;
  readonly text: string;
}

export class PostgresLine {
  readonly #options: LineOptions;
  readonly #backoff = new Backoff({ firstMs: 100, longestMs: 5000 });
  #client: Client | undefined;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #dropped = false;
  #number = 0;
  #sending = false;
  #retry: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#client !== undefined;
  }

  /** Throws pg's error when the server cannot be reached. */
  async open(): Promise<void> {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ ...postgresOptions(this.#options.url), query_timeout: STATEMENT_MS });
    client.on('error', (error) => this.#broke(client, error));
    client.on('end', () => this.#broke(client, new Error('the connection ended')));
    client.on('notification', ({ payload }) => payload !== undefined && this.#options.onPayload(payload));
    try {
      await client.connect();
      // Names of ours, letters and digits.
      for (const channel of this.#options.channels) await client.query(`LISTEN ${channel}`);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    if (this.#ended) return void client.end().catch(() => undefined);
    this.#client = client;
    this.#backoff.reset();
    void this.#send();
  }

  /** Queues one message's JSON text. */
  say(channel: string, text: string): void {
    if (this.#ended) return;
    this.#waiting.push({ channel, text });
    this.#bytes += text.length;
    this.#dropOldest();
    if (!this.#sending) queueMicrotask(() => void this.#send());
  }

  async close(): Promise<void> {
    await this.#send();
    this.#ended = true;
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#client !== undefined && (this.#dropped || this.#waiting.length > 0)) {
        if (this.#dropped) await this.#sendGap(this.#client);
        else await this.#sendBatch(this.#client);
      }
    } catch (error) {
      if (this.#client !== undefined) this.#broke(this.#client, error);
    } finally {
      this.#sending = false;
    }
  }

  /** The messages in front that go to one channel. Meanwhile they wait no more: what is dropped then is what comes after them. */
  async #sendBatch(client: Client): Promise<void> {
    const [first] = this.#waiting;
    const end = this.#waiting.findIndex(({ channel }, index) => channel !== first?.channel || index >= 2000);
    const batch = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
    const bytes = batch.reduce((sum, { text }) => sum + text.length, 0);
    this.#bytes -= bytes;
    try {
      await this.#notify(client, batch);
    } catch (error) {
      // What was not confirmed is said again: hearing it twice is harmless, missing it is not.
      this.#waiting.unshift(...batch);
      this.#bytes += bytes;
      this.#dropOldest();
      throw error;
    }
  }

  async #sendGap(client: Client): Promise<void> {
    const [channel] = this.#options.channels;
    this.#dropped = false;
    try {
      if (channel !== undefined) await this.#notify(client, [{ channel, text: this.#options.gap }]);
    } catch (error) {
      this.#dropped = true;
      throw error;
    }
  }

  #dropOldest(): void {
    while (this.#bytes > WAITING_BYTES) {
      this.#bytes -= this.#waiting.shift()?.text.length ?? this.#bytes;
      this.#dropped = true;
    }
  }

  async #notify(client: Client, batch: readonly Waiting[]): Promise<void> {
    const channel = batch[0]?.channel;
    if (channel === undefined) return;
    const payloads: string[] = [];
    const flush = async (): Promise<void> => {
      if (payloads.length > 0) await client.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) WITH ORDINALITY AS t(payload, place) ORDER BY place', [channel, payloads.splice(0)]);
    };
    for (const texts of gather(batch.map(({ text }) => text), PAYLOAD_BYTES - 100)) {
      const body = `[${texts.join(',')}]`;
      const row = Buffer.byteLength(body) > PAYLOAD_BYTES - 100 ? await storeRow(client, body) : undefined;
      payloads.push(`{"from":"${this.#options.from}","n":${++this.#number},${row === undefined ? `"messages":${body}` : `"row":${row.id},"key":"${row.key}"`}}`);
      if (payloads.length >= PAYLOADS_PER_STATEMENT) await flush();
    }
    await flush();
  }

  #broke(client: Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => undefined);
    if (this.#ended) return;
    this.#options.log.warn(`The connection between the hub's processes broke: ${messageOf(error)}.`);
    this.#again();
  }

  #again(): void {
    if (this.#ended) return;
    this.#retry = setTimeout(() => {
      this.open().then(
        () => this.#ended || this.#options.onBack(),
        () => this.#again(),
      );
    }, this.#backoff.next());
  }
}

async function storeRow(client: Client, text: string): Promise<{ readonly id: number; readonly key: string }> {
  const { body, key } = seal(text);
  const { rows } = await client.query<{ id: string }>('INSERT INTO bus_messages (at, body) VALUES ($1, $2) RETURNING id', [Date.now(), body]);
  return { id: Number(rows[0]?.id), key };
}
