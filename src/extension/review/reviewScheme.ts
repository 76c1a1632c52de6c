// The addresses of files as a commit has them: the file's path now, and which commit of which repository it is read from.

export const REVIEW_SCHEME = 'tmux-agents-base';

/** What an address names: `rev` is a commit, or `:1`, `:2`, `:3` for the sides of a conflict; empty for a file that is not there. */
export interface BaseAddress {
  readonly folder: string;
  readonly rev: string;
  /** Relative to the folder. */
  readonly path: string;
}
