// Google's generateContent API: what Gemini CLI speaks.
import * as z from 'zod';
import type { Dialect, Question } from '../modelDialects.ts';
import { event, isNote } from './text.ts';

const Part = z.looseObject({ text: z.string().optional(), functionResponse: z.unknown().optional() });
const Property = z.looseObject({ type: z.unknown().optional(), enum: z.array(z.unknown()).optional() });
const Schema = z.looseObject({ properties: z.record(z.string(), Property).default({}) });
const Body = z.looseObject({
  contents: z.array(z.looseObject({ role: z.string().optional(), parts: z.array(Part).default([]) })).default([]),
  tools: z.array(z.looseObject({ functionDeclarations: z.array(z.looseObject({ name: z.string() })).default([]) })).default([]),
  generationConfig: z.looseObject({ responseJsonSchema: Schema.optional(), responseSchema: Schema.optional() }).optional(),
});

export const gemini: Dialect = {
  name: 'gemini',
  path: /:(streamGenerateContent|generateContent)(\?|$)/,
  read(raw, path) {
    const body = Body.parse(raw);
    const parts = body.contents.flatMap((content) => (content.role === 'model' ? [] : content.parts)).filter(({ text }) => text === undefined || !isNote(text));
    return {
      model: /\/models\/([^:/]+):/.exec(path)?.[1],
      userText: parts.findLast(({ text }) => text !== undefined)?.text ?? '',
      afterTool: parts.at(-1)?.functionResponse !== undefined,
      tools: body.tools.flatMap(({ functionDeclarations }) => functionDeclarations.map(({ name }) => name)),
      stream: path.includes(':streamGenerateContent'),
      body: raw,
    };
  },
  failure: (code) => ({ error: { code, message: 'stub failure', status: 'INTERNAL' } }),
  whole: (question, { text }) => chunk([{ text: structured(question) ?? text }], true),
  begin(question, write) {
    // A side job that wants JSON gets nothing but that.
    const wanted = structured(question);
    return {
      text: (text) => (wanted === undefined ? write(event(undefined, chunk([{ text }], false))) : undefined),
      end: (tool) => write(event(undefined, chunk([{ text: wanted ?? '' }, ...(tool ? [{ functionCall: { name: tool.name, args: tool.args } }] : [])], true))),
    };
  },
};

function chunk(parts: readonly object[], last: boolean): object {
  return {
    candidates: [{ index: 0, content: { role: 'model', parts }, ...(last ? { finishReason: 'STOP' } : {}) }],
    modelVersion: 'stub',
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
  };
}

/** JSON that fits the schema the request asks for; undefined when it asks for none. */
function structured({ body }: Question): string | undefined {
  const config = Body.parse(body).generationConfig;
  const schema = config?.responseJsonSchema ?? config?.responseSchema;
  if (schema === undefined) return undefined;
  return JSON.stringify(Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, exampleOf(property)])));
}

function exampleOf(property: z.infer<typeof Property>): unknown {
  if (property.enum !== undefined) return property.enum[0];
  switch (typeof property.type === 'string' ? property.type.toLowerCase() : '') {
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return false;
    case 'array':
      return [];
    default:
      return 'stub';
  }
}
