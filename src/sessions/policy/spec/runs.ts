// Every simple command that a line would run: wrappers seen through, texts for shells read in their turn. What is not certain is said.
import { isShell, programOf } from '../effectiveCommand.ts';
import { RISKY_VARIABLE } from '../dangers.ts';
import type { ShellCommand, ShellReader, ShellReading, ShellWord } from '../shellReading.ts';
import { opaqueOf } from './opaque.ts';
import { unwrap, WRAPPERS } from './wrappers.ts';

export interface Run {
  readonly command: ShellCommand;
  /** Its name without a folder; empty for a line of assignments. */
  readonly program: string;
  readonly args: readonly string[];
  /** It only runs another command of this list: an allowlist needs not name it. */
  readonly seenThrough: boolean;
  /** More arguments may follow that the line does not show. */
  readonly open: boolean;
  /** Why what it runs in its turn cannot be told, though an allowlist may name the program itself. */
  readonly opaque?: string;
}

export interface Runs {
  readonly runs: readonly Run[];
  /** Half sentences: why something else may run, too. */
  readonly doubts: readonly string[];
}

/** Wrappers within wrappers, and texts within texts, are followed this far. */
const DEPTH = 12;

/** Pure; never throws. */
export function runsOf(reading: ShellReading, read: ShellReader): Runs {
  const walk = new Walk(read);
  walk.reading(reading, 0);
  return { runs: walk.runs, doubts: [...new Set(walk.doubts)] };
}

class Walk {
  readonly runs: Run[] = [];
  readonly doubts: string[] = [];
  readonly #read: ShellReader;

  constructor(read: ShellReader) {
    this.#read = read;
  }

  reading({ commands, doubts }: ShellReading, depth: number): void {
    this.doubts.push(...doubts);
    if (depth > DEPTH) this.doubts.push('it is nested too deep to be read');
    else for (const command of commands) this.#command(command, depth, false);
  }

  #command(command: ShellCommand, depth: number, open: boolean): void {
    const [name, ...rest] = command.words;
    const risky = command.assigns.find((variable) => RISKY_VARIABLE.test(variable));
    if (risky !== undefined) this.doubts.push(`it sets ${risky}, which changes what runs`);
    if (name?.plain === false) this.doubts.push(`which program "${name.text}" is is not certain`);
    const program = programOf(command);
    const args = rest.map(({ text }) => text);
    const seenThrough = name !== undefined && (depth > DEPTH || this.#inner(command, program, depth));
    const opaque = opaqueOf(program, args);
    if (opaque !== undefined && !opaque.named) this.doubts.push(opaque.doubt);
    this.runs.push({ command, program, args, seenThrough, open, ...(opaque?.named === true ? { opaque: opaque.doubt } : {}) });
  }

  /** Goes on to what the command runs. True where it does no more than that. */
  #inner(command: ShellCommand, program: string, depth: number): boolean {
    const { words } = command;
    if (program === 'eval') return this.#text(joined(words.slice(1)), depth);
    if (program === 'trap') return this.#text(words.slice(1).find(({ text }) => text !== '--' && text !== '-'), depth) && false;
    if (program === 'alias') {
      for (const { text, plain } of words.slice(1)) this.#text({ text: text.slice(text.indexOf('=') + 1), plain }, depth);
      if (words.length > 1) this.doubts.push('it defines an alias');
      return false;
    }
    if (isShell(program)) return this.#shell(command, depth);
    if (program === 'find') return this.#find(command, depth);
    const wrapper = Object.hasOwn(WRAPPERS, program) ? WRAPPERS[program] : undefined;
    if (wrapper === undefined) return false;
    const split = program === 'env' ? words.findIndex(({ text }) => /^(?:-[iv0]*S|--split-string)/.test(text)) : -1;
    if (split !== -1) this.doubts.push('env splits a text into a command');
    const unwrapped = unwrap(wrapper, words);
    if (unwrapped === undefined) return false;
    if (!unwrapped.exact) this.doubts.push(`what ${program} runs is not certain`);
    const inner: ShellCommand = { ...command, words: unwrapped.words, assigns: unwrapped.assigns, redirects: [] };
    this.#command(inner, depth + 1, wrapper.adds === true);
    if (depth + 1 > DEPTH) this.doubts.push('it is nested too deep to be read');
    return wrapper.transparent && unwrapped.exact && unwrapped.words.length > 0;
  }

  #shell({ words, texts, fedBy, redirects, fedByText }: ShellCommand, depth: number): boolean {
    const flag = words.findIndex(({ text }, index) => index > 0 && /^[-+][a-zA-Z]*c[a-zA-Z]*$/.test(text));
    const before = words.slice(1, flag === -1 ? undefined : flag);
    const options = before.every(({ text, plain }) => plain && /^(?:-[a-bd-zA-Z]+|--(?:norc|noprofile|posix|login|restricted))$/.test(text) && !/^-[a-z]*[oO]/.test(text));
    if (flag !== -1) {
      // `-c -e TEXT`: the text is the first word that is no option.
      const text = words.slice(flag + 1).find((word) => !/^[-+]/.test(word.text));
      if (!options) this.doubts.push('how a shell reads its options is not certain');
      return this.#text(text ?? { text: '', plain: false }, depth);
    }
    if (options && fedByText && texts.length > 0 && fedBy.length === 0) return texts.map((text) => this.#text(text, depth)).every(Boolean);
    // Alone it waits for what is typed: of that no hook is told (Codex's write_stdin).
    const alone = words.length === 1 && fedBy.length === 0 && redirects.length === 0 && !fedByText;
    this.doubts.push(alone ? 'a shell runs what is typed into it' : 'a shell runs a text or a file that cannot be read here');
    return false;
  }

  #find(command: ShellCommand, depth: number): boolean {
    const { words } = command;
    words.forEach(({ text }, index) => {
      if (!/^-(?:exec|ok)(?:dir)?$/.test(text)) return;
      const rest = words.slice(index + 1);
      const end = rest.findIndex((word) => word.text === ';' || word.text === '+' || word.text === '\\;');
      this.#command({ ...command, words: end === -1 ? rest : rest.slice(0, end), assigns: [], redirects: [] }, depth + 1, true);
    });
    return false;
  }

  #text(word: ShellWord | undefined, depth: number): boolean {
    if (word === undefined) return true;
    if (!word.plain) this.doubts.push('a text that it runs is made while it runs');
    this.reading(this.#read(word.text), depth + 1);
    return word.plain;
  }
}

function joined(words: readonly ShellWord[]): ShellWord | undefined {
  return words.length === 0 ? undefined : { text: words.map(({ text }) => text).join(' '), plain: words.every(({ plain }) => plain) };
}
