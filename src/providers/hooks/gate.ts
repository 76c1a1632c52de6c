// The gate: a hook that a CLI runs before a tool is used, and that stops it unless the policy lets it pass. Fails closed.
import { shellQuote } from '../../base/shellQuote.ts';
import type { AgentFile } from '../../runtimes/types.ts';
import type { Words } from '../provider.ts';
import { GATE_EVENT, RUN_REPORTER } from './reporter.ts';

/** In whose words a decision is printed. */
export type GateDialect = 'claude' | 'gemini' | 'copilot' | 'opencode';

export type GateDecision = { readonly behavior: 'allow' } | { readonly behavior: 'deny'; readonly reason: string };

/** What the judging program prints for what passes: the CLI goes on as its own settings say. */
export const GATE_PASS = 'pass';
/** What it prints where somebody has to be asked. */
export const GATE_ASK = 'ask';
/** Its last argument once nobody has answered. */
export const GATE_UNANSWERED = 'unanswered';
export const NOBODY = 'Nobody answers for the policy: no tmux-agents follows this agent.';

const MAX_REASON = 2_000;

/** One line of ASCII, as the CLI reads it from its hook. */
export function gateOutput(dialect: GateDialect, decision: GateDecision): string {
  return JSON.stringify(words(dialect, decision)).replace(/[^\u0020-\u007e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function words(dialect: GateDialect, decision: GateDecision): Readonly<Record<string, unknown>> {
  const reason = decision.behavior === 'deny' ? decision.reason.slice(0, MAX_REASON) : 'A person has allowed it.';
  switch (dialect) {
    case 'claude':
      return { hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: decision.behavior, permissionDecisionReason: reason } };
    case 'copilot':
      return { permissionDecision: decision.behavior, permissionDecisionReason: reason };
    case 'gemini':
    case 'opencode':
      return { decision: decision.behavior, reason };
  }
}

/** Where nothing is left of the gate it denies, too: $0 is the script, $1 the denial. */
const RUN_GATE = 'if [ -r "$0" ]; then . "$0"; else cat >/dev/null; printf "%s\\n" "$1"; fi';

export interface GateFiles {
  readonly files: readonly AgentFile[];
  /** The command, as words, for the CLI's hook. */
  readonly command: Words;
}

export interface GateOptions {
  readonly agentFolder: string;
  readonly dialect: GateDialect;
  /** The program that judges, where the place has one: argv, to which the folder is added. Absent: whoever follows the agent judges. */
  readonly judge?: Words | undefined;
}

/** The gate of one agent, beside the reporter in its folder. */
export function gateFiles({ agentFolder, dialect, judge }: GateOptions): GateFiles {
  return {
    files: [{ name: 'gate', content: gateScript(judge) }],
    command: ['/bin/sh', '-c', RUN_GATE, `${agentFolder}/gate`, gateOutput(dialect, { behavior: 'deny', reason: NOBODY })],
  };
}

/**
 * POSIX sh; reads the hook's payload on stdin. Prints the decision, or nothing for what passes. The judge may be killed, missing or
 * broken: whatever is no clear word of it is a denial, unless somebody who follows the agent answers.
 */
function gateScript(judge: Words | undefined): string {
  const judged = judge === undefined ? 'return 1' : `ELECTRON_RUN_AS_NODE=1 ${judge.map(shellQuote).join(' ')} "$folder" "$@" < "$file"`;
  return `# Asks the policy of tmux-agents before a tool is used. Run by the agent's hooks.
exec 2>/dev/null
umask 077
folder=\${0%/*}
denial=$1
file= child=
deny() {
  rm -f "$file" "$file.a"
  printf '%s\\n' "\${1:-$denial}"
  exit 0
}
judge() { ${judged}; }
stop() {
  trap '' HUP INT TERM
  [ -n "$child" ] && kill "$child"
  deny
}
trap stop HUP INT TERM
file=$(mktemp "$folder/gate.XXXXXXXXXX") || { cat >/dev/null; deny; }
cat > "$file"
answer=$(judge)
if [ "$answer" = ${GATE_PASS} ]; then
  rm -f "$file"
  exit 0
fi
case $answer in
  '{'*'}') deny "$answer" ;;
esac
/bin/sh -c ${shellQuote(RUN_REPORTER)} "$folder/report" ${GATE_EVENT} ask < "$file" > "$file.a" &
child=$!
wait "$child"
child=
answer=$(cat "$file.a")
case $answer in
  '{'*'}') deny "$answer" ;;
esac
answer=$(judge ${GATE_UNANSWERED})
case $answer in
  '{'*'}') deny "$answer" ;;
esac
deny
`;
}
