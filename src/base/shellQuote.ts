// Quoting argv into one line for a POSIX shell: the only door from argv to shell text.

const plain = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;

/** One word, quoted so that sh, bash and zsh read it back byte for byte. A leading `=` is quoted too: zsh would expand it. */
export function shellQuote(word: string): string {
  return plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** All words, each quoted, separated by spaces. */
export function shellJoin(argv: readonly string[]): string {
  return argv.map(shellQuote).join(' ');
}
