// Takes secrets out of what is kept and shown: tokens by their looks, and the values of environment variables named after secrets.
// Works on whole texts and on streams, where a secret may come in pieces.

export const REDACTED = '[redacted]';

/** A shape of secrets. `before` says what stands before one and stays; `first` what it begins with, `more` what it goes on with. */
interface Shape {
  readonly before?: string;
  readonly first?: string;
  readonly more: string;
  readonly atLeast: number;
  /** What must follow. */
  readonly then?: string;
  readonly anyCase?: boolean;
}

const shapes: readonly Shape[] = [
  { first: '\\b(?:sk|pk|rk)[-_]', more: '[A-Za-z0-9_-]', atLeast: 16 },
  { first: '\\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|pypi-|dop_v1_|AIza|ya29\\.|AKIA|ASIA|SG\\.)', more: '[A-Za-z0-9_.-]', atLeast: 12 },
  { first: '\\b(?:npm_|hf_)', more: '[A-Za-z0-9]', atLeast: 24 },
  { first: '\\beyJ', more: '[A-Za-z0-9_.-]', atLeast: 30 },
  { before: '\\b(?:authorization|x-api-key|api-key)["\']?\\s{0,3}[:=]\\s{0,3}["\']?(?:(?:bearer|basic|token)\\s{1,3})?', more: '[^\\s"\']', atLeast: 8, anyCase: true },
  { before: '\\bbearer\\s{1,3}', more: '[A-Za-z0-9._~+/=-]', atLeast: 16, anyCase: true },
  { before: '\\b[a-z][a-z0-9+.-]{0,20}://[^\\s:/@]{0,100}:', more: '[^\\s/@]', atLeast: 1, then: '(?=@)', anyCase: true },
  { before: '\\b[A-Z][A-Z0-9_]{0,60}(?<=KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS)[A-Z0-9_]{0,20}=["\']?', more: '[^\\s"\'$;&|]', atLeast: 6 },
];

const whole = shapes.map(({ before = '', first = '', more, atLeast, then = '', anyCase }) => new RegExp(`(${before})${first}${more}{${atLeast},}${then}`, anyCase ? 'gi' : 'g'));
/** A secret that the end of the text may have broken off. */
const unfinished = shapes.map(({ before = '', first = '', more, anyCase }) => new RegExp(`(${before})${first}${more}*$`, anyCase ? 'i' : ''));
const privateKey = /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g;
const unfinishedKey = /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?![^]*-----END [A-Z ]{0,30}PRIVATE KEY-----)[^]*$/;
/** What some shape needs: most texts have none of it and cost one look. */
const hint = /[srp]k[-_]|gh[pousr]_|github_pat_|glpat-|xox|pypi-|dop_v1_|AIza|ya29|AKIA|ASIA|SG\.|npm_|hf_|eyJ|authorization|api-key|bearer|:\/\/|KEY|TOKEN|SECRET|PASS|CREDENTIALS/i;

const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL/i;
/** Variables that say where a secret lies, or something about one. */
const NO_SECRET_NAME = /(?:_FILE|_PATH|_DIR|_SOCK|_ID|_URL|_NAME|_VERSION|_PROVIDER|_HELPER|_COUNT|TOKENS)$/i;
/** Shorter values are words of everyday texts. */
const SHORTEST = 6;

interface Span {
  readonly start: number;
  readonly end: number;
}

export class Redactor {
  readonly #values: readonly string[];
  readonly #valuePattern: RegExp | undefined;

  /** `values`: secrets that are known; those of fewer than 6 characters are left alone. */
  constructor(values: Iterable<string> = []) {
    this.#values = [...new Set([...values].flatMap(forms))].filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
    this.#valuePattern = this.#values.length === 0 ? undefined : new RegExp(this.#values.map((value) => value.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
  }

  /** Knows the values of those variables whose names are those of secrets. More than one environment may be given: the agent's and one's own. */
  static fromEnvironment(...environments: readonly Readonly<Record<string, string | undefined>>[]): Redactor {
    const named = environments.flatMap((environment) => Object.entries(environment));
    return new Redactor(named.flatMap(([name, value]) => (value !== undefined && isSecretName(name) ? [value] : [])));
  }

  /** A whole text. Safe to call more than once on the same. */
  readonly text = (text: string): string => replaceSpans(text, this.spans(text), 0, text.length);

  /** For output that comes in pieces. */
  stream(): RedactedStream {
    return new RedactedStream(this);
  }

  /** Where secrets are, in order, none overlapping another. */
  spans(text: string): readonly Span[] {
    const found: Span[] = [];
    if (this.#valuePattern !== undefined) for (const match of text.matchAll(this.#valuePattern)) found.push({ start: match.index, end: match.index + match[0].length });
    if (hint.test(text)) {
      for (const pattern of whole) for (const match of text.matchAll(pattern)) found.push({ start: match.index + (match[1] ?? '').length, end: match.index + match[0].length });
      for (const match of text.matchAll(privateKey)) found.push({ start: match.index, end: match.index + match[0].length });
    }
    return merged(found.filter(({ start, end }) => text.slice(start, end) !== REDACTED));
  }

  /** Where a secret begins that may go on behind the end of the text; the text's length when there is none. */
  unfinishedFrom(text: string): number {
    let from = text.length;
    for (const value of this.#values) from = Math.min(from, startOfPrefix(text, value));
    if (!hint.test(text)) return from;
    for (const pattern of [...unfinished, unfinishedKey]) {
      const match = pattern.exec(text);
      if (match !== null) from = Math.min(from, match.index + (pattern === unfinishedKey ? 0 : (match[1] ?? '').length));
    }
    return from;
  }
}

/** Whether a variable of that name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !NO_SECRET_NAME.test(name);
}

/** Characters already passed on that are still looked at: what marks a secret may stand before it. */
const CONTEXT = 256;
/** Characters held back at most; a secret that is longer is redacted as it comes. */
const HELD = 8_192;

export class RedactedStream {
  readonly #redactor: Redactor;
  #context = '';
  /** Whether something before the context was forgotten: what seems to begin there may be the rest of a word. */
  #cutOff = false;
  #held = '';

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** What may be passed on now. The last characters stay back while they may be a secret's beginning. */
  write(chunk: string): string {
    const text = this.#context + this.#held + chunk;
    const base = this.#context.length;
    const begins = this.#redactor.unfinishedFrom(text);
    const from = Math.max(base, begins);
    if (text.length - from > HELD) {
      // Its end is not in sight: what follows is recognized by its beginning, which stays as context.
      const told = this.#told(text, base, from) + REDACTED;
      this.#context = text.slice(Math.max(0, begins - CONTEXT / 2), begins + CONTEXT / 2);
      this.#cutOff ||= begins > CONTEXT / 2;
      this.#held = '';
      return told;
    }
    const told = this.#told(text, base, from);
    this.#cutOff ||= from > CONTEXT;
    this.#context = text.slice(Math.max(0, from - CONTEXT), from);
    this.#held = text.slice(from);
    return told;
  }

  /** What was held back, when nothing comes any more. */
  end(): string {
    const text = this.#context + this.#held;
    const told = this.#told(text, this.#context.length, text.length);
    this.#context = '';
    this.#held = '';
    return told;
  }

  #told(text: string, from: number, to: number): string {
    const spans = this.#redactor.spans(text).filter(({ start }) => start > 0 || !this.#cutOff);
    return replaceSpans(text, spans, from, to);
  }
}

function replaceSpans(text: string, spans: readonly Span[], from: number, to: number): string {
  let result = '';
  let at = from;
  for (const { start, end } of spans) {
    if (end <= at || start >= to) continue;
    result += text.slice(at, Math.max(at, start)) + REDACTED;
    at = Math.min(end, to);
  }
  return at === 0 && to === text.length ? text : result + text.slice(at, to);
}

function merged(spans: readonly Span[]): readonly Span[] {
  if (spans.length < 2) return spans;
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last !== undefined && span.start < last.end) result[result.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    else result.push(span);
  }
  return result;
}

/** Where the longest end of `text` begins that is a beginning of `value`, of 3 characters or more; the length of `text` when there is none. */
function startOfPrefix(text: string, value: string): number {
  const last = text.at(-1);
  for (let length = Math.min(value.length - 1, text.length); length >= 3; length--) {
    if (value[length - 1] === last && text.endsWith(value.slice(0, length))) return text.length - length;
  }
  return text.length;
}

/** A secret as programs write it: plain, escaped in JSON, in an address, in base64, with a terminal's line ends, and each long line of it alone. */
function forms(value: string): string[] {
  const trimmed = value.trim();
  if (trimmed.length < SHORTEST) return [];
  const lines = trimmed.split(/\r?\n/).map((line) => line.trim());
  const each = lines.length > 1 ? lines.filter((line) => line.length >= 16 && !line.startsWith('-----')) : [];
  return [trimmed, JSON.stringify(trimmed).slice(1, -1), encodeURIComponent(trimmed), Buffer.from(trimmed).toString('base64').replace(/=+$/, ''), lines.join('\r\n'), ...each];
}
