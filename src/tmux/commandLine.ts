// tmux commands as lines of the control protocol, which is read by lines and has a grammar of its own (tmux(1), COMMAND PARSING AND EXECUTION).
import { AgentsError } from '../base/errors.ts';

const plain = /^[A-Za-z0-9_@%/:=+,.-]+$/;

/** One word, quoted so that tmux reads it back byte for byte. Throws `bad-input` for NUL, which no tmux command can hold. */
export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new AgentsError('bad-input', 'Text with a NUL character cannot be given to tmux.');
  if (plain.test(word) && !word.startsWith('%')) return word;
  // A `~` at the start is expanded even between double quotes.
  // eslint-disable-next-line no-control-regex -- control characters are what must be escaped
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

/** Text for an argument that tmux expands as a format: `#` stands for itself. */
export function literalFormat(text: string): string {
  return text.replaceAll('#', '##');
}

/** The name tmux will hold for a session or window asked to be called `name`: what its targets are made of is replaced. Throws `bad-input` for an empty name. */
export function tmuxName(name: string): string {
  if (name === '') throw new AgentsError('bad-input', 'A tmux session or window needs a name.');
  // eslint-disable-next-line no-control-regex -- tmux would escape them, and so change the name
  return name.replace(/[:.\\\u0000-\u001f\u007f-\u009f]/g, '_').replace(/^[$@%~!+^{=-]/, '_');
}

function octal(character: string): string {
  return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
}
