// Which words of a command name what it writes, makes or takes away: a table, with one parser for all of its programs.
import { posix } from 'node:path';
import { isLong } from '../dangers.ts';
import type { ShellCommand, ShellWord } from '../shellReading.ts';

interface Writer {
  /** Which operands are written; `settings`: only what stands behind a name and `=`. */
  readonly operands: 'last' | 'all' | 'settings';
  /** Letters of options that take the rest of their word, or the next one. */
  readonly letters?: string;
  /** Letters of options that take the rest of their word only. */
  readonly attached?: string;
  /** Long options that take the next word, where they hold no `=`. */
  readonly longs?: readonly string[];
  /** Long options may not be cut short. */
  readonly whole?: true;
  /** `-t DIR` and `--target-directory`: every operand is put there. A last operand that is a folder is the same. */
  readonly folder?: true;
  /** Options whose value is written, too. */
  readonly outputs?: readonly string[];
  /** Settings (`NAME=PATH`) whose path is written. */
  readonly settings?: readonly string[];
  /** It writes only with one of these. */
  readonly needs?: readonly string[];
  /** The first operand is a text, unless one of these holds it. */
  readonly script?: readonly string[];
  /** With one of these it makes folders of all operands. */
  readonly makes?: readonly string[];
}

const TARGET = ['-t', '--target-directory'] as const;

export const WRITERS: Readonly<Record<string, Writer>> = {
  cp: { operands: 'last', letters: 'tS', longs: ['--target-directory', '--suffix', '--sparse', '--no-preserve'], folder: true },
  // What is moved is gone from where it was.
  mv: { operands: 'all', letters: 'tS', longs: ['--target-directory', '--suffix'], folder: true },
  install: { operands: 'last', letters: 'tSmog', longs: ['--target-directory', '--suffix', '--mode', '--owner', '--group', '--strip-program'], folder: true, makes: ['-d', '--directory'] },
  ln: { operands: 'last', letters: 'tS', longs: ['--target-directory', '--suffix'], folder: true },
  tee: { operands: 'all' },
  touch: { operands: 'all', letters: 'rdt', longs: ['--reference', '--date', '--time'] },
  truncate: { operands: 'all', letters: 'rs', longs: ['--reference', '--size'] },
  mkdir: { operands: 'all', letters: 'm', longs: ['--mode'] },
  rmdir: { operands: 'all' },
  dd: { operands: 'settings', settings: ['of'] },
  sed: { operands: 'all', letters: 'efl', attached: 'i', longs: ['--expression', '--file', '--line-length'], needs: ['-i', '--in-place'], script: ['-e', '-f', '--expression', '--file'] },
  rsync: {
    operands: 'last',
    letters: 'efBTM@',
    longs: ['exclude', 'include', 'exclude-from', 'include-from', 'files-from', 'filter', 'rsh', 'rsync-path', 'backup-dir', 'suffix', 'temp-dir', 'partial-dir', 'compare-dest', 'copy-dest', 'link-dest', 'chmod', 'chown', 'usermap', 'groupmap', 'log-file', 'log-file-format', 'out-format', 'bwlimit', 'timeout', 'contimeout', 'max-size', 'min-size', 'max-delete', 'block-size', 'modify-window', 'compress-level', 'compress-choice', 'checksum-choice', 'checksum-seed', 'skip-compress', 'password-file', 'port', 'address', 'sockopts', 'remote-option', 'write-batch', 'only-write-batch', 'read-batch', 'iconv', 'info', 'debug', 'stop-at', 'stop-after', 'protocol', 'outbuf'].map((name) => `--${name}`),
    whole: true,
    outputs: ['-T', '--temp-dir', '--backup-dir', '--partial-dir', '--log-file', '--write-batch', '--only-write-batch'],
  },
};

/** More alternatives than this are not spelled out. */
const ALTERNATIVES = 64;
/** A file of another machine: it is none of this place. */
const REMOTE = /^[^/]*:/;

interface Parsed {
  readonly operands: readonly ShellWord[];
  /** By their names as the table has them; `value` is undefined where an option takes none. */
  readonly options: readonly { readonly name: string; readonly value: string | undefined }[];
}

/** Paths as they are written, in no order; one that holds `$` or a backtick is not certain. Empty for programs that the table does not have. */
export function writtenWords(program: string, command: ShellCommand): readonly string[] {
  const writer = Object.hasOwn(WRITERS, program) ? WRITERS[program] : undefined;
  if (writer === undefined) return [];
  const { operands, options } = parsed(writer, command.words.slice(1));
  const has = (names: readonly string[]): boolean => options.some(({ name }) => names.includes(name));
  if (writer.needs !== undefined && !has(writer.needs)) return [];
  const outputs = options.flatMap(({ name, value }) => (value !== undefined && writer.outputs?.includes(name) === true ? [value] : []));
  const files = writer.script === undefined || has(writer.script) ? operands : operands.filter(({ text }) => text !== '').slice(1);
  const written = writer.makes !== undefined && has(writer.makes) ? files.map(({ text }) => text) : ofOperands(writer, files, options);
  return [...new Set([...outputs, ...written])].filter((path) => path !== '' && !(program === 'rsync' && REMOTE.test(path)));
}

/** Where `mv` moves to. Undefined where the line does not show it. */
export function movedTo(command: ShellCommand): { readonly path: string; readonly plain: boolean; readonly isFolder: boolean } | undefined {
  const { operands, options } = parsed(WRITERS['mv'] ?? { operands: 'all' }, command.words.slice(1));
  const target = options.find(({ name }) => isTarget(name))?.value;
  if (target !== undefined) return { path: target, plain: true, isFolder: true };
  const last = operands.at(-1);
  return last === undefined || (operands.length === 1 && last.plain) ? undefined : { path: last.text, plain: last.plain, isFolder: false };
}

function ofOperands({ operands: which, folder, settings }: Writer, operands: readonly ShellWord[], options: Parsed['options']): readonly string[] {
  if (which === 'settings') return operands.flatMap(({ text }) => (settings ?? []).flatMap((name) => (text.startsWith(`${name}=`) ? [text.slice(name.length + 1)] : [])));
  const texts = operands.map(({ text }) => text);
  const target = folder === true ? options.find(({ name }) => isTarget(name))?.value : undefined;
  const [last, sources] = target === undefined ? [texts.at(-1), operands.slice(0, -1)] : [target, operands];
  if (last === undefined) return [];
  const all = which === 'all' ? texts : [];
  if (folder !== true) return which === 'all' ? all : texts.length > 1 ? [last] : [];
  // `ln PATH` makes a link here; the others do nothing with one operand.
  if (sources.length === 0) return [...all, ...(target === undefined && texts.length === 1 ? [posix.basename(last)] : [last])];
  const isFolder = target !== undefined || sources.length > 1 || /(?:^|\/)\.{0,2}$/.test(last);
  const inside = isFolder ? sources.flatMap(({ text, plain }) => (plain && !/^\.{0,2}$/.test(posix.basename(text)) ? [`${last.replace(/(?<=.)\/+$/, '')}/${posix.basename(text)}`] : [])) : [];
  return [...all, last, ...inside];
}

function parsed(writer: Writer, words: readonly ShellWord[]): Parsed {
  const all = words.flatMap(alternatives);
  const operands: ShellWord[] = [];
  const options: { name: string; value: string | undefined }[] = [];
  let ended = false;
  for (let index = 0; index < all.length; index++) {
    const word = all[index] ?? { text: '', plain: false };
    const { text } = word;
    if (ended || !text.startsWith('-') || text === '-') operands.push(word);
    else if (text === '--') ended = true;
    else if (text.startsWith('--')) {
      const equals = text.indexOf('=');
      const given = equals === -1 ? text : text.slice(0, equals);
      const known = [...(writer.longs ?? []), ...(writer.needs ?? []), ...(writer.makes ?? [])].filter((long) => long.startsWith('--'));
      const name = known.find((long) => long === given) ?? (writer.whole === true ? undefined : known.find((long) => isLong(given, long))) ?? given;
      const value = equals !== -1 ? text.slice(equals + 1) : writer.longs?.includes(name) === true ? all[++index]?.text : undefined;
      options.push({ name, value });
    } else {
      for (let at = 1; at < text.length; at++) {
        const letter = text.charAt(at);
        const takes = writer.letters?.includes(letter) === true;
        const rest = text.slice(at + 1);
        options.push({ name: `-${letter}`, value: takes ? (rest === '' ? all[++index]?.text : rest) : undefined });
        if (takes || writer.attached?.includes(letter) === true) break;
      }
    }
  }
  return { operands, options };
}

function isTarget(name: string): boolean {
  return TARGET.some((target) => target === name);
}

/** What the shell makes of `{a,b}`, without the quotes of a word that is not certain. */
function alternatives({ text, plain }: ShellWord): readonly ShellWord[] {
  if (plain) return [{ text, plain }];
  const done: string[] = [];
  const open = [text.replace(/[\\'"]/g, '')];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [group, inner = ''] = /(?<!\$)\{([^{},]*,[^{}]*)\}/.exec(next) ?? [];
    if (group === undefined) done.unshift(next);
    else {
      const [before = '', ...after] = next.split(group);
      for (const one of inner.split(',')) open.push(`${before}${one}${after.join(group)}`);
    }
    if (done.length + open.length > ALTERNATIVES) return [{ text: `$${text}`, plain }];
  }
  return done.map((one) => ({ text: one, plain }));
}
