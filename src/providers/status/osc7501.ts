// OSC 7501, the program status sequence: `state=... : app=... : kind=... : msg=<base64>`, told by the program itself and by nobody else's leave.
import type { StatusClaim, WaitingKind } from '../../protocol/agentStatus.ts';
import { evidenceOf, type Observation } from './observation.ts';

/** Characters of an undecoded message that are read; the rest is no message for people. */
const MAX_MESSAGE = 16_384;
/** Characters of a message that are kept. */
const MAX_TEXT = 2_000;

const kinds: Readonly<Record<string, WaitingKind>> = { permission: 'permission', approval: 'permission', question: 'question', input: 'question', trust: 'trust', login: 'login', auth: 'login' };

/**
 * What follows `7501;`, as an observation. Undefined for a query (`?`) and for what names no state that is known: neither says anything.
 * Unknown keys are skipped, of a repeated key the first counts, and a message that is no base64 of UTF-8 is left out.
 */
export function osc7501Observation(text: string, at: number): Observation | undefined {
  const fields = fieldsOf(text);
  const message = messageOf(fields.get('msg'));
  const claim = claimOf(fields.get('state'), fields.get('kind'), message);
  if (claim === undefined) return undefined;
  const shown = [...fields].filter(([key]) => key !== 'msg').map(([key, value]) => `${key}=${value}`);
  const evidence = evidenceOf(`OSC 7501 ${[...shown, ...(message === '' ? [] : [`"${message}"`])].join(' ')}`);
  return { source: 'osc7501', at, claim, evidence, rule: `state=${fields.get('state') ?? ''}` };
}

function claimOf(state: string | undefined, kind = '', message: string): StatusClaim | null | undefined {
  switch (state ?? '') {
    case 'idle':
    case 'done':
      return { state: 'idle' };
    case 'working':
      return { state: 'working' };
    case 'blocked':
      return { state: 'waiting', kind: Object.hasOwn(kinds, kind) ? (kinds[kind] ?? 'other') : 'other', text: message };
    case 'error':
      return { state: 'error', message };
    case 'clear':
      return null;
    default:
      return undefined;
  }
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of text.split(/[:;]/, 32)) {
    const at = part.indexOf('=');
    if (at <= 0) continue;
    const key = part.slice(0, at).trim();
    if (!fields.has(key)) fields.set(key, part.slice(at + 1).trim());
  }
  return fields;
}

function messageOf(base64: string | undefined): string {
  if (base64 === undefined || base64.length > MAX_MESSAGE || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(base64)) return '';
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
    // What people read holds no controls but the line break.
    return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]+/g, ' ').trim().slice(0, MAX_TEXT);
  } catch {
    return '';
  }
}
