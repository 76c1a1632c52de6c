// The demo agent itself: a POSIX shell script, so that it runs on any machine, in any container and over ssh.

/** Arguments: [--ask | --autopilot] [--delay SECONDS] [--model NAME] [--resume ID] [--] [TASK]. States are reported as OSC 7501, the title as OSC 2. */
export const demoAgentScript = `
(set -o posix) 2>/dev/null && set -o posix
esc=$(printf '\\033')
delay=\${TMUX_AGENTS_DEMO_DELAY:-0.08}
policy=once
model=demo-1
resumed=
while [ $# -gt 0 ]; do
  case $1 in
    --ask) policy=always ;;
    --autopilot) policy=never ;;
    --delay) shift; delay=\${1:-0} ;;
    --model) shift; model=\${1:-demo-1} ;;
    --resume) shift; resumed=\${1:-} ;;
    --) shift; break ;;
    *) break ;;
  esac
  shift
done

if [ -n "\${NO_COLOR:-}" ] || [ "\${TERM:-dumb}" = dumb ]; then
  plain= bold= dim= red= green= yellow= blue= magenta= cyan=
else
  plain="$esc[0m" bold="$esc[1m" dim="$esc[2m" red="$esc[31m" green="$esc[32m" yellow="$esc[33m" blue="$esc[34m" magenta="$esc[35m" cyan="$esc[36m"
fi
newline='
'
interrupted=
asked=
rest=

# state NAME [FIELDS]: for programs that watch; terminals ignore it.
state() { printf '\\033]7501;state=%s:app=tmux-agents-demo%s\\033\\\\' "$1" "\${2:-}"; }
# message TEXT: the field that says what a state is about.
message() { printf ':msg=%s' "$(printf '%s' "$1" | base64 2>/dev/null | tr -d '\\n')"; }
title() { printf '\\033]2;%s\\033\\\\' "$1"; }
say() { printf '%s\\n' "$1"; }
nap() { [ "$delay" = 0 ] || [ -n "$interrupted" ] || sleep "$delay" 2>/dev/null || { [ -n "$interrupted" ] || sleep 1; }; }
echo_on() { stty echo -echoctl 2>/dev/null; printf '\\033[?25h\\033[?2004h'; }
echo_off() { stty -echo 2>/dev/null; printf '\\033[?25l\\033[?2004l'; }
leave() { stty echo echoctl 2>/dev/null; printf '\\033[?25h\\033[?2004l'; state clear; }
trap 'interrupted=1' INT
trap leave EXIT

# read_text: one line, or a whole bracketed paste with its newlines, into $text. Fails when interrupted, before or meanwhile.
read_text() {
  [ -z "$interrupted" ] || return 1
  IFS= read -r text || return 1
  case $text in
    *"$esc[200~"*)
      while :; do
        case $text in *"$esc[201~"*) break ;; esac
        IFS= read -r more || return 1
        text="$text$newline$more"
      done
      before=\${text%%"$esc[200~"*}
      text=\${text#*"$esc[200~"}
      after=\${text#*"$esc[201~"}
      text="$before\${text%%"$esc[201~"*}$after"
      ;;
  esac
}

# spin WORDS: a spinner for a moment.
spin() {
  frames='⠋ ⠙ ⠹ ⠸ ⠼ ⠴ ⠦ ⠧ ⠇ ⠏ ⠋ ⠙ ⠹ ⠸ ⠼ ⠴'
  [ "$delay" = 0 ] && frames='⠋'
  for frame in $frames; do
    [ -z "$interrupted" ] || break
    title "$frame Demo agent"
    printf '\\r%s%s%s %s%s%s\\033[K' "$magenta" "$frame" "$plain" "$dim" "$1" "$plain"
    nap
  done
  printf '\\r\\033[K'
}

step() {
  [ -z "$interrupted" ] || return 1
  printf '%s●%s %s%s%s %s\\n' "$green" "$plain" "$bold" "$1" "$plain" "$2"
  nap; nap
  [ -z "$interrupted" ]
}

# permission COMMAND: 0 allowed, 1 denied, 2 interrupted. Only y or n answers; anything else asks again.
permission() {
  title '[ ! ] Demo agent: permission'
  state blocked ":kind=permission$(message "run: $1")"
  printf '\\n%s?%s The demo would like to run %s%s%s %s(pretend)%s\\n' "$yellow" "$plain" "$bold" "$1" "$plain" "$dim" "$plain"
  echo_on
  while :; do
    printf '%s  Allow? [y/n]%s ' "$yellow" "$plain"
    if ! read_text; then
      [ -n "$interrupted" ] && return 2
      exit 0
    fi
    [ -z "$interrupted" ] || return 2
    case $text in
      y | Y | yes | Yes | YES) return 0 ;;
      n | N | no | No | NO) return 1 ;;
    esac
    # What was typed while it worked was not shown: it is said again.
    printf '  %sPlease answer y or n.%s%s%s\\n' "$dim" "\${text:+ You said: }" "$text" "$plain"
  done
}

# may COMMAND: asks as the policy wants; 0 allowed, 1 denied, 2 interrupted. Afterwards it works on.
may() {
  permission "$1"
  answer=$?
  echo_off
  [ $answer -eq 2 ] || state working
  return $answer
}

# question: a choice of two; fails when interrupted.
question() {
  spin 'Thinking...'
  [ -z "$interrupted" ] || return 1
  title '[ ? ] Demo agent: question'
  state blocked ":kind=question$(message 'Which greeting do you like?')"
  printf '\\n%s?%s %sWhich greeting do you like?%s\\n  1. Hello\\n  2. Ahoy\\n' "$yellow" "$plain" "$bold" "$plain"
  echo_on
  while :; do
    printf '%s  Choose [1/2]%s ' "$yellow" "$plain"
    if ! read_text; then
      [ -n "$interrupted" ] && return 1
      exit 0
    fi
    [ -z "$interrupted" ] || return 1
    case $text in
      1) choice=Hello; break ;;
      2) choice=Ahoy; break ;;
    esac
    printf '  %sPlease answer 1 or 2.%s%s%s\\n' "$dim" "\${text:+ You said: }" "$text" "$plain"
  done
  echo_off
  state working
  spin 'Thinking...'
  say "  You chose $choice."
}

# work: the steps of one turn; fails when interrupted.
work() {
  spin 'Thinking...' && step Read 'README.md' && step Search '"greeting" in src' || return 1
  step Edit "src/greeting.js \${dim}(pretend: no file is changed)$plain" || return 1
  say "    $red- const greeting = 'Hello';$plain"
  say "    $green+ const greeting = 'Hello from your agent';$plain"
  nap
  if [ "$policy" = always ] || { [ "$policy" = once ] && [ -z "$asked" ]; }; then
    asked=1
    may 'npm test'
    answer=$?
    [ $answer -ne 2 ] || return 1
    if [ $answer -eq 1 ]; then
      say "\${dim}  Not allowed: the demo goes on without it.$plain"
      return 0
    fi
  fi
  spin 'Running npm test...'
  step Run "npm test: \${green}3 passed$plain \${dim}(pretend)$plain"
}

# risky: asks for what nobody should allow unread; fails when interrupted.
risky() {
  spin 'Thinking...'
  [ -z "$interrupted" ] || return 1
  may 'rm -rf build'
  case $? in
    0) step Run "rm -rf build \${dim}(pretend: nothing is removed)$plain" ;;
    1) say "\${dim}  Not allowed: the demo goes on without it.$plain" ;;
    *) return 1 ;;
  esac
}

# turn TEXT [WORK]: one turn, from the prompt to its end.
turn() {
  interrupted=
  echo_off
  state working
  title '⠋ Demo agent'
  printf '\\n%sYou asked:%s\\n%s\\n\\n' "$dim" "$plain" "$1"
  if "\${2:-work}" && [ -z "$interrupted" ]; then
    printf '\\n%s✔ Done.%s This was a demo: nothing was read, run or changed.\\n' "$green" "$plain"
    state done
  else
    printf '\\n%s■ Interrupted.%s What should the demo do instead?\\n' "$red" "$plain"
  fi
  interrupted=
}

# broken: a turn that ends in an error, in which it stays until it is asked something else.
broken() {
  echo_off
  state working
  spin 'Thinking...'
  printf '\\n%s■ API Error: the demo has no API, as asked%s\\n' "$red" "$plain"
  rest=error
  interrupted=
}

printf '%s✻ %sDemo agent%s %sof tmux-agents%s\\n' "$magenta" "$bold" "$plain" "$dim" "$plain"
say "\${dim}A scripted demo, no AI: it needs no account and changes nothing.$plain"
printf '%smodel: %s%s\\n' "$dim" "$model" "$plain"
[ -z "$resumed" ] || say "\${dim}resumed: $resumed$plain"

text="$*"
[ -z "$text" ] || turn "$text"

while :; do
  title '✳ Demo agent'
  if [ -n "$rest" ]; then state error "$(message 'API Error: the demo has no API, as asked')"; else state idle; fi
  rest=
  echo_on
  printf '\\n%s›%s ' "$cyan" "$plain"
  if ! read_text; then
    [ -n "$interrupted" ] || exit 0
    interrupted=
    printf '\\n%sType /exit to leave.%s\\n' "$dim" "$plain"
    continue
  fi
  interrupted=
  case $text in
    /exit | /quit) say "\${dim}Bye.$plain"; exit 0 ;;
    /fail) state error; say "\${red}The demo fails, as asked.$plain"; exit 3 ;;
    /ask) turn "$text" question ;;
    /risky) turn "$text" risky ;;
    /error) broken ;;
    /help) say 'Type anything, or: /ask for a question, /risky for a risky wish, /error for a failed turn, /fail to end with exit code 3, /exit to leave. Ctrl-C interrupts.' ;;
    *[!\\ ]*) turn "$text" ;;
  esac
done
`;
