// What the command says: text for people or one JSON value, answers on stdout, everything else on stderr.
import { styleText } from 'node:util';
import { asAgentsError, type AgentsError } from '../base/errors.ts';
import { bidiMarks } from './plainText.ts';

export interface ErrorReport {
  readonly reason: string;
  readonly message: string;
  readonly hint?: string;
}

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** One command's voice. With `json` stdout carries exactly one JSON value and stderr stays for warnings. */
export class Output {
  readonly json: boolean;
  readonly #stdout: Stream;
  readonly #stderr: Stream;

  constructor(json: boolean, streams: { readonly stdout: Stream; readonly stderr: Stream }) {
    this.json = json;
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
  }

  /** Columns of the terminal that reads the answer; undefined when it goes elsewhere, or to a terminal that does not know (it says 0). */
  get columns(): number | undefined {
    return this.#stdout.isTTY === true ? this.#stdout.columns || undefined : undefined;
  }

  /** The answer: `value` as JSON, or what `text` makes for people. */
  answer(value: unknown, text: () => string): void {
    const answer = this.json ? JSON.stringify(value, undefined, 2) : text();
    if (answer !== '') this.#stdout.write(answer.endsWith('\n') ? answer : `${answer}\n`);
  }

  /** Something a person may want to know on the way; nobody parses it. */
  note(text: string): void {
    this.#stderr.write(`${printable(text)}\n`);
  }

  /** A step of something that takes time: only shown to a person who waits. */
  progress(text: string): void {
    if (!this.json && this.#stderr.isTTY === true) this.note(this.paint('dim', text, this.#stderr));
  }

  /** What went wrong beside the answer, which holds all the same. */
  warn({ message, hint }: AgentsError): void {
    this.note(`${this.paint('yellow', 'warning:', this.#stderr)} ${printable(message)}${hint === undefined ? '' : `\n  ${printable(hint)}`}`);
  }

  fail(error: unknown): void {
    const known = asAgentsError(error);
    if (this.json) this.answer({ error: reportOf(known) }, () => '');
    else this.note([`${this.paint('red', 'error:', this.#stderr)} ${printable(known.message)}`, ...(known.hint === undefined ? [] : [`  ${printable(known.hint)}`])].join('\n'));
  }

  paint(style: Parameters<typeof styleText>[0], text: string, stream: Stream = this.#stdout): string {
    const colours = stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
    return colours ? styleText(style, text, { validateStream: false }) : text;
  }
}

export function reportOf(error: AgentsError): ErrorReport {
  return { reason: error.reason, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

/** Without characters that could drive the reader's terminal or turn its direction; newlines and our own colours stay. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[[0-9;]*m)/g, '').replace(bidiMarks, '');
}
