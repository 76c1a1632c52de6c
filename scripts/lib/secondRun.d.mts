// Types of secondRun.mjs.
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}
export interface Failure {
  readonly file: string;
  readonly title: string;
  readonly message: string;
}
export interface Run extends Counts {
  readonly files: Readonly<Record<string, Counts>>;
  readonly failures: readonly Failure[];
}
export const MAX_UNSTEADY_FILES: number;
export function filesToRunAgain(first: { readonly failures?: readonly Failure[] }): string[];
export function joined(first: Run, second: Run, again: readonly string[]): Counts & { readonly failures: readonly Failure[]; readonly unsteady: readonly Failure[] };
