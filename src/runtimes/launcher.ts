// How an agent's program starts inside its pane: a constant shell script that never parses user text, only passes it on as arguments.

/** The first words of the line that the launcher prints when it cannot start the program. */
export const LAUNCH_FAILURE = 'tmux-agents: cannot start: ';

/** A file that the launcher makes as the last thing before it becomes the program, where this variable names one; the program does not see it. Without the file, nothing was started. */
export const STARTED_VARIABLE = 'TMUX_AGENTS_STARTED';

/** What a program keeps of the environment around it where only an allowlist is wanted: what tmux tells of the terminal. All else comes with the environment file. */
const KEPT = 'TERM TERM_PROGRAM TERM_PROGRAM_VERSION COLORTERM TMUX TMUX_PANE PWD';

/**
 * Stays as the pane's own process, with the program as its child. Signals of the terminal and of whoever ends the agent go to both: the traps keep the
 * leader until the program has ended, whose exit code it passes on (128 and more after a signal).
 */
const LEADER = `
trap : HUP INT QUIT TERM USR1 USR2
"$@"
exit $?
`;

/**
 * $1 folder, $2 environment file or empty, $3 what is wished besides (`clean`: only KEPT of the environment; `led`: under a LEADER), then the program's argv.
 * Exits 126 or 127 after one line when it cannot start it; it lingers before that, because tmux 3.3a can drop the last words of a program that prints and ends at once.
 * Where TMUX_AGENTS_FOLDER names the agent's own folder, it notes there what the hooks' reporter needs: its terminal, tmux's socket, its pane.
 */
const SCRIPT = `
fail() {
  printf '${LAUNCH_FAILURE}%s\\n' "$1"
  sleep 0.1 2>/dev/null || sleep 1
  exit "$2"
}
case $3 in
  *clean*)
    # Names only: a value may hold anything, also lines that look like another variable.
    for name in $(awk 'BEGIN { for (name in ENVIRON) print name }' || env | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/\\1/p'); do
      case $name in *[!A-Za-z0-9_]* | [0-9]*) continue ;; esac
      case ' ${KEPT} PATH ' in *" $name "*) ;; *) command unset "$name" 2>/dev/null ;; esac
    done
    ;;
esac
case $3 in
  *led*) become() { exec /bin/sh -c '${LEADER}' tmux-agents "$@"; } ;;
  *) become() { exec "$@"; } ;;
esac
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
if [ -n "$TMUX_AGENTS_STARTED" ]; then
  (: > "$TMUX_AGENTS_STARTED") 2>/dev/null
  unset TMUX_AGENTS_STARTED
fi
become "$@"
`;

export interface LaunchSpec {
  /** The folder to start in. */
  readonly cwd: string;
  /** A file made by `encodeEnvFile`, read and deleted before the program starts. */
  readonly envFile?: string;
  /** The program sees nothing of the environment around it but PATH and what tmux tells of the terminal. */
  readonly clean?: boolean;
  /**
   * A shell stays as the pane's process and the program is its child. tmux wakes what it started itself and sees stopped (SIGSTOP), at once: only a
   * program that is not tmux's own child can be paused.
   */
  readonly led?: boolean;
  /** The program and its arguments. */
  readonly argv: readonly string[];
}

/** argv for tmux that enters the folder, takes over the environment file and becomes the program. */
export function launcherArgv({ cwd, envFile = '', clean = false, led = false, argv }: LaunchSpec): string[] {
  return ['/bin/sh', '-c', SCRIPT, 'tmux-agents', cwd, envFile, [...(clean ? ['clean'] : []), ...(led ? ['led'] : [])].join(' '), ...argv];
}

/** Environment as lines of `NAME=value` with backslash escapes of `printf %b`, so that any value, newlines included, is one line. */
export function encodeEnvFile(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}`.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r'))
    .map((line) => `${line}\n`)
    .join('');
}
