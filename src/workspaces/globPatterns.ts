// VS Code's globs as patterns of git: braces are written out, and a glob is about the whole path.

/** More braces than this are no glob that somebody wrote: they are taken as they stand. */
const MOST_BRACES = 6;

/** Each glob as the patterns, in the syntax of .gitignore, that match the same paths. */
export function globsAsPatterns(globs: readonly string[]): string[] {
  return globs
    .map((glob) => glob.trim().replace(/^\.?\//, ''))
    .filter((glob) => glob !== '' && !glob.includes('\n'))
    .flatMap((glob) => (glob.split('{').length > MOST_BRACES + 1 ? [glob] : withoutBraces(glob)))
    .map((glob) => `/${glob}`);
}

function withoutBraces(glob: string): string[] {
  const open = glob.indexOf('{');
  const close = open < 0 ? -1 : closing(glob, open);
  if (close < 0) return [glob];
  const before = glob.slice(0, open);
  const after = withoutBraces(glob.slice(close + 1));
  return alternatives(glob.slice(open + 1, close)).flatMap((one) => withoutBraces(one).flatMap((middle) => after.map((rest) => before + middle + rest)));
}

function closing(glob: string, open: number): number {
  let depth = 0;
  for (let at = open; at < glob.length; at++) {
    if (glob[at] === '{') depth++;
    else if (glob[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

function alternatives(inner: string): string[] {
  const found = [''];
  let depth = 0;
  for (const letter of inner) {
    if (letter === ',' && depth === 0) found.push('');
    else {
      depth += letter === '{' ? 1 : letter === '}' ? -1 : 0;
      found.push((found.pop() ?? '') + letter);
    }
  }
  return found;
}
