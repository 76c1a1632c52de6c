// What a hub says, read with care: a frame that is not understood costs itself alone, and is answered where somebody waits for the answer.
import type * as z from 'zod';
import { jsonOf } from '../../base/json.ts';
import { faultLines } from '../../protocol/config.ts';
import { HubExtensionFrame } from '../../protocol/hubWire/extension.ts';
import { HubFrame } from '../../protocol/hubWire/sibylFrames.ts';
import type { SentFrame } from './hubSocket.ts';

export type HeardFrame =
  | { readonly kind: 'base'; readonly frame: HubFrame }
  | { readonly kind: 'extension'; readonly frame: HubExtensionFrame }
  /** `fault` is for the log, and tells nothing of what the frame holds. */
  | { readonly kind: 'bad'; readonly fault: string; readonly answer?: SentFrame };

const baseTypes: ReadonlySet<unknown> = new Set(HubFrame.options.map((option) => option.shape.type.value));
const extensionTypes: ReadonlySet<unknown> = new Set(HubExtensionFrame.options.map((option) => option.shape.type.value));

/** Never throws. */
export function heardFrame(text: string): HeardFrame {
  const value = jsonOf(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'bad', fault: 'is no JSON object' };
  const fields = value as Readonly<Record<string, unknown>>;
  const { type } = fields;
  if (baseTypes.has(type)) {
    const parsed = HubFrame.safeParse(value);
    return parsed.success ? { kind: 'base', frame: parsed.data } : malformed(fields, parsed.error);
  }
  if (extensionTypes.has(type)) {
    const parsed = HubExtensionFrame.safeParse(value);
    return parsed.success ? { kind: 'extension', frame: parsed.data } : malformed(fields, parsed.error);
  }
  return { kind: 'bad', fault: typeof type === 'string' ? `has an unknown type, ${JSON.stringify(type.slice(0, 50))}` : 'has no type' };
}

function malformed(fields: Readonly<Record<string, unknown>>, error: z.ZodError): HeardFrame {
  const fault = `is malformed (${String(fields['type'])}): ${faultLines(error).slice(0, 5).join('; ').slice(0, 500)}`;
  const answer = answerTo(fields, fault);
  return { kind: 'bad', fault, ...(answer === undefined ? {} : { answer }) };
}

function answerTo({ type, id, task_id: taskId }: Readonly<Record<string, unknown>>, fault: string): SentFrame | undefined {
  if (type === 'request' && typeof id === 'string') return { type: 'response_error', id, error: { reason: 'bad-input', message: `The request ${fault}.` } };
  if (type === 'task_assign' && typeof taskId === 'string' && taskId !== '' && taskId.length <= 255) return { type: 'task_reject', task_id: taskId, reason: `The frame ${fault}.`.slice(0, 1000) };
  return undefined;
}
