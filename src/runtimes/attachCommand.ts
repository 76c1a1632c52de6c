// The command a terminal runs to show an agent: an argv array that also knows its quoted one-line form.
import { shellJoin } from '../base/shellQuote.ts';

/** argv, frozen. `String(command)` and template literals give a line that a POSIX shell reads back as the same argv. */
export type AttachCommand = readonly string[] & { toString(): string };

export function attachCommand(argv: readonly string[]): AttachCommand {
  const command = [...argv];
  Object.defineProperty(command, 'toString', { value: () => shellJoin(argv) });
  return Object.freeze(command);
}
