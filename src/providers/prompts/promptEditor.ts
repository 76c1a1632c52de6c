// The editor that agents are started with: it puts a prompt that waits into the input line, byte for byte, and is the person's own editor otherwise.
import type { AgentFile } from '../../runtimes/types.ts';

/** The script's name in the agent's folder. A prompt waits there as `prompt-ID`. */
const SCRIPT_NAME = 'editor';

/** Begins what the script says to the agent's terminal; tmux drops it from the screen, its control mode passes it on. */
export const EDITOR_OSC = '7503;tmux-agents;';

/** What became of a prompt: it is in the input line; it was there already; or a draft of somebody's is there, and was left alone. */
export type EditorOutcome = 'taken' | 'same' | 'draft';

/**
 * Its last argument is the file with what stands in the input line. A draft of a person's is never changed. Only a program with a terminal gets a prompt, so that no
 * commit message of the agent's own work becomes one. Where a prompt was taken back because the CLI was slow, the editor that comes late is closed at once.
 */
const SCRIPT = `
folder=\${0%/*}
for file in "$@"; do :; done
if [ -t 0 ] && [ -t 1 ] && [ -n "$file" ]; then
  for offer in "$folder"/prompt-*; do
    [ -f "$offer" ] || continue
    id=\${offer##*/prompt-}
    mv -- "$offer" "$folder/taken-$id" 2>/dev/null || continue
    if cmp -s -- "$file" "$folder/taken-$id"; then outcome=same
    elif grep -q '[^[:space:]]' "$file" 2>/dev/null; then outcome=draft
    elif cat < "$folder/taken-$id" > "$file"; then outcome=taken
    else outcome=failed
    fi
    rm -f -- "$folder/taken-$id"
    printf '\\033]${EDITOR_OSC}%s;%s\\033\\\\' "$id" "$outcome" > /dev/tty 2>/dev/null
    exit 0
  done
  for late in "$folder"/gone-*; do
    [ -f "$late" ] && rm -f -- "$late" && exit 0
  done
fi
set -f
if [ -n "$TMUX_AGENTS_EDITOR" ]; then exec $TMUX_AGENTS_EDITOR "$@"; fi
for editor in sensible-editor nano vim vi; do
  if command -v "$editor" >/dev/null 2>&1; then exec "$editor" "$@"; fi
done
printf 'tmux-agents: no editor was found; set EDITOR.\\n' >&2
exit 1
`;

export interface PromptEditor {
  readonly files: readonly AgentFile[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * For an agent whose CLI opens an editor: its files and environment. Undefined where the person chose an editor for the agent, or the folder's path could be taken apart.
 * `own` is the editor of the person who spawns, if the agent runs where that person is.
 */
export function promptEditor(agentFolder: string, environment: Readonly<Record<string, string>>, own: string | undefined): PromptEditor | undefined {
  if ('EDITOR' in environment || 'VISUAL' in environment || !/^[A-Za-z0-9_./@%+,:=-]+$/.test(agentFolder)) return undefined;
  const command = `/bin/sh ${agentFolder}/${SCRIPT_NAME}`;
  return {
    files: [{ name: SCRIPT_NAME, content: SCRIPT }],
    env: { EDITOR: command, VISUAL: command, ...(own === undefined || own === '' ? {} : { TMUX_AGENTS_EDITOR: own }) },
  };
}

/** argv that puts the prompt on standard input into the agent's folder; it fails with exit code 3 where the agent has no such editor. */
export function offerArgv(agentFolder: string, id: string): string[] {
  const script = `[ -f "$1/${SCRIPT_NAME}" ] || exit 3; umask 077; rm -f -- "$1"/gone-*; cat > "$1/new-$2" && mv -- "$1/new-$2" "$1/prompt-$2"`;
  return ['/bin/sh', '-c', script, 'tmux-agents', agentFolder, id];
}

/** argv that takes a prompt back; it fails with exit code 4 where the editor has it already. */
export function withdrawArgv(agentFolder: string, id: string): string[] {
  return ['/bin/sh', '-c', 'mv -- "$1/prompt-$2" "$1/gone-$2" 2>/dev/null || exit 4; : > "$1/gone-$2"', 'tmux-agents', agentFolder, id];
}

/** argv that lets one more opening of the editor end at once: for a second press of its key, where the first may only have been slow. */
export function spareArgv(agentFolder: string, id: string): string[] {
  return ['/bin/sh', '-c', ': > "$1/gone-$2"', 'tmux-agents', agentFolder, id];
}

/** argv that fails with exit code 5 while the agent's terminal still makes a line feed of Enter, as it does for the editor and until the CLI has taken it back. */
export function listensArgv(agentFolder: string): string[] {
  const script = 'tty=$(cat "$1/tty" 2>/dev/null) && now=$(stty -a < "$tty" 2>/dev/null) || exit 0; case " $now " in *" icrnl "*) exit 5 ;; esac';
  return ['/bin/sh', '-c', script, 'tmux-agents', agentFolder];
}

/** Finds the script's word on one prompt in a terminal's bytes, cut anywhere. */
export class EditorListener {
  readonly #pattern: RegExp;
  #tail = '';

  constructor(id: string) {
    this.#pattern = new RegExp(`\\u001b\\]${EDITOR_OSC}${id};(taken|same|draft|failed)\\u001b`);
  }

  /** The outcome once the bytes told it; `failed` where the file could not be written. */
  feed(bytes: Buffer): EditorOutcome | 'failed' | undefined {
    // Its own length and a little more: what was seen of a word that is not over yet.
    this.#tail = (this.#tail + bytes.toString('latin1')).slice(-(bytes.length + 200));
    return this.#pattern.exec(this.#tail)?.[1] as EditorOutcome | 'failed' | undefined;
  }
}
