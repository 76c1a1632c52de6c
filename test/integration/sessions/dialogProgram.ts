// A program that plays Claude Code's dialogs in a real terminal, for what the real one cannot be made to do on time.

/**
 * A POSIX shell script. Each argument is a scene, shown when a key came: `bash:COMMAND`, `quote` (a conversation that quotes a dialog), `trust`, `idle`, `work`.
 * A line `key=K` in its log (the file of the first argument) is written for each key it gets. A change of the file `LOG.next` shows the next scene without a key.
 */
export const dialogProgram = `
log=$1; shift
stty -echo -icanon -icrnl min 0 time 1
rule=$(printf '%80s' '' | sed 's/ /─/g')
dash=$(printf '%80s' '' | sed 's/ /╌/g')
box() { printf '\\n%s\\n❯ \\n%s\\n  ? for shortcuts\\n' "$rule" "$rule"; }
scene() {
  printf '\\033[2J\\033[H'
  case $1 in
    bash:*) printf '● Stub\\n%s\\n Bash command\\n stub command\\n%s\\n %s\\n%s\\n Do you want to proceed?\\n ❯ 1. Yes\\n   2. Yes, and always allow access to /work from this project\\n   3. No\\n\\n Esc to cancel · Tab to amend' "$rule" "$dash" "\${1#bash:}" "$dash" ;;
    trust) printf '\\n Accessing workspace:\\n /work\\n\\n Quick safety check: Is this a project you created or one you trust?\\n\\n ❯ No, exit\\n   Yes, I trust this folder\\n\\n Enter to confirm · Esc to cancel' ;;
    quote) printf '● It said:\\n Bash command\\n%s\\n npm test\\n%s\\n Do you want to proceed?\\n ❯ 1. Yes\\n   2. No\\n\\n Esc to cancel · Tab to amend\\n' "$dash" "$dash"; box ;;
    idle) printf '● Done.\\n'; box ;;
    work) printf '● On it.\\n\\n✻ Thinking… (1s)\\n'; printf '\\n%s\\n❯ \\n%s\\n  esc to interrupt\\n' "$rule" "$rule" ;;
  esac
}
scene "$1"
: > "$log"
while :; do
  key=$(dd bs=16 count=1 2>/dev/null)
  if [ -n "$key" ]; then
    printf 'key=%s\\n' "$key" >> "$log"
    case $key in
      *B) continue ;;
    esac
  elif [ -e "$log.next" ]; then rm -f "$log.next"
  else continue
  fi
  [ $# -lt 2 ] || shift
  scene "$1"
done
`;
