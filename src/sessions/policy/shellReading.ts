// What a shell command line would run, read by a real grammar: every simple command of it, in pipes, lists, subshells and substitutions.
import * as Unbash from 'unbash';

export interface ShellWord {
  /** As the program would get it, where that is certain; as it is written otherwise. */
  readonly text: string;
  /** True where the text is certain: no expansion, no pattern, nothing that another shell would read differently. */
  readonly plain: boolean;
}

export interface ShellRedirect {
  /** `>`, `>>`, `<`, `2>&1` as `>&`, ... */
  readonly operator: string;
  readonly target: ShellWord | undefined;
}

export interface ShellCommand {
  /** The program's name and its arguments; empty for a line of assignments. */
  readonly words: readonly ShellWord[];
  /** Names of the variables that are set for it, or by it. */
  readonly assigns: readonly string[];
  readonly redirects: readonly ShellRedirect[];
  /** The names, as written, of the programs before it in its pipe. */
  readonly fedBy: readonly string[];
  /** True where a text that the line itself holds (a here-document, a here-string) is its input. */
  readonly fedByText: boolean;
  /** Those texts: what a shell that gets them would run. */
  readonly texts: readonly ShellWord[];
  /** True inside of `$(...)` and `<(...)`: what it prints becomes part of another command. */
  readonly substituted: boolean;
}

export interface ShellReading {
  readonly commands: readonly ShellCommand[];
  /** Why what runs cannot be told for certain: half sentences for people. Never empty for text that is no shell command. */
  readonly doubts: readonly string[];
}

export type ShellReader = (source: string) => ShellReading;

/** Longer command lines are not read. In UTF-16 code units. */
const LONGEST = 20_000;
/** Invisible, direction-changing or space-like characters: what people see is not what runs. Tab, newline and space are fine. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff]|[\u{e0000}-\u{e0fff}]/u;
/** Two words without an operator between them, or what no calculation holds. */
const NO_SUM = /[\w)\]'"]\s+[\w$'"\\./-]*[A-Za-z'"\\./]|[;'"\\\n`]/;
const UNREADABLE: ReadonlyMap<string, string> = new Map([
  ['Function', 'it defines a function'],
  ['Coproc', 'it starts a coprocess'],
  ['Select', 'it asks at the terminal'],
  ['ArithmeticFor', 'it calculates'],
  ['ArithmeticCommand', 'it calculates'],
  ['TestCommand', 'it holds a test expression'],
]);

/** Pure; never throws. */
export function readShell(source: string): ShellReading {
  if (source.length > LONGEST) return { commands: [], doubts: ['it is too long to be read'] };
  const doubts: string[] = [];
  const hidden = HIDDEN.exec(source)?.[0];
  if (hidden !== undefined) doubts.push(`it holds a hidden character (U+${(hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')})`);
  if (source.trim() === '') doubts.push('it is empty');
  const walk = new Walk(doubts);
  walk.script(Unbash.parse(source));
  return { commands: walk.commands, doubts: [...new Set(doubts)] };
}

/** One pass over a syntax tree; what it finds is in `commands`. */
class Walk {
  readonly commands: ShellCommand[] = [];
  readonly #doubts: string[];
  #substitutions = 0;

  constructor(doubts: string[]) {
    this.#doubts = doubts;
  }

  script(script: Unbash.ParsedScript): void {
    const [error] = script.errors ?? [];
    if (error !== undefined) this.#doubts.push(`it is no complete shell command (${error.message})`);
    Unbash.forEachChild(script, (child) => this.#visit(child, []));
  }

  #visit(node: Unbash.SyntaxNode, fedBy: readonly string[]): void {
    const doubt = UNREADABLE.get(node.type);
    if (doubt !== undefined) this.#doubts.push(doubt);
    // Where it is no calculation, `$((` and `((` begin a subshell.
    if ((node.type === 'ArithmeticExpansion' || node.type === 'ArithmeticCommand') && NO_SUM.test(node.type === 'ArithmeticCommand' ? node.body : node.text)) this.#doubts.push('a calculation in it may be a command');
    if (node.type === 'Script') {
      this.#substitutions++;
      this.script(node);
      this.#substitutions--;
      return;
    }
    if (node.type === 'Command') return this.#command(node, fedBy);
    if (node.type === 'Pipeline') return this.#pipeline(node, fedBy);
    // A loop sets its variable, whichever that is.
    if (node.type === 'For') this.#add({ assigns: [node.name.text] });
    if (node.type === 'Redirected') this.#add({ redirects: redirectsOf(node.redirects), fedBy, ...textsOf(node.redirects) });
    const substitutes = node.type === 'CommandExpansion' || node.type === 'ProcessSubstitution' || node.type === 'ArithmeticCommandExpansion';
    if (substitutes && node.script === undefined) this.#doubts.push('a substitution in it cannot be read');
    Unbash.forEachChild(node, (child) => this.#visit(child, fedBy));
  }

  #command(node: Unbash.Command, fedBy: readonly string[]): void {
    this.#add({
      words: [...(node.name === undefined ? [] : [node.name]), ...node.args].map(wordOf),
      assigns: node.prefix.flatMap((part) => (part.type === 'Assignment' ? [part.name] : [])),
      redirects: redirectsOf(node.redirects),
      fedBy,
      ...textsOf(node.redirects),
    });
    // What its words substitute runs too.
    Unbash.forEachChild(node, (child) => this.#visit(child, []));
  }

  #pipeline(node: Unbash.Pipeline, fedBy: readonly string[]): void {
    const before = [...fedBy];
    for (const command of node.commands) {
      const from = this.commands.length;
      this.#visit(command, [...before]);
      before.push(...this.commands.slice(from).flatMap(({ words: [name] }) => (name === undefined ? [] : [name.text])));
    }
  }

  #add(command: Partial<ShellCommand>): void {
    this.commands.push({ words: [], assigns: [], redirects: [], fedBy: [], fedByText: false, texts: [], substituted: this.#substitutions > 0, ...command });
  }
}

function textsOf(redirects: readonly Unbash.Redirection[]): Pick<ShellCommand, 'fedByText' | 'texts'> {
  const texts = redirects.flatMap((redirect): ShellWord[] => {
    if (redirect.type === 'HereDoc') return [{ text: redirect.body.text, plain: redirect.delimiter?.quoted === true || (redirect.body.parts ?? []).every(isPlainPart) }];
    return redirect.type === 'HereString' && redirect.target !== undefined ? [wordOf(redirect.target)] : [];
  });
  return { fedByText: redirects.some(({ type }) => type !== 'Redirect'), texts };
}

function wordOf(argument: Unbash.CommandArgument): ShellWord {
  if (argument.type === 'Assignment') return { text: argument.text, plain: argument.value.type === 'Word' && isPlain(argument.value) && argument.index === undefined };
  const plain = isPlain(argument);
  return { text: plain ? argument.value : argument.text, plain };
}

/** `~`, `=` (zsh: the path of a command) and `!` at the start of a word are no plain text everywhere; nor is what a built-in may evaluate once more. */
function isPlain(word: Unbash.Word): boolean {
  return !/^[~=!]|[:=]~/.test(word.text) && !/\$\(|`|\$\{/.test(word.value) && (word.parts ?? []).every(isPlainPart) && !/(^|[^\\])[*?[\]{}]/.test(unquoted(word));
}

function isPlainPart(part: Unbash.WordPart): boolean {
  if (part.type === 'DoubleQuoted') return part.parts.every((inner) => inner.type === 'Literal');
  return part.type === 'Literal' || part.type === 'SingleQuoted' || part.type === 'AnsiCQuoted';
}

/** The word's text outside of quotes. */
function unquoted(word: Unbash.Word): string {
  return word.parts === undefined ? word.text : word.parts.map((part) => (part.type === 'Literal' ? part.text : '_')).join('');
}

function redirectsOf(redirects: readonly Unbash.Redirection[]): ShellRedirect[] {
  return redirects.flatMap((redirect) => (redirect.type === 'Redirect' ? [{ operator: redirect.operator, target: redirect.target === undefined ? undefined : wordOf(redirect.target) }] : []));
}
