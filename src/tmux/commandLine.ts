// tmux commands as lines of the control protocol, which is read by lines and has a grammar of its own (tmux(1), COMMAND PARSING AND EXECUTION).
import { AgentsError } from '../base/errors.ts';

const plain = /^[A-Za-z0-9_@%/:=+,.-]+$/;

/** One word, quoted so that tmux reads it back byte for byte. Throws `bad-input` for NUL, which no tmux command can hold. */
export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new AgentsError('bad-input', 'Text with a NUL character cannot be given to tmux.');
  if (plain.test(word) && !word.startsWith('%')) return word;
  // A `~` at the start is expanded even between double quotes.
  return `"${word.replace(/["\\$]/g, '\\$&').replace(/[\u0001-\u001f\u007f~]/g, octal)}"`;
}

/** One command as a line without its newline. */
export function commandLine(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

/** Several commands that tmux runs one after the other without anything in between; the first failure ends them. */
export function sequenceLine(commands: readonly (readonly string[])[]): string {
  return commands.map(commandLine).join(' ; ');
}

/** Text for an argument that tmux expands as a format: `#` stands for itself. A run of them before `[` (a style) tmux leaves as it is. */
export function literalFormat(text: string): string {
  return text.replace(/#+(\[?)/g, (run, bracket: string) => (bracket === '' ? run + run : run));
}

/** The name a session asked to be called `name` gets: what targets are made of becomes `_`. Throws `bad-input` for an empty name or one with NUL. */
export function sessionName(name: string): string {
  checkName(name);
  // What cannot be printed, and the `$` of a variable, tmux would escape and so change the name; the joiner is a part of emoji.
  return name.replace(/[:.\\]|\$(?=[A-Za-z_{])|(?!\u200d)\p{C}/gu, '_').replace(/^[$@%~!+^{=-]/, '_');
}

/** A window's name as tmux can hold it: one line of what can be printed. Throws `bad-input` for an empty name or one with NUL. */
export function windowName(name: string): string {
  checkName(name);
  return name.replace(/(?!\u200d)\p{C}/gu, '_');
}

function checkName(name: string): void {
  if (name === '') throw new AgentsError('bad-input', 'A tmux session or window needs a name.');
  if (name.includes('\0')) throw new AgentsError('bad-input', 'A tmux session or window cannot have a NUL character in its name.');
}

function octal(character: string): string {
  return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
}
