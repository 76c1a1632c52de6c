// The form of a command pattern, without the schema around it: for what loads no schemas.

/** Why a text is no command pattern; undefined when it is one. */
export function patternFault(pattern: string): string | undefined {
  if (pattern.trim() === '') return 'must name a command';
  if (/[;|&<>()$`"'\\\n\r]/.test(pattern)) return 'is one simple command, without quotes, pipes, lists or redirections: name each command of a line by itself';
  if (/^\s*\S*\*/.test(pattern)) return 'must begin with the whole name of a program';
  return undefined;
}
