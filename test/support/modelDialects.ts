// How each provider's API is read and answered: Anthropic Messages, OpenAI Responses and Chat Completions, Gemini.
import { anthropic } from './modelDialects/anthropic.ts';
import { chat } from './modelDialects/chat.ts';
import { gemini } from './modelDialects/gemini.ts';
import { responses } from './modelDialects/responses.ts';
import type { Plan, ToolCall } from './modelPlan.ts';

/** What a request asks, whatever its API. */
export interface Question {
  readonly model: string | undefined;
  readonly userText: string;
  readonly afterTool: boolean;
  readonly tools: readonly string[];
  /** Whether the answer shall come piece by piece. */
  readonly stream: boolean;
  /** The request itself, for what only its own API needs. */
  readonly body: unknown;
}

/** An answer that is sent piece by piece. */
export interface Stream {
  text(piece: string): void;
  /** Ends the message, with a tool call where there is one. */
  end(tool: ToolCall | undefined): void;
}

export interface Dialect {
  readonly name: 'anthropic' | 'responses' | 'chat' | 'gemini';
  readonly path: RegExp;
  read(body: unknown, path: string): Question;
  failure(status: number): unknown;
  whole(question: Question, plan: Plan): unknown;
  begin(question: Question, write: (text: string) => void): Stream;
}

const dialects: readonly Dialect[] = [anthropic, responses, chat, gemini];

export function dialectOf(path: string): Dialect | undefined {
  return dialects.find((dialect) => dialect.path.test(path));
}
