// opencode keeps conversations in a database of its own; its server tells each call: `GET /session/<id>/message`. Seen in 1.18.
import * as z from 'zod';
import type { TokenUsage } from './transcript.ts';

const Count = z.number().min(0).default(0);
const Tokens = z.object({ input: Count, output: Count, reasoning: Count, cache: z.object({ read: Count, write: Count }).prefault({}) });
const Told = z.object({ role: z.literal('assistant'), cost: Count, tokens: Tokens });
const Message = z.object({ info: Told });

/** Of the answer to `GET /session/<id>/message`, or undefined for what is none. A cost of nothing is none told: opencode does not know every price. */
export function opencodeUsage(messages: unknown): TokenUsage | undefined {
  const list = z.array(z.unknown()).safeParse(messages);
  if (!list.success) return undefined;
  const calls = list.data.flatMap((value) => {
    const message = Message.safeParse(value);
    return message.success && inOf(message.data.info.tokens) + message.data.info.tokens.output > 0 ? [message.data.info] : [];
  });
  const costUsd = calls.reduce((total, { cost }) => total + cost, 0);
  return {
    tokensIn: calls.reduce((total, { tokens }) => total + inOf(tokens), 0),
    tokensOut: calls.reduce((total, { tokens }) => total + tokens.output + tokens.reasoning, 0),
    apiCalls: calls.length,
    costUsd: costUsd > 0 ? costUsd : undefined,
  };
}

function inOf({ input, cache }: z.infer<typeof Tokens>): number {
  return input + cache.read + cache.write;
}
