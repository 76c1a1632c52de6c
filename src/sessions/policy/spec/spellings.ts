// Other spellings of the same act: who denies the one means the others. Data.

/** Moving onto nothing. Emptying a file (`> x`, `truncate -s0 x`, `cp /dev/null x`, `dd of=x`) is no spelling of `rm`: the file stays, and writing it is what editors do. */
export const MOVED_ONTO_NOTHING = 'mv * /dev/null';

/** By the name that a denylist holds: programs, or a program with words that must follow. */
const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  rm: ['unlink', 'rmdir', 'shred', 'srm', 'trash', 'trash-put', 'gio trash', 'rimraf', 'find -delete', 'fd -X', 'git rm', 'git clean', 'rsync --delete', MOVED_ONTO_NOTHING],
  sudo: ['doas', 'run0', 'pkexec', 'su', 'runuser'],
  curl: ['curlie'],
  wget: ['wget2'],
  nc: ['ncat', 'netcat', 'socat'],
  python: ['python3', 'python2'],
  pip: ['pip3', 'python -m pip', 'python3 -m pip', 'uv pip'],
  docker: ['podman', 'nerdctl'],
};

/** The pattern itself and what means the same, as patterns. Only a name alone has other spellings. */
export function spellingsOf(pattern: string): readonly string[] {
  const name = pattern.trim().replace(/\s+\*$/, '');
  return [pattern, ...(Object.hasOwn(SPELLINGS, name) ? (SPELLINGS[name] ?? []) : [])];
}

/** Long options and what they are in short, where denying the one means the other: `rm -rf` is `rm --recursive --force`. */
export const SHORT_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['--recursive', 'r'],
  ['--force', 'f'],
  ['--delete', 'd'],
  ['--verbose', 'v'],
  ['--all', 'a'],
]);
