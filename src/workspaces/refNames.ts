// Names of branches and tags by git's own rules (git-check-ref-format), judged without starting git: a bad one never reaches a command line.
import { AgentsError } from '../base/errors.ts';

const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$/;

/** Whether git would take it as the name of a branch or tag. */
export function isRefName(name: string): boolean {
  if (name === '' || name === '@' || name === 'HEAD' || name.startsWith('-') || Buffer.byteLength(name) > 240) return false;
  return !FORBIDDEN.test(name) && name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}

/** Throws `bad-input` unless it is one. `what` names it in the sentence: `branch`, `tag`. */
export function checkRefName(name: string, what: string): string {
  if (isRefName(name)) return name;
  throw new AgentsError('bad-input', `${JSON.stringify(name)} is no name that git takes for a ${what}.`);
}

/** A full or shortened object name; throws `bad-input` otherwise. */
export function checkCommitName(sha: string): string {
  if (/^[0-9a-fA-F]{4,64}$/.test(sha)) return sha.toLowerCase();
  throw new AgentsError('bad-input', `${JSON.stringify(sha)} is no commit: 4 to 64 hexadecimal digits are.`);
}
