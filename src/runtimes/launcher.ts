// How an agent's program starts inside its pane: a constant shell script that never parses user text, only passes it on as arguments.

/** The first words of the line that the launcher prints when it cannot start the program. */
export const LAUNCH_FAILURE = 'tmux-agents: cannot start: ';

/**
 * $1 folder, $2 environment file or empty, $3 the names of the variables that are kept (see `inheritedNames`) or empty for all, then the program's argv. Exits 126 or 127 after one line when it cannot start it;
 * it lingers before that, because tmux 3.3a can drop the last words of a program that prints and ends at once.
 * Where TMUX_AGENTS_FOLDER names the agent's own folder, it notes there what the hooks' reporter needs: its terminal, tmux's socket, its pane.
 */
const SCRIPT = `
fail() {
  printf '${LAUNCH_FAILURE}%s\\n' "$1"
  sleep 0.1 2>/dev/null || sleep 1
  exit "$2"
}
if [ -n "$3" ]; then
  set -f
  # A line of a value that looks like a variable is one more name that is not on the list.
  for name in $(env | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/\\1/p'); do
    for pattern in $3 ''; do
      case $name in $pattern) break ;; esac
    done
    [ -n "$pattern" ] || unset "$name"
  done
  set +f
fi
if [ -n "$2" ]; then
  [ -r "$2" ] || fail "the environment file is gone" 126
  while IFS= read -r line; do
    value=$(printf '%b_' "$line")
    export "\${value%_}"
  done < "$2"
  rm -f -- "$2"
fi
cd -- "$1" 2>/dev/null || fail "the folder $1 cannot be entered" 126
shift 3
if [ -d "$TMUX_AGENTS_FOLDER" ]; then
  (
    umask 077
    cd -- "$TMUX_AGENTS_FOLDER" || exit
    tty > tty
    printf '%s\\n' "\${TMUX%%,*}" > tmux
    printf '%s\\n' "$TMUX_PANE" > pane
  ) 2>/dev/null
fi
program=$(command -v -- "$1" 2>/dev/null) || fail "$1: command not found" 127
case $program in
  */*) if [ -d "$program" ] || [ ! -x "$program" ]; then fail "$1: permission denied" 126; fi ;;
esac
exec "$@"
`;

export interface LaunchSpec {
  /** The folder to start in. */
  readonly cwd: string;
  /** A file made by `encodeEnvFile`, read and deleted before the program starts. */
  readonly envFile?: string;
  /** Names of variables, `*` as the last letter for any others: of what the place gives only these are kept. Absent: all. */
  readonly keep?: readonly string[] | undefined;
  /** The program and its arguments. */
  readonly argv: readonly string[];
}

/** argv for tmux that enters the folder, takes over the environment file and becomes the program. */
export function launcherArgv({ cwd, envFile = '', keep = [], argv }: LaunchSpec): string[] {
  return ['/bin/sh', '-c', SCRIPT, 'tmux-agents', cwd, envFile, keep.join(' '), ...argv];
}

/** Environment as lines of `NAME=value` with backslash escapes of `printf %b`, so that any value, newlines included, is one line. */
export function encodeEnvFile(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}`.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r'))
    .map((line) => `${line}\n`)
    .join('');
}
