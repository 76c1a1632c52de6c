// Takes out of a recording what tells of its maker: paths, names, keys. Everything keeps its width, so that the screen stays as it was drawn.

export interface Maker {
  /** Absolute paths that are replaced wherever they stand: the home folder, the folder of the agent. */
  readonly paths: readonly string[];
  /** Names of the user and the machine, replaced where they stand alone. */
  readonly names: readonly string[];
  /** Values that are secret: keys of the environment. */
  readonly secrets: readonly string[];
}

/** Keys and tokens that show what they are, and what follows a name that promises one. */
const KEYS = [
  /\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{8,}/g,
  /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|npm_|pypi-|hf_|AIza|ya29\.|AKIA|ASIA)[A-Za-z0-9_.-]{8,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
];
const NAMED = /((?:api[_-]?key|access[_-]?key|secret|token|passwd|password|credential)[\w.-]*["']?\s*[=:]\s*["']?|\bbearer\s+|[a-z][a-z0-9+.-]*:\/\/[^\s:/@]{1,64}:)([^\s"'@,;&]{4,})/gi;
/** The reports of hooks hold a key of the agent and whole prompts. */
const HOOK_REPORT = /(\u001b\]7502;)([^\u0007\u001b]*)/g;
const MESSAGE = /(\u001b\]7501;[^\u0007\u001b]*?msg=)([A-Za-z0-9+/_-]+)/g;
const FEWEST = 3;

/** `text` may hold escape sequences; bytes are given as Latin-1. What a program draws in pieces is not recognised: read a recording before it is shared. */
export function scrubRecording(text: string, maker: Maker): string {
  const plain = scrubPlain(text, maker);
  return plain
    .replace(HOOK_REPORT, (_, start: string, body: string) => start + 'x'.repeat(body.length))
    .replace(MESSAGE, (_, start: string, message: string) => start + Buffer.from(scrubPlain(Buffer.from(message, 'base64').toString('latin1'), maker), 'latin1').toString('base64').slice(0, message.length));
}

function scrubPlain(text: string, { paths, names, secrets }: Maker): string {
  let scrubbed = text;
  for (const secret of secrets.filter((value) => value.length >= 2 * FEWEST)) scrubbed = scrubbed.replaceAll(secret, 'x'.repeat(secret.length));
  for (const key of KEYS) scrubbed = scrubbed.replace(key, (found) => 'x'.repeat(found.length));
  scrubbed = scrubbed.replace(NAMED, (_, name: string, value: string) => name + 'x'.repeat(value.length));
  // The longest first: the folder of the agent is often below the home folder.
  for (const path of [...new Set(paths)].filter((one) => one.length >= FEWEST).sort((one, other) => other.length - one.length)) scrubbed = scrubbed.replaceAll(path, anonymous(path));
  for (const name of names.filter((one) => one.length >= FEWEST && one !== 'root')) scrubbed = scrubbed.replace(new RegExp(`(?<![\\w])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w])`, 'g'), word('user', name.length));
  return scrubbed;
}

/** A path of the same length with the same number of parts. */
function anonymous(path: string): string {
  const words = ['home', 'user', 'work', 'project', 'folder'];
  return path.split('/').map((part, index) => (part === '' ? '' : word(words[(index - 1) % words.length] ?? 'folder', part.length))).join('/');
}

function word(text: string, width: number): string {
  return text.slice(0, width).padEnd(width, 'x');
}
