// What the stand-in model does with a prompt: keyed by words in the text, so that a test says in its prompt what shall happen.

/**
 * Words a prompt may hold:
 * `SLOW<n>` streams for n seconds; `WAIT<n>` sends nothing for n seconds first; `HOLD` streams a little, then waits for `release()`.
 * `STDIN <session> <line>;;` wants to write a line to a command that runs (Codex).
 * `TOOL <command>;;` wants to run a command; `ESC` beside it asks for it outside the sandbox, `TTY` for a terminal to go on typing into (Codex).
 * `WRITE <path>` wants to write a file; `ASKQ` asks the person a question; `FAIL<code>` answers with that HTTP status.
 * Anything else, and the result of a tool, is answered with a short text.
 */
export interface Plan {
  readonly text: string;
  readonly slowSeconds: number;
  readonly waitSeconds: number;
  readonly hold: boolean;
  readonly fail?: number;
  readonly tool?: ToolCall;
}

export interface ToolCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** The same for tools that take plain text (Codex's apply_patch). */
  readonly plain?: string;
}

export const REPLY = 'STUB-REPLY hello from the stub.';
export const TOOL_REPLY = 'STUB-DONE tool finished.';

const SHELLS = ['Bash', 'bash', 'run_shell_command', 'exec_command', 'shell_command', 'shell', 'local_shell'];
const WRITERS = ['Write', 'write_file', 'write', 'create', 'apply_patch'];
const ASKERS = ['AskUserQuestion', 'ask_user', 'ask_user_question', 'question', 'request_user_input'];
const QUESTION = 'Which colour?';

const nothing = { slowSeconds: 0, waitSeconds: 0, hold: false };

/** `tools` are the names that the request offers. A request without any is a side job of the CLI, such as finding a title: it is answered at once. */
export function planFor(userText: string, { afterTool, tools }: { readonly afterTool: boolean; readonly tools: readonly string[] }): Plan {
  if (afterTool) return { ...nothing, text: TOOL_REPLY };
  if (tools.length === 0) return { ...nothing, text: REPLY };
  const fail = numberAfter('FAIL', userText);
  const tool = toolFor(userText, tools);
  return {
    text: REPLY,
    slowSeconds: numberAfter('SLOW', userText) ?? 0,
    waitSeconds: numberAfter('WAIT', userText) ?? 0,
    hold: /\bHOLD\b/.test(userText),
    ...(fail === undefined ? {} : { fail }),
    ...(tool === undefined ? {} : { tool }),
  };
}

function numberAfter(word: string, text: string): number | undefined {
  const match = new RegExp(`\\b${word}(\\d+)`).exec(text);
  return match === null ? undefined : Number(match[1]);
}

function toolFor(text: string, tools: readonly string[]): ToolCall | undefined {
  const command = /TOOL (.*?);;/.exec(text)?.[1];
  if (command !== undefined) return shellCall(offered(SHELLS, tools), command, { escalated: /\bESC\b/.test(text), typing: /\bTTY\b/.test(text) });
  if (/\bASKQ\b/.test(text)) return questionCall(offered(ASKERS, tools));
  const { session, chars } = /STDIN (?<session>\d+) (?<chars>.*?);;/.exec(text)?.groups ?? {};
  if (session !== undefined && tools.includes('write_stdin')) return { name: 'write_stdin', args: { session_id: Number(session), chars: `${chars ?? ''}\n` } };
  const path = /WRITE (\S+)/.exec(text)?.[1];
  return path === undefined ? undefined : writeCall(offered(WRITERS, tools), path);
}

function offered(names: readonly string[], tools: readonly string[]): string | undefined {
  return names.find((name) => tools.includes(name));
}

function shellCall(name: string | undefined, command: string, { escalated, typing }: { readonly escalated: boolean; readonly typing: boolean }): ToolCall | undefined {
  const outside = escalated ? { sandbox_permissions: 'require_escalated', justification: 'the stub wants it' } : {};
  switch (name) {
    case undefined:
      return undefined;
    case 'exec_command':
      return { name, args: { cmd: command, ...outside, ...(typing ? { tty: true, yield_time_ms: 500 } : {}) } };
    case 'shell_command':
      return { name, args: { command, ...outside } };
    case 'shell':
      return { name, args: { command: ['bash', '-lc', command] } };
    default:
      return { name, args: { command, description: 'stub command' } };
  }
}

function writeCall(name: string | undefined, path: string): ToolCall | undefined {
  if (name === undefined) return undefined;
  // Claude Code refuses arguments that it does not know.
  if (name === 'Write') return { name, args: { file_path: path, content: 'hi\n' } };
  if (name !== 'apply_patch') return { name, args: { file_path: path, filePath: path, path, content: 'hi\n', file_text: 'hi\n' } };
  const plain = `*** Begin Patch\n*** Add File: ${path}\n+hi\n*** End Patch\n`;
  return { name, args: { input: plain }, plain };
}

function questionCall(name: string | undefined): ToolCall | undefined {
  const options = ['Red', 'Blue'].map((label) => ({ label, description: `the colour ${label}` }));
  switch (name) {
    case undefined:
      return undefined;
    case 'request_user_input':
      return { name, args: { questions: [{ id: 'colour', header: 'Colour', question: QUESTION, options }] } };
    case 'ask_user':
      // Copilot's form and Gemini's: each takes what it knows.
      return {
        name,
        args: {
          message: QUESTION,
          requestedSchema: { type: 'object', properties: { colour: { type: 'string', title: 'Colour', enum: ['Red', 'Blue'] } }, required: ['colour'] },
          questions: [{ question: QUESTION, header: 'Colour', type: 'choice', options, multiSelect: false }],
        },
      };
    default:
      return { name, args: { questions: [{ question: QUESTION, header: 'Colour', multiSelect: false, multiple: false, options }] } };
  }
}
