// Programs that only run another one, and how their own words end: data, with one parser for all of them.
import type { ShellWord } from '../shellReading.ts';

export interface Wrapper {
  /** Options that take the next word, where they do not hold it themselves. */
  readonly values?: readonly string[];
  /** Options that take none. Any other option makes the rest uncertain. */
  readonly flags?: RegExp;
  /** How many words of its own come before the command. */
  readonly operands?: number;
  /** `NAME=value` words come before the command. */
  readonly assigns?: true;
  /** It changes nothing of what the command may do: an allowlist looks at the command alone. */
  readonly transparent: boolean;
  /** It adds words that the line does not show. */
  readonly adds?: true;
  /** With one of these it runs nothing. */
  readonly looks?: RegExp;
}

const plain = { transparent: true } as const;
const elevated = { transparent: false } as const;

export const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  env: { ...plain, assigns: true, values: ['-u', '--unset', '-C', '--chdir'], flags: /^(?:-i|--ignore-environment|-0|--null|-)$/ },
  nohup: plain,
  setsid: { ...plain, flags: /^-[cfw]+$/ },
  time: { ...plain, flags: /^-[pv]+$/, values: ['-f', '-o'] },
  nice: { ...plain, values: ['-n', '--adjustment'], flags: /^(?:-\d+|-n-?\d+)$/ },
  ionice: { ...plain, values: ['-c', '-n', '--class', '--classdata'], flags: /^(?:-t|-[cn]\d)$/ },
  timeout: { ...plain, operands: 1, values: ['-k', '--kill-after', '-s', '--signal'], flags: /^(?:-v|--verbose|--foreground|--preserve-status|-k\S+|-s\S+)$/ },
  stdbuf: { ...plain, values: ['-i', '-o', '-e'], flags: /^-[ioe]\S+$/ },
  command: { ...plain, flags: /^-p$/, looks: /^-p?[vV]$/ },
  builtin: plain,
  exec: { ...plain, values: ['-a'], flags: /^-[cl]+$/ },
  noglob: plain,
  nocorrect: plain,
  busybox: plain,
  toybox: plain,
  chronic: plain,
  sudo: { ...elevated, assigns: true, values: ['-u', '-g', '-h', '-p', '-C', '-T', '-r', '-t', '-D', '-R', '--user', '--group', '--host', '--prompt', '--chdir'], flags: /^(?:-[AbEHknPSis]+|--preserve-env|--set-home|--non-interactive|--stdin|--login|--shell)$/ },
  doas: { ...elevated, values: ['-u', '-C'], flags: /^-[nLs]+$/ },
  run0: { ...elevated, values: ['-u', '--user', '-g', '--group'] },
  pkexec: { ...elevated, values: ['--user'], flags: /^--(?:disable-internal-agent|keep-cwd)$/ },
  chroot: { ...elevated, operands: 1 },
  xargs: {
    ...elevated,
    adds: true,
    values: ['-I', '-i', '-n', '-L', '-P', '-s', '-d', '-E', '-a', '--max-args', '--max-procs', '--max-lines', '--replace', '--delimiter', '--arg-file', '--max-chars', '--eof'],
    flags: /^(?:-[0rtpxo]+|-[InLPsdE]\S+|--null|--no-run-if-empty|--verbose|--interactive|--exit|--open-tty)$/,
  },
};

export interface Unwrapped {
  /** The words of the command that runs; empty where none does. */
  readonly words: readonly ShellWord[];
  /** The variables that are set for it. */
  readonly assigns: readonly string[];
  /** False: where the command begins is not certain. */
  readonly exact: boolean;
}

const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=/s;

/** Undefined where the wrapper runs nothing. `words` begin with the wrapper's own name. */
export function unwrap(wrapper: Wrapper, words: readonly ShellWord[]): Unwrapped | undefined {
  const assigns: string[] = [];
  let operands = wrapper.operands ?? 0;
  let exact = true;
  let options = true;
  let index = 1;
  for (; index < words.length; index++) {
    const { text, plain: certain } = words[index] ?? { text: '', plain: false };
    const [, name] = ASSIGNMENT.exec(text) ?? [];
    if (!certain && (operands > 0 || options)) exact &&= name !== undefined;
    if (options && text === '--') options = false;
    else if (options && text.startsWith('-') && text !== '') {
      if (wrapper.looks?.test(text) === true) return undefined;
      const [option = ''] = text.split('=', 1);
      if (wrapper.values?.includes(text) === true) index++;
      else exact &&= wrapper.flags?.test(text) === true || (text.includes('=') && wrapper.values?.includes(option) === true);
    } else if (wrapper.assigns === true && name !== undefined) assigns.push(name);
    else if (operands > 0) operands--;
    else break;
  }
  const rest = words.slice(index);
  return rest.length === 0 && exact && assigns.length === 0 ? undefined : { words: rest, assigns, exact };
}
