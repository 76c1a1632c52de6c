// aider. Flags as in its options reference (aider.chat/docs/config/options.html).
import { LAUNCH_FAILURE } from '../runtimes/launcher.ts';
import { AIProvider } from './aiProvider.ts';
import type { Provider } from './provider.ts';

/** aider has no flag for a first prompt that keeps the chat open: the task runs in a first aider that ends after it, then a second one goes on from its history. */
const SCRIPT = `
command -v aider >/dev/null 2>&1 || { printf '${LAUNCH_FAILURE}aider: command not found\\n'; exit 127; }
message=
for word do
  shift
  case $word in
    --message=*) message=$word ;;
    *) set -- "$@" "$word" ;;
  esac
done
[ -z "$message" ] && exec aider "$@"
aider "$@" "$message" || exit
exec aider "$@" --restore-chat-history
`;

export const aider: Provider = {
  id: AIProvider.AIDER,
  label: 'aider',
  description: 'AI pair programming in the terminal',
  icon: 'person-add',
  executables: ['aider'],
  variables: ['AIDER_*', 'OPENAI_*', 'ANTHROPIC_API_KEY'],
  installHint: 'Install it with "python -m pip install aider-install && aider-install", and give it an API key.',
  argv: ['sh', '-c', SCRIPT, 'aider'],
  version: ['--version'],
  task: ['--message={task}'],
  model: ['--model={model}'],
  autopilot: ['--yes-always'],
  interruptKeys: ['C-c'],
  exit: { prompt: '/exit' },
  // aider keeps one history per folder and has no session ids.
};
