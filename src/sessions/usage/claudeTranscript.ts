// Claude Code: `projects/<folder>/<conversation>.jsonl` in its config folder, and those of its subagents below a folder of that name. One line per
// piece of an answer, each with the usage of the whole: the message's id tells them apart. Seen in 2.1; older versions told `costUSD` too.
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonOf } from '../../base/json.ts';
import { glob } from './findFiles.ts';
import { CallsById, type TranscriptFormat } from './transcript.ts';

const Count = z.number().min(0).default(0);
const Line = z.object({
  type: z.literal('assistant'),
  costUSD: z.number().min(0).optional(),
  message: z.object({
    id: z.string(),
    model: z.string().optional(),
    usage: z.object({ input_tokens: Count, output_tokens: Count, cache_creation_input_tokens: Count, cache_read_input_tokens: Count }),
  }),
});

export const claudeTranscript: TranscriptFormat = {
  async files(env, conversation) {
    const projects = join(env['CLAUDE_CONFIG_DIR'] || join(env['HOME'] || homedir(), '.claude'), 'projects');
    return [...(await glob(projects, [/./, `${conversation}.jsonl`])), ...(await glob(projects, [/./, conversation, 'subagents', /\.jsonl$/]))];
  },
  reader() {
    const calls = new CallsById();
    return {
      line(text) {
        if (!text.includes('"usage"')) return;
        const line = Line.safeParse(jsonOf(text));
        // `<synthetic>`: said by the CLI itself, such as that a request failed.
        if (!line.success || line.data.message.model === '<synthetic>') return;
        const { id, usage } = line.data.message;
        calls.set(id, { tokensIn: usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens, tokensOut: usage.output_tokens, costUsd: line.data.costUSD });
      },
      get usage() {
        return calls.usage;
      },
    };
  },
};
