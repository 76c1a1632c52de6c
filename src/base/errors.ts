// One error class for everything a person may have to read: what happened, why, and what to do.

export const errorReasons = [
  'bad-input',
  'cancelled',
  'timeout',
  'not-found',
  'name-taken',
  'tmux-missing',
  'tmux-failed',
  'disconnected',
  'runtime-unavailable',
  'docker-unavailable',
  'docker-failed',
  'docker-cli-missing',
  'image-missing',
  'folder-missing',
  'folder-unreadable',
  'folder-unwritable',
  'command-not-found',
  'unsupported',
  'stale',
  'answered-already',
  'git-failed',
  'invalid-transition',
  'limit-reached',
  'policy-denied',
  'disk-full',
  'internal',
] as const;

/** Why an operation failed, for code that must choose what to offer (a button, an exit code). */
export type ErrorReason = (typeof errorReasons)[number];

/** Marks the errors of every copy of this class: parts that load late, and the library's two forms, have copies of their own. */
const MARK = Symbol.for('tmux-agents.error');

/** A failure with a machine-readable reason, a sentence for people, and the way out where there is one. */
export class AgentsError extends Error {
  /** True for an error that another bundle's copy of this class made, too; a subclass means its own alone. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== AgentsError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && MARK in value;
  }

  readonly [MARK] = true;
  override readonly name = 'AgentsError';
  readonly reason: ErrorReason;
  /** What the reader can do about it: a full sentence, or undefined where nothing helps. */
  readonly hint: string | undefined;

  constructor(reason: ErrorReason, message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.hint = options.hint;
  }
}

/** True when `error` is an AgentsError, and of the given reason if one is named. By its looks: each bundle has a class of its own. */
export function isAgentsError(error: unknown, reason?: ErrorReason): error is AgentsError {
  return error instanceof Error && error.name === 'AgentsError' && 'reason' in error && (reason === undefined || error.reason === reason);
}

/** What another program calls a reason; `internal` where this version does not know it. */
export function errorReasonOf(text: string): ErrorReason {
  return errorReasons.find((reason) => reason === text) ?? 'internal';
}

/** The one-line text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Makes an AgentsError of anything thrown, keeping the original as its cause. */
export function asAgentsError(error: unknown, reason: ErrorReason = 'internal'): AgentsError {
  return isAgentsError(error) ? error : new AgentsError(reason, messageOf(error), { cause: error });
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AgentsError('internal', `Unexpected value: ${JSON.stringify(value)}`);
}
