// Hook reports for tests: the payloads that the real CLIs sent, and reports as the reporter writes them.
import { readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';

const folder = new URL('../fixtures/hooks/', import.meta.url);

const Recorded = z.object({ event: z.string(), channel: z.string().optional(), payload: z.record(z.string(), z.unknown()).optional() });
export type RecordedHook = z.infer<typeof Recorded>;

/** All hooks of one session of the real CLI, in the order in which they came. */
export function recordedHooks(provider: string): RecordedHook[] {
  const name = readdirSync(folder).find((file) => file.startsWith(`${provider}-`));
  if (name === undefined) throw new Error(`no hooks of ${provider} were recorded`);
  const text = readFileSync(new URL(name, folder), 'utf8');
  return text.trim().split('\n').map((line) => Recorded.parse(JSON.parse(line)));
}

let count = 0;

export interface ReportParts {
  readonly key: string;
  readonly event: string;
  readonly id?: string;
  readonly channel?: string;
  /** An object becomes JSON; a string is sent as it is. */
  readonly payload?: unknown;
}

/** What follows `7502;` in the pane's bytes. */
export function reportText({ key, event, id = `r${count++}`, channel = '', payload = {} }: ReportParts): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return ['tmux-agents', '1', key, id, event, channel, Buffer.from(text).toString('base64')].join(';');
}
