// OpenAI's Responses API: what Codex speaks.
import * as z from 'zod';
import type { Dialect } from '../modelDialects.ts';
import { event, isNote, newId } from './text.ts';

const Part = z.looseObject({ text: z.string().optional() });
const Item = z.looseObject({ type: z.string().optional(), role: z.string().optional(), content: z.union([z.string(), z.array(Part), z.null()]).optional() });
const Tool = z.looseObject({ type: z.string().optional(), name: z.string().optional() });
const Body = z.looseObject({
  model: z.string().optional(),
  stream: z.boolean().optional(),
  input: z.union([z.string(), z.array(Item)]).default([]),
  tools: z.array(Tool).default([]),
});

const usage = { input_tokens: 10, input_tokens_details: { cached_tokens: 0 }, output_tokens: 5, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 15 };

export const responses: Dialect = {
  name: 'responses',
  path: /\/responses(\?|$)/,
  read(raw) {
    const body = Body.parse(raw);
    const items: z.infer<typeof Item>[] = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
    const texts = items.flatMap((item, at) => (item.role === 'user' ? textsOf(item).map((text) => ({ text, at })) : [])).filter(({ text }) => !isNote(text));
    const asked = texts.at(-1);
    const answered = items.findLastIndex(({ type }) => type?.endsWith('_output'));
    return {
      model: body.model,
      userText: asked?.text ?? '',
      afterTool: answered > (asked?.at ?? -1),
      tools: body.tools.map((tool) => tool.name ?? tool.type ?? ''),
      stream: body.stream !== false,
      body: raw,
    };
  },
  failure: () => ({ error: { type: 'server_error', message: 'stub failure' } }),
  whole: ({ model }, { text }) => ({ ...envelope(model), status: 'completed', output: [messageItem(newId('msg'), text)], usage }),
  begin({ model, body }, write) {
    const whole = envelope(model);
    const id = newId('msg');
    let full = '';
    let number = 0;
    const send = (type: string, data: object): void => write(event(type, { type, sequence_number: number++, ...data }));
    const place = { item_id: id, output_index: 0, content_index: 0 };
    send('response.created', { response: whole });
    send('response.output_item.added', { output_index: 0, item: { ...messageItem(id, ''), status: 'in_progress', content: [] } });
    send('response.content_part.added', { ...place, part: { type: 'output_text', text: '', annotations: [] } });
    return {
      text(delta) {
        full += delta;
        send('response.output_text.delta', { ...place, delta });
      },
      end(tool) {
        send('response.output_text.done', { ...place, text: full });
        const output: object[] = [messageItem(id, full)];
        send('response.output_item.done', { output_index: 0, item: output[0] });
        if (tool) {
          const plain = Body.parse(body).tools.find((offered) => offered.name === tool.name)?.type === 'custom';
          const call = { call_id: newId('call'), name: tool.name, status: 'completed' };
          const item = plain ? { ...call, id: newId('ctc'), type: 'custom_tool_call', input: tool.plain ?? '' } : { ...call, id: newId('fc'), type: 'function_call', arguments: JSON.stringify(tool.args) };
          send('response.output_item.added', { output_index: 1, item: { ...item, status: 'in_progress' } });
          send('response.output_item.done', { output_index: 1, item });
          output.push(item);
        }
        send('response.completed', { response: { ...whole, status: 'completed', output, usage } });
      },
    };
  },
};

function textsOf({ content }: z.infer<typeof Item>): string[] {
  if (typeof content === 'string') return [content];
  return (content ?? []).flatMap(({ text }) => (text === undefined ? [] : [text]));
}

function envelope(model: string | undefined): object {
  return { id: newId('resp'), object: 'response', created_at: Math.floor(Date.now() / 1000), model: model ?? 'stub', status: 'in_progress', output: [] };
}

function messageItem(id: string, text: string): object {
  return { id, type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] };
}
