// goose. Commands from its documentation (block.github.io/goose/docs/guides/goose-cli-commands); unproven here.
import { LAUNCH_FAILURE } from '../runtimes/launcher.ts';
import { AIProvider } from './aiProvider.ts';
import type { Provider } from './provider.ts';

/** A first prompt goes to `goose run`, which `--interactive` keeps open after it; without one there is `goose session`. */
const SCRIPT = `
command -v goose >/dev/null 2>&1 || { printf '${LAUNCH_FAILURE}goose: command not found\\n'; exit 127; }
for word do
  case $word in --text=*) exec goose run --interactive "$@" ;; esac
done
exec goose session "$@"
`;

export const goose: Provider = {
  id: AIProvider.GOOSE,
  label: 'goose',
  description: 'An open source agent by Block',
  icon: 'rocket',
  executables: ['goose'],
  variables: ['GOOSE_*'],
  installHint: 'Install it as its documentation says (block.github.io/goose), then run "goose configure".',
  argv: ['sh', '-c', SCRIPT, 'goose'],
  version: ['--version'],
  task: ['--text={task}'],
  resume: ['--resume', '--session-id={session}'],
  interruptKeys: ['C-c'],
  exit: { prompt: '/exit' },
  // It has no flags for either.
  prepare: ({ autoPilot }) => ({ env: autoPilot === undefined ? {} : { GOOSE_MODE: autoPilot ? 'auto' : 'approve' } }),
};
