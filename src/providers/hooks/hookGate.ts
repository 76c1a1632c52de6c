// Who may report: checks that a report is this agent's own, whole and new, before anybody believes it.
import * as z from 'zod';
import type { HookReport } from '../status/hookReport.ts';
import { hookKeyHash } from './hookFiles.ts';
import { MAX_PAYLOAD_BYTES } from './reporter.ts';

/** Why a report was not believed. */
export type Rejection =
  /** Not in the reporter's form. */
  | 'malformed'
  /** This agent has no key: its hooks are not ours. */
  | 'no-key'
  /** Of another agent, or made up. */
  | 'wrong-key'
  | 'replayed'
  | 'too-large'
  /** Of a program that the agent runs, or of a conversation that it has left. */
  | 'other-conversation';

/** `tmux-agents;1;key;id;event;answer channel;payload`: what follows `7502;`. */
const Form = z.tuple([
  z.literal('tmux-agents'),
  z.literal('1'),
  z.string().regex(/^[0-9a-f]{16,128}$/),
  z.string().regex(/^[A-Za-z0-9.]{1,64}$/),
  z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/),
  z.string().regex(/^(?:tmux-agents-[A-Za-z0-9]{1,64})?$/),
  z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/),
]);

const MAX_BASE64 = Math.ceil(MAX_PAYLOAD_BYTES / 3) * 4;
/** Ids that are remembered; one that is older than so many reports could be replayed. */
const MAX_IDS = 10_000;

/** For one agent, as long as it is followed. */
export class HookGate {
  readonly #ids = new Set<string>();
  readonly #rejected = new Map<Rejection, number>();

  /** How many reports were not believed, and why. */
  get rejected(): ReadonlyMap<Rejection, number> {
    return this.#rejected;
  }

  reject(reason: Rejection): undefined {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + 1);
    return undefined;
  }

  /** Never throws. `hookKey` is the agent's `AgentInfo.hookKey`, `at` Unix time in ms. Undefined, and counted, for what is not believed. */
  take(hookKey: string | undefined, text: string, at: number): HookReport | undefined {
    const parts = text.split(';', 8);
    if ((parts[6]?.length ?? 0) > MAX_BASE64) return this.reject('too-large');
    const parsed = Form.safeParse(parts);
    if (!parsed.success) return this.reject('malformed');
    const [, , key, id, event, channel, payload] = parsed.data;
    if (hookKey === undefined) return this.reject('no-key');
    if (hookKeyHash(key) !== hookKey) return this.reject('wrong-key');
    if (this.#ids.has(id)) return this.reject('replayed');
    this.#remember(id);
    return { id, event, at, payload: parseJson(Buffer.from(payload, 'base64').toString('utf8')), ...(channel === '' ? {} : { answerTo: channel }) };
  }

  #remember(id: string): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MAX_IDS && oldest !== undefined) this.#ids.delete(oldest);
  }
}

/** What was cut at the reporter's limit is closed, so that what stands before its long part can still be read. */
function parseJson(text: string): HookReport['payload'] {
  const whole = tryParse(text);
  if (whole !== undefined) return whole;
  for (const candidate of closed(text)) {
    const parsed = tryParse(candidate);
    if (parsed !== undefined) return parsed;
  }
  return undefined;
}

function tryParse(text: string): HookReport['payload'] {
  try {
    return z.json().parse(JSON.parse(text));
  } catch {
    // No JSON, or nested so deep that nobody can have meant it.
    return undefined;
  }
}

const MAX_DEPTH = 100;

/** Ends the strings and brackets that a cut left open; first with all that is there, then without what began behind the last comma or bracket. */
function closed(text: string): string[] {
  const open: string[] = [];
  let inString = false;
  let whole = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
      continue;
    }
    if (character === '"') inString = true;
    else if (character === '{' || character === '[') {
      open.push(character === '{' ? '}' : ']');
      whole = `${text.slice(0, at + 1)}${ends(open)}`;
    } else if (character === ',') whole = `${text.slice(0, at)}${ends(open)}`;
    else if ((character === '}' || character === ']') && open.pop() !== character) return [];
    if (open.length > MAX_DEPTH) return [];
  }
  // Within an escape the cut leaves a part of it, and of a character its first bytes.
  const end = inString ? `${text.replace(/\\(?:u[0-9a-fA-F]{0,3})?$/, '').replace(/\ufffd$/, '')}"` : text;
  return [`${end}${ends(open)}`, whole];
}

function ends(open: readonly string[]): string {
  return [...open].reverse().join('');
}
