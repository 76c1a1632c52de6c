// Takes secrets out of texts that are kept: keys and tokens by their looks, and what is given to options and variables named after secrets.

const REMOVED = '[removed]';
const patterns: readonly (readonly [RegExp, string])[] = [
  // Keys and tokens that show what they are.
  [/\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}/g, REMOVED],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|npm_|pypi-|hf_|dop_v1_|AIza|ya29\.|AKIA|ASIA|SG\.)[A-Za-z0-9_.-]{12,}/g, REMOVED],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g, REMOVED],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REMOVED],
  // Headers, addresses with a password, options and variables.
  [/\b(authorization\s*[:=]\s*["']?(?:bearer|basic|token)?\s*)[^\s"']+/gi, `$1${REMOVED}`],
  [/\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi, `$1${REMOVED}`],
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi, `$1${REMOVED}@`],
  [/((?:^|[\s"'{,;&])[\w.-]*(?:api[_-]?key|access[_-]?key|secret|token|passwd|password|passphrase|credential)[\w.-]*["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s"',;&|]+)/gi, `$1${REMOVED}`],
  [/(\s--?(?:[\w-]*(?:password|passphrase|token|secret|api-key|apikey))[ =])("[^"]*"|'[^']*'|\S+)/gi, `$1${REMOVED}`],
  [/(\s(?:-u|--user)[ =]?)([^\s:]+):(\S+)/g, `$1$2:${REMOVED}`],
];

/** Removes too much rather than too little; what is no secret may go as well. */
export function scrubSecrets(text: string): string {
  return patterns.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}
