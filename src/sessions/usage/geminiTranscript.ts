// Gemini CLI: `tmp/<project>/chats/session-<time>-<first 8 of the conversation>.jsonl` in its home. A message may be written again under its id, or within
// a `$set` of all messages. Seen in 0.52; it tells no cost.
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonOf } from '../../base/json.ts';
import { glob } from './findFiles.ts';
import { CallsById, type TranscriptFormat } from './transcript.ts';

const Count = z.number().min(0).default(0);
const Message = z.object({ id: z.string(), type: z.literal('gemini'), tokens: z.object({ input: Count, output: Count, thoughts: Count, tool: Count }) });
const Line = z.union([Message, z.object({ $set: z.object({ messages: z.array(z.unknown()) }) })]);

export const geminiTranscript: TranscriptFormat = {
  files(env, conversation) {
    const home = env['GEMINI_CLI_HOME'] || env['HOME'] || homedir();
    return glob(join(home, '.gemini', 'tmp'), [/./, 'chats', (name) => name.startsWith('session-') && name.endsWith(`-${conversation.slice(0, 8)}.jsonl`)]);
  },
  reader() {
    const calls = new CallsById();
    const take = (value: unknown): void => {
      const message = Message.safeParse(value);
      if (!message.success) return;
      const { id, tokens } = message.data;
      calls.set(id, { tokensIn: tokens.input + tokens.tool, tokensOut: tokens.output + tokens.thoughts });
    };
    return {
      line(text) {
        if (!text.includes('"tokens"')) return;
        const line = Line.safeParse(jsonOf(text));
        if (!line.success) return;
        if ('$set' in line.data) line.data.$set.messages.forEach(take);
        else take(line.data);
      },
      get usage() {
        return calls.usage;
      },
    };
  },
};
