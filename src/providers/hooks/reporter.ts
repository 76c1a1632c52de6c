// The reporter: a constant POSIX sh script that a CLI's hook runs. It tells of one event through the pane's terminal, and may bring back a decision.

/** Bytes of a hook's payload that are reported; the rest is read and dropped. */
export const MAX_PAYLOAD_BYTES = 64 * 1024;
/** The event with which the reporter tells that it has taken a decision. */
export const TAKEN_EVENT = 'tmux-agents-taken';
/** The event with which the reporter tells that the CLI ended it while it waited: it was answered elsewhere. */
export const LEFT_EVENT = 'tmux-agents-left';
/** Put behind the name of an answer's channel: signalled there, the reporter knows that somebody will answer. */
export const HELD_SUFFIX = '-held';
/** Seconds that it waits for somebody who will answer. */
export const HOLD_SECONDS = 1;
/** The event of a policy's gate that asks: it waits like a hook that asks, and tells of its end in any case. */
export const GATE_EVENT = 'tmux-agents-gate';
/** Seconds that it waits for a decision once held; within the `timeout` of the hook in the CLI's settings. */
export const ANSWER_SECONDS = 3_600;
/** Seconds that one write to the terminal may take: a terminal that nobody reads must not stall the agent. */
const WRITE_SECONDS = 2;
/** Seconds of one wait: what is left behind when the CLI kills the reporter ends by itself after that. */
const WAIT_SECONDS = 20;

/** The pane option that holds the decision for this channel: what the hook prints. */
export function answerOption(channel: string): string {
  return `@${channel}`;
}

/** Runs the reporter named by $0, where it is still there. A shell that finds no script exits 2, which CLIs take for a veto of what the hook is about. */
export const RUN_REPORTER = 'if [ -r "$0" ]; then . "$0"; else cat >/dev/null; fi';

/**
 * Run as `/bin/sh -c RUN_REPORTER FOLDER/report EVENT`, the payload on stdin. Needs head, base64, mktemp, dd and mv, in coreutils, busybox or macOS;
 * nothing of the environment but PATH. The report is one write, so that nothing of the CLI's comes in between. Prints nothing but a
 * decision, and always succeeds. Reads in FOLDER: `key`, and, of the launcher, `tty`, `tmux` (the socket) and `pane`.
 */
export const REPORTER_SCRIPT = `# Tells tmux-agents of an event of this agent. Run by the agent's hooks.
exec 2>/dev/null
trap '' TTOU
umask 077
folder=\${0%/*}
event=$1
key= tty= socket= pane= channel= child= guard= waits= answer=
file=$(mktemp "$folder/report.XXXXXXXXXX") || { cat >/dev/null; exit 0; }
id=\${file##*.}
read -r key < "$folder/key"
read -r tty < "$folder/tty"
read -r socket < "$folder/tmux"
read -r pane < "$folder/pane"
[ -n "$tty" ] || tty=$(tmux display-message -p -t "$TMUX_PANE" '#{pane_tty}')

limited() {
  seconds=$1
  shift
  if command -v timeout >/dev/null; then
    timeout "$seconds" "$@" <&3 &
    child=$!
    wait "$child"
    child=
  else
    "$@" <&3 &
    child=$!
    { sleep "$seconds"; kill "$child"; } >/dev/null <&3 &
    guard=$!
    wait "$child"
    child=
    kill "$guard"
    guard=
  fi
}

tell() {
  if [ -c "$tty" ] && [ -w "$tty" ]; then limited ${WRITE_SECONDS} dd if="$file" of="$tty" bs=262144 >/dev/null; fi
}

# A tmux that is ended exits as if it had been woken: only what it says afterwards tells.
woken() {
  limited "$1" tmux -S "$socket" wait-for "$2" ';' display-message -p -t "$pane" woken > "$file"
  [ -s "$file" ]
}

# $1 the event, $2 what sets its id apart.
tell_end() {
  printf '\\033]7502;tmux-agents;1;%s;%s;%s;%s;\\033\\\\' "$key" "$id.$2" "$1" "$channel" > "$file"
  tell
  rm -f "$file"
  exit 0
}

leave() {
  trap '' HUP INT TERM
  kill $child $guard
  [ -n "$waits" ] && tell_end ${LEFT_EVENT} l
  rm -f "$file"
  exit 0
}

exec 3</dev/null
[ "$event" = ${GATE_EVENT} ] && waits=1
trap leave HUP INT TERM
if [ "$2" = ask ] && [ -n "$socket" ] && [ -n "$pane" ]; then channel=tmux-agents-$id; fi
{
  printf '\\033]7502;tmux-agents;1;%s;%s;%s;%s;' "$key" "$id" "$event" "$channel"
  head -c ${MAX_PAYLOAD_BYTES} | base64
  printf '\\033\\\\'
} > "$file"
cat >/dev/null
tell
if [ "$event" = SessionStart ]; then cp "$file" "$file.s" && mv -f "$file.s" "$folder/session"; fi
# A notification repeats, some seconds later, what a better event told: it must not take its place.
case $event in
  ${GATE_EVENT}) rm -f "$file" ;;
  [Nn]otification) mv -f "$file" "$folder/notice" ;;
  *) mv -f "$file" "$folder/last" ;;
esac
[ -n "$channel" ] || exit 0

woken ${HOLD_SECONDS} "$channel${HELD_SUFFIX}" || leave
waits=1
rounds=0
until woken ${WAIT_SECONDS} "$channel"; do
  rounds=$((rounds + 1))
  [ -c "$tty" ] && [ "$rounds" -lt ${Math.floor(ANSWER_SECONDS / WAIT_SECONDS)} ] || leave
  tmux -S "$socket" has-session <&3 >/dev/null || leave
done
answer=$(tmux -S "$socket" show-options -pqv -t "$pane" "@$channel" ';' set-option -pu -t "$pane" "@$channel" <&3)
waits=
[ -n "$answer" ] || leave
printf '%s\\n' "$answer"
tell_end ${TAKEN_EVENT} t
`;
