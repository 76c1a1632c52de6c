// MCP servers as people write them down (`{"mcpServers": {...}}`, the form that most CLIs share), checked.
import * as z from 'zod';
import { AgentsError, messageOf } from '../base/errors.ts';
import { Environment, faultLines } from '../protocol/config.ts';

const Started = z.strictObject({
  type: z.literal('stdio').optional(),
  command: z.string().min(1),
  args: z.array(z.string()).optional(),
  env: Environment.optional(),
});
const Reached = z.strictObject({
  type: z.enum(['http', 'sse']).default('http'),
  url: z.url(),
  headers: z.record(z.string(), z.string()).optional(),
});
export const McpServer = z.union([Started, Reached], 'needs a "command" (with "args" and "env"), or a "url" (with "type" and "headers")');
export type McpServer = z.infer<typeof McpServer>;

/** Its name becomes part of the names of its tools. */
const Name = z.string().regex(/^[A-Za-z0-9_-]{1,60}$/, 'a server\'s name has letters, digits, "_" and "-" only');
const McpConfig = z.looseObject({ mcpServers: z.record(Name, McpServer) });

/** Reads the text of such a file. Throws `bad-input` naming the keys at fault; `source` names the file. */
export function parseMcpServers(text: string, source: string): Readonly<Record<string, McpServer>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AgentsError('bad-input', `${source} is not valid JSON: ${messageOf(error)}.`, { cause: error });
  }
  const parsed = McpConfig.safeParse(value);
  if (parsed.success) return parsed.data.mcpServers;
  throw new AgentsError('bad-input', `${source} is no MCP configuration: ${faultLines(parsed.error).join('; ')}.`, { cause: parsed.error });
}
