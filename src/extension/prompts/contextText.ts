// What a prompt says of files, selections and problems of the editor, in words that agents understand. Pure.
import { isAbsolute, relative, sep } from 'node:path';

/** Where an agent finds a file: relative to the folder it works in, else its path on the machine, undefined where it cannot see it. */
export function pathFor(file: string, { workingDirectory, isolated }: { readonly workingDirectory: string; readonly isolated: boolean }): string | undefined {
  const path = relative(workingDirectory, file);
  if (path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path)) return path.split(sep).join('/');
  return isolated ? undefined : file;
}

/** CLIs that read `@path` in a prompt as that file. */
const READS_AT: ReadonlySet<string> = new Set(['claude', 'codex', 'gemini', 'opencode', 'qwen', 'copilot']);

/** `@src/a.ts` where the agent's CLI knows that and the path has no blanks, else the path in backticks. */
export function mention(path: string, aiProvider: string): string {
  return READS_AT.has(aiProvider) && !/[\s"'\\]/.test(path) ? `@${path}` : inBackticks(path);
}

export interface Excerpt {
  /** As the agent sees it, or the file's name where it does not. */
  readonly path: string;
  /** From 1; undefined for the whole file. */
  readonly lines?: readonly [first: number, last: number];
  /** VS Code's language id. */
  readonly language: string;
  readonly text: string;
}

/** The text itself, with where it is from. */
export function excerpt({ path, lines, language, text }: Excerpt): string {
  const place = lines === undefined ? '' : lines[0] === lines[1] ? `:${lines[0]}` : `:${lines[0]}-${lines[1]}`;
  // A fence that nothing in the text ends.
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${inBackticks(`${path}${place}`)}:\n${fence}${/^[\w+#.-]+$/.test(language) ? language : ''}\n${text.replace(/\r?\n$/, '')}\n${fence}`;
}

export interface Problem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning' | 'information' | 'hint';
  readonly message: string;
  /** `ts`, and the code that the tool gives it: `2304`. */
  readonly source?: string | undefined;
  readonly code?: string | undefined;
}

/** One line for each: where, how bad, what, who says so. */
export function problemList(path: string, problems: readonly Problem[]): string {
  const told = problems.map(({ line, column, severity, message, source, code }) => {
    const by = [source, code].filter((part) => part !== undefined && part !== '').join(' ');
    return `- ${path}:${line}:${column}: ${severity}: ${message.replace(/\s*\n\s*/g, ' ')}${by === '' ? '' : ` (${by})`}`;
  });
  return `Problems in ${inBackticks(path)}:\n${told.join('\n')}`;
}

/** What the person wants, then what it is about. */
export function withRequest(request: string, context: string): string {
  return request.trim() === '' ? context : `${request.trimEnd()}\n\n${context}`;
}

function inBackticks(text: string): string {
  return text.includes('`') ? text : `\`${text}\``;
}
