// OpenAI's Chat Completions API: what opencode, Copilot, Qwen and pi speak.
import * as z from 'zod';
import type { Dialect } from '../modelDialects.ts';
import { event, isNote, newId } from './text.ts';

const Part = z.looseObject({ text: z.string().optional() });
const Message = z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(Part), z.null()]).optional() });
const Body = z.looseObject({
  model: z.string().optional(),
  stream: z.boolean().optional(),
  messages: z.array(Message).default([]),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })).default([]),
});

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

/** Copilot puts the time before what the person wrote. */
const CLOCK = /^<current_datetime>[^<]*<\/current_datetime>\n\n/;

export const chat: Dialect = {
  name: 'chat',
  path: /\/chat\/completions(\?|$)/,
  read(raw) {
    const body = Body.parse(raw);
    const texts = body.messages.flatMap((message) => (message.role === 'user' ? textsOf(message) : [])).filter((text) => !isNote(text));
    return {
      model: body.model,
      userText: (texts.at(-1) ?? '').replace(CLOCK, ''),
      afterTool: body.messages.at(-1)?.role === 'tool',
      tools: body.tools.flatMap((tool) => (tool.function === undefined ? [] : [tool.function.name])),
      stream: body.stream === true,
      body: raw,
    };
  },
  failure: () => ({ error: { message: 'stub failure' } }),
  whole: ({ model }, { text, tool }) => ({
    ...envelope(model),
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: text, ...(tool ? { tool_calls: [toolCall(tool)] } : {}) }, finish_reason: tool ? 'tool_calls' : 'stop' }],
    usage,
  }),
  begin({ model }, write) {
    const base = { ...envelope(model), object: 'chat.completion.chunk' };
    const send = (delta: object, reason: string | null = null): void => write(event(undefined, { ...base, choices: [{ index: 0, delta, finish_reason: reason }] }));
    send({ role: 'assistant', content: '' });
    return {
      text: (content) => send({ content }),
      end(tool) {
        if (tool) send({ tool_calls: [toolCall(tool)] });
        send({}, tool ? 'tool_calls' : 'stop');
        write(event(undefined, { ...base, choices: [], usage }));
        write(event(undefined, '[DONE]'));
      },
    };
  },
};

function textsOf({ content }: z.infer<typeof Message>): string[] {
  if (typeof content === 'string') return [content];
  return (content ?? []).flatMap(({ text }) => (text === undefined ? [] : [text]));
}

function toolCall(tool: { readonly name: string; readonly args: object }): object {
  return { index: 0, id: newId('call'), type: 'function', function: { name: tool.name, arguments: JSON.stringify(tool.args) } };
}

function envelope(model: string | undefined): object {
  return { id: newId('chatcmpl'), created: Math.floor(Date.now() / 1000), model: model ?? 'stub' };
}
