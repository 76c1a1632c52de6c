// What the CLIs put into their hooks' payloads, as far as we read it: one shape for all their dialects, tolerant of everything else.
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { ApprovalRequest } from '../../protocol/agentStatus.ts';
import type { HookReport } from '../status/hookReport.ts';

const text = z.string().optional().catch(undefined);
const record = z.record(z.string(), z.unknown()).optional().catch(undefined);

const RawPayload = z.object({
  session_id: text,
  sessionId: text,
  /** Set in subagents. */
  agent_id: text,
  source: text,
  reason: text,
  tool_name: text,
  toolName: text,
  tool_input: record,
  toolInput: record,
  toolArgs: record,
  tool_use_id: text,
  notification_type: text,
  message: text,
  details: record,
  error: z.union([z.string(), z.object({ message: z.string() })]).optional().catch(undefined),
  error_details: text,
  last_assistant_message: text,
});

export interface HookPayload {
  /** The CLI's id of the conversation. */
  readonly conversation: string | undefined;
  readonly subagent: string | undefined;
  /** Why a conversation began: `startup`, `resume`, `clear`, `compact`, `new`. */
  readonly source: string | undefined;
  readonly tool: string | undefined;
  /** The CLI's id of one use of a tool; not every event names it. */
  readonly use: string | undefined;
  readonly input: Readonly<Record<string, unknown>>;
  readonly notification: string | undefined;
  readonly message: string | undefined;
  readonly error: string | undefined;
}

const nothing: HookPayload = { conversation: undefined, subagent: undefined, source: undefined, tool: undefined, use: undefined, input: {}, notification: undefined, message: undefined, error: undefined };

/** Never fails: what is missing or of another type is undefined. */
export function readPayload(payload: HookReport['payload']): HookPayload {
  const parsed = RawPayload.safeParse(payload);
  if (!parsed.success) return nothing;
  const raw = parsed.data;
  const error = typeof raw.error === 'object' ? raw.error.message : raw.error;
  return {
    conversation: raw.session_id ?? raw.sessionId,
    subagent: raw.agent_id,
    source: raw.source,
    tool: raw.tool_name ?? raw.toolName,
    use: raw.tool_use_id,
    input: raw.tool_input ?? raw.toolInput ?? raw.toolArgs ?? raw.details ?? {},
    notification: raw.notification_type,
    message: raw.message,
    error: raw.error_details ?? raw.last_assistant_message ?? error,
  };
}

/** What the tools of Codex, Qwen Code and Gemini CLI call the folder in which they run. */
const FOLDERS = ['workdir', 'directory', 'dir_path', 'cwd', 'working_directory'] as const;

/** What a permission is asked for. `id` is the report's: every face that follows sees the same one. */
export function requestOf(id: string, { tool, input }: HookPayload): ApprovalRequest {
  const command = commandOf(input['command']);
  const path = [input['file_path'], input['filePath'], input['notebook_path'], input['absolute_path'], input['fileName'], input['path']].find((value) => typeof value === 'string');
  const folder = FOLDERS.map((name) => input[name]).find((value) => typeof value === 'string' && value !== '');
  return { id, ...(tool === undefined ? {} : { tool }), ...(command === undefined ? {} : { command }), ...(path === undefined ? {} : { path }), ...(typeof folder === 'string' ? { folder } : {}) };
}

/** The questions of a tool that asks the person, a line each; undefined where it names none. */
export function questionsOf({ input }: HookPayload): string | undefined {
  const parsed = z.object({ questions: z.array(z.object({ question: z.string() })).min(1) }).safeParse(input);
  if (parsed.success) return parsed.data.questions.map(({ question }) => question).join('\n');
  return typeof input['question'] === 'string' ? input['question'] : undefined;
}

/** Two events are of one use of a tool when they name the same tool with the same input, or the same `use`. */
export function inputMark({ tool, input }: HookPayload): string {
  return createHash('sha256').update(`${tool ?? ''}\0${JSON.stringify(input)}`).digest('hex');
}

function commandOf(command: unknown): string | undefined {
  if (typeof command === 'string') return command;
  const words = z.array(z.string()).safeParse(command);
  return words.success ? words.data.join(' ') : undefined;
}
