// Every text that a request to a model holds as the user's, as it is, whatever the API's dialect.
import * as z from 'zod';

const Part = z.looseObject({ text: z.string().optional() });
const Message = z.looseObject({
  role: z.string().optional(),
  content: z.union([z.string(), z.array(z.union([z.string(), Part])), z.null()]).optional(),
  parts: z.array(Part).optional(),
});
const Body = z.looseObject({
  messages: z.array(Message).optional(),
  input: z.union([z.string(), z.array(Message)]).optional(),
  contents: z.array(Message).optional(),
});

/** In order; those of earlier turns too. */
export function userTexts(body: unknown): string[] {
  const parsed = Body.safeParse(body);
  if (!parsed.success) return [];
  const { messages = [], input = [], contents = [] } = parsed.data;
  if (typeof input === 'string') return [input];
  return [...messages, ...input, ...contents].filter(({ role }) => role === 'user').flatMap(({ content, parts = [] }) => [
    ...(typeof content === 'string' ? [content] : (content ?? []).map((part) => (typeof part === 'string' ? part : (part.text ?? '')))),
    ...parts.map(({ text = '' }) => text),
  ]);
}
