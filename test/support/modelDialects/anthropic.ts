// Anthropic's Messages API: what Claude Code speaks.
import * as z from 'zod';
import type { Dialect } from '../modelDialects.ts';
import { event, isNote, newId } from './text.ts';

const Part = z.looseObject({ type: z.string().optional(), text: z.string().optional() });
const Body = z.looseObject({
  model: z.string().optional(),
  stream: z.boolean().optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(Part)]) })).default([]),
  tools: z.array(z.looseObject({ name: z.string() })).default([]),
});

const usage = { input_tokens: 10, output_tokens: 5, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

export const anthropic: Dialect = {
  name: 'anthropic',
  path: /\/messages(\?|$)/,
  read(raw) {
    const body = Body.parse(raw);
    const parts = body.messages
      .filter(({ role }) => role === 'user')
      .flatMap(({ content }) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content))
      .filter(({ text }) => text === undefined || !isNote(text));
    const last = parts.at(-1);
    return {
      model: body.model,
      userText: parts.findLast(({ text }) => text !== undefined)?.text ?? '',
      afterTool: last?.type === 'tool_result',
      tools: body.tools.map(({ name }) => name),
      stream: body.stream === true,
      body: raw,
    };
  },
  failure: () => ({ type: 'error', error: { type: 'api_error', message: 'stub failure' } }),
  whole: ({ model }, { text }) => ({ ...message(model), content: [{ type: 'text', text }], stop_reason: 'end_turn' }),
  begin({ model }, write) {
    const send = (type: string, data: object): void => write(event(type, { type, ...data }));
    send('message_start', { message: message(model) });
    send('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
    return {
      text: (text) => send('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
      end(tool) {
        send('content_block_stop', { index: 0 });
        if (tool) {
          send('content_block_start', { index: 1, content_block: { type: 'tool_use', id: newId('toolu'), name: tool.name, input: {} } });
          send('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: JSON.stringify(tool.args) } });
          send('content_block_stop', { index: 1 });
        }
        send('message_delta', { delta: { stop_reason: tool ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: { output_tokens: 20 } });
        send('message_stop', {});
      },
    };
  },
};

function message(model: string | undefined): object {
  return { id: newId('msg'), type: 'message', role: 'assistant', model: model ?? 'stub', content: [], stop_reason: null, stop_sequence: null, usage };
}
