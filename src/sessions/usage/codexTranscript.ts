// Codex: `sessions/YYYY/MM/DD/rollout-<time>-<conversation>.jsonl` in its home. Its `token_count` events hold the running total of the conversation;
// the same total may be told twice (limits changed, nothing was asked). Seen in 0.144; it tells no cost.
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonOf } from '../../base/json.ts';
import { glob } from './findFiles.ts';
import { noTokens, type TokenUsage, type TranscriptFormat } from './transcript.ts';

const Count = z.number().min(0);
const Line = z.object({
  type: z.literal('event_msg'),
  payload: z.object({ type: z.literal('token_count'), info: z.object({ total_token_usage: z.object({ input_tokens: Count, output_tokens: Count }) }) }),
});

export const codexTranscript: TranscriptFormat = {
  files(env, conversation) {
    const sessions = join(env['CODEX_HOME'] || join(env['HOME'] || homedir(), '.codex'), 'sessions');
    return glob(sessions, [/^\d{4}$/, /^\d\d$/, /^\d\d$/, (name) => name.startsWith('rollout-') && name.endsWith(`-${conversation}.jsonl`)]);
  },
  reader() {
    let usage: TokenUsage = noTokens;
    return {
      line(text) {
        if (!text.includes('"token_count"')) return;
        const line = Line.safeParse(jsonOf(text));
        if (!line.success) return;
        const { input_tokens: tokensIn, output_tokens: tokensOut } = line.data.payload.info.total_token_usage;
        if (tokensIn === usage.tokensIn && tokensOut === usage.tokensOut) return;
        usage = { tokensIn, tokensOut, apiCalls: usage.apiCalls + 1 };
      },
      get usage() {
        return usage;
      },
    };
  },
};
