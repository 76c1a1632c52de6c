// Sees through programs that only run another one: `sudo`, `env`, `timeout`, `xargs`, `sh -c TEXT`.
import { posix } from 'node:path';
import type { ShellCommand, ShellReader, ShellReading } from './shellReading.ts';

const WRAPPERS = new Set(['sudo', 'doas', 'env', 'nohup', 'nice', 'ionice', 'stdbuf', 'setsid', 'time', 'timeout', 'command', 'builtin', 'exec', 'xargs', 'busybox', 'chroot', 'unshare', 'flock', 'watch', 'parallel', 'noglob', 'nocorrect']);
const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'ash', 'fish']);
/** Wrappers within wrappers, and texts within texts, are followed this far. */
const DEPTH = 5;

/** The program's name without its folder: `/usr/bin/rm` is `rm`. Backslashes before it only switch aliases off. */
export function programOf(command: ShellCommand): string {
  return posix.basename(command.words[0]?.text.replace(/^\\+/, '') ?? '');
}

/** True for the shells that run what they are given. */
export function isShell(program: string): boolean {
  return SHELLS.has(program);
}

/** The command, and each that it may run in its turn. Guesses on the side of more: it is for warnings, never for permissions. */
export function commandsWithin(reading: ShellReading, read: ShellReader, depth = 0): readonly ShellCommand[] {
  return reading.commands.flatMap((command) => [command, ...(depth < DEPTH ? runBy(command, read, depth) : [])]);
}

function runBy(command: ShellCommand, read: ShellReader, depth: number): readonly ShellCommand[] {
  const program = programOf(command);
  if (isShell(program) || program === 'eval' || program === 'su') {
    const text = program === 'eval' ? command.words.slice(1).map((word) => word.text).join(' ') : textOf(command);
    return text === undefined ? [] : commandsWithin(read(text), read, depth + 1);
  }
  const starts = program === 'find' ? afterExec(command) : WRAPPERS.has(program) ? afterOptions(command) : [];
  return starts.flatMap((start) => {
    const inner: ShellCommand = { ...command, words: command.words.slice(start), redirects: [] };
    return [inner, ...(depth + 1 < DEPTH ? runBy(inner, read, depth + 1) : [])];
  });
}

/** The text that a shell is given with `-c`, alone or among other letters. */
function textOf(command: ShellCommand): string | undefined {
  const flag = command.words.findIndex((word, index) => index > 0 && /^-[a-zA-Z]*c[a-zA-Z]*$/.test(word.text));
  return flag === -1 ? undefined : command.words[flag + 1]?.text;
}

/** Where the wrapped command may begin: which of a wrapper's options take a word of their own is not known, so several are tried. */
function afterOptions(command: ShellCommand): readonly number[] {
  const starts: number[] = [];
  for (let index = 1; index < command.words.length && starts.length < 4; index++) {
    const word = command.words[index]?.text ?? '';
    if (word.startsWith('-') || /^[A-Za-z_][A-Za-z0-9_]*=/.test(word) || /^[\d.]+[smhd]?$/.test(word)) continue;
    starts.push(index);
  }
  return starts;
}

function afterExec(command: ShellCommand): readonly number[] {
  return command.words.flatMap((word, index) => (/^-(?:exec|ok)(?:dir)?$/.test(word.text) && index + 1 < command.words.length ? [index + 1] : []));
}
