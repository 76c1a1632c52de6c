// Ranges of a CLI's versions, such as ">=2.1.0 <3 || 4.0.x" without the x: just what rule files need.

export type VersionRange = (version: string) => boolean;

type Parts = readonly number[];

/** Comparators (`>=`, `>`, `<=`, `<`, `=`) joined by blanks, alternatives by `||`. Undefined for anything else. A version without numbers is in every range. */
export function versionRange(text: string): VersionRange | undefined {
  const alternatives = text.split('||').map((part) => part.trim().split(/\s+/).map(comparator));
  const known: ((version: Parts) => boolean)[][] = [];
  for (const comparators of alternatives) {
    const all = comparators.filter((one) => one !== undefined);
    if (all.length !== comparators.length) return undefined;
    known.push(all);
  }
  return (version) => {
    const parts = versionParts(version);
    return parts === undefined || known.some((all) => all.every((accepts) => accepts(parts)));
  };
}

/** The first dotted numbers of a text: `2.1.329 (Claude Code)` is 2, 1, 329. */
function versionParts(text: string): Parts | undefined {
  return /\d+(?:\.\d+)*/.exec(text)?.[0].split('.').map(Number);
}

function comparator(text: string): ((version: Parts) => boolean) | undefined {
  const [, operator = '', number] = /^(>=|<=|>|<|=)?(\d+(?:\.\d+){0,3})$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  const wanted = number.split('.').map(Number);
  return (version) => {
    const order = compare(version, wanted);
    switch (operator) {
      case '>=': return order >= 0;
      case '<=': return order <= 0;
      case '>': return order > 0;
      case '<': return order < 0;
      default: return order === 0;
    }
  };
}

function compare(one: Parts, other: Parts): number {
  for (let index = 0; index < Math.max(one.length, other.length); index += 1) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
