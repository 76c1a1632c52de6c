// What each provider's CLI is started with, for plain and for wicked tasks.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../src/base/errors.ts';
import { AIProvider } from '../../../src/providers/aiProvider.ts';
import { builtInProviders } from '../../../src/providers/builtIn.ts';
import { launchArgv, launchEnv, resumeArgv } from '../../../src/providers/launch.ts';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';

const registry = createProviderRegistry();
const provider = (id: string) => registry.get(id);

/** The command line without a script that is one of its words. */
function shown(argv: readonly string[]): string[] {
  return argv.map((word) => (word.includes('\n') && word.length > 200 ? 'SCRIPT' : word));
}

/** For a CLI that knows no `--`: what it could read as an option, a file or a subcommand begins with a space. */
function isText(word: string): boolean {
  return !/^[-@]/.test(word) && /\s/.test(word);
}

describe('launching a provider', () => {
  const expected: Record<string, { plain: string[]; full: string[]; ask: string[] }> = {
    claude: {
      plain: ['claude', '--', 'Fix it now'],
      full: ['claude', '--settings', '{"skipDangerousModePermissionPrompt":true}', '--permission-mode', 'bypassPermissions', '--model', 'M', '--', 'Fix it now'],
      ask: ['claude', '--permission-mode', 'manual', '--', 'Fix it now'],
    },
    codex: {
      plain: ['codex', '--no-daemon', '--', 'Fix it now'],
      full: ['codex', '--no-daemon', '--dangerously-bypass-approvals-and-sandbox', '--model', 'M', '--', 'Fix it now'],
      ask: ['codex', '--no-daemon', '--ask-for-approval', 'on-request', '--', 'Fix it now'],
    },
    gemini: {
      plain: ['gemini', '--prompt-interactive=Fix it now'],
      full: ['gemini', '--approval-mode=yolo', '--model=M', '--prompt-interactive=Fix it now'],
      ask: ['gemini', '--approval-mode=default', '--prompt-interactive=Fix it now'],
    },
    opencode: {
      plain: ['opencode', '--prompt=Fix it now'],
      full: ['opencode', '--auto', '--model=M', '--prompt=Fix it now'],
      ask: ['opencode', '--prompt=Fix it now'],
    },
    copilot: {
      plain: ['copilot', '--interactive=Fix it now'],
      full: ['copilot', '--allow-all', '--model=M', '--interactive=Fix it now'],
      ask: ['copilot', '--interactive=Fix it now'],
    },
    qwen: {
      plain: ['qwen', '--prompt-interactive=Fix it now'],
      full: ['qwen', '--approval-mode=yolo', '--model=M', '--prompt-interactive=Fix it now'],
      ask: ['qwen', '--approval-mode=default', '--prompt-interactive=Fix it now'],
    },
    'cursor-agent': {
      plain: ['cursor-agent', '--', 'Fix it now'],
      full: ['cursor-agent', '--force', '--model', 'M', '--', 'Fix it now'],
      ask: ['cursor-agent', '--', 'Fix it now'],
    },
    goose: {
      plain: ['sh', '-c', 'SCRIPT', 'goose', '--text=Fix it now'],
      full: ['sh', '-c', 'SCRIPT', 'goose', '--text=Fix it now'],
      ask: ['sh', '-c', 'SCRIPT', 'goose', '--text=Fix it now'],
    },
    pi: {
      plain: ['pi', 'Fix it now'],
      full: ['pi', '--model', 'M', 'Fix it now'],
      ask: ['pi', 'Fix it now'],
    },
    aider: {
      plain: ['sh', '-c', 'SCRIPT', 'aider', '--message=Fix it now'],
      full: ['sh', '-c', 'SCRIPT', 'aider', '--yes-always', '--model=M', '--message=Fix it now'],
      ask: ['sh', '-c', 'SCRIPT', 'aider', '--message=Fix it now'],
    },
    demo: {
      plain: ['sh', '-c', 'SCRIPT', 'tmux-agents-demo', '--', 'Fix it now'],
      full: ['sh', '-c', 'SCRIPT', 'tmux-agents-demo', '--autopilot', '--model', 'M', '--', 'Fix it now'],
      ask: ['sh', '-c', 'SCRIPT', 'tmux-agents-demo', '--ask', '--', 'Fix it now'],
    },
  };

  /** A program of the person's own, and one whose argument would be its only prompt. */
  const withoutFirstPrompt = ['custom', 'amp'];

  it('is described here for every built-in provider', () => {
    assert.deepEqual(builtInProviders.map(({ id }) => id).sort(), Object.values(AIProvider).sort());
    assert.deepEqual([...Object.keys(expected), ...withoutFirstPrompt].sort(), Object.values(AIProvider).sort());
  });

  for (const [id, { plain, full, ask }] of Object.entries(expected)) {
    describe(id, () => {
      it('gets its task as its first prompt', () => assert.deepEqual(shown(launchArgv(provider(id), { task: 'Fix it now' })), plain));
      it('gets model and autopilot', () => assert.deepEqual(shown(launchArgv(provider(id), { task: 'Fix it now', model: 'M', autoPilot: true })), full));
      it('is made to ask, where it can be', () => assert.deepEqual(shown(launchArgv(provider(id), { task: 'Fix it now', autoPilot: false })), ask));
      it('gets no empty prompt without a task', () => {
        for (const task of [undefined, '', '  \n']) assert.deepEqual(launchArgv(provider(id), { task, model: '' }), [...provider(id).argv]);
      });

      for (const task of ['--help', '-x', '--', '-', '"quoted" and \'quoted\'', '`id` $(id) ${HOME} $1', 'two\nlines\n', 'ends with ;', '{task} {model}', '$& $1 $$', 'é 漢 🙂', ' ']) {
        it(`takes ${JSON.stringify(task)} as text, in one word, whole`, () => {
          const argv = launchArgv(provider(id), { task, model: '{task}' });
          const withoutTask = launchArgv(provider(id), { model: '{task}' });
          if (task.trim() === '') return assert.deepEqual(argv, withoutTask);
          const last = argv.at(-1) ?? '';
          assert.ok(last.endsWith(task), `the last word is ${JSON.stringify(last)}`);
          assert.deepEqual(argv.slice(0, withoutTask.length), withoutTask, 'the task changes nothing before it');
          // Either the word before says that no option follows, or the word is an option that holds the task.
          const flag = last.slice(0, last.length - task.length);
          assert.ok(argv.at(-2) === '--' || /^--[a-z-]+= ?$/.test(flag) || isText(last), `${JSON.stringify(argv.slice(-2))}`);
        });
      }
    });
  }

  it('hides from claude that a one-word task is the name of one of its subcommands', () => {
    assert.deepEqual(launchArgv(provider('claude'), { task: 'doctor' }), ['claude', '--', ' doctor']);
    assert.deepEqual(launchArgv(provider('claude'), { task: 'doctor please' }), ['claude', '--', 'doctor please']);
  });

  it('keeps opencode from taking quotes off a task', () => {
    assert.deepEqual(launchArgv(provider('opencode'), { task: '"all of it"' }), ['opencode', '--prompt= "all of it"']);
  });

  it('runs an argv that was given as it is, whatever the provider', () => {
    assert.deepEqual(launchArgv(provider('custom'), { argv: ['my tool', '{task}', ''], task: 'T', autoPilot: true }), ['my tool', '{task}', '']);
  });

  it('says what to do when the custom provider has no program', () => {
    assert.throws(
      () => launchArgv(provider('custom'), { task: 'T' }),
      (error) => isAgentsError(error, 'bad-input') && /"custom" has no program/.test(error.message) && /providers\.custom\.argv/.test(error.hint ?? ''),
    );
  });

  it('leaves out a task that the CLI would take as its only one', () => {
    assert.deepEqual(launchArgv(provider('amp'), { task: 'Fix it now', autoPilot: true }), ['amp', '--dangerously-allow-all']);
  });

  it('sets a mode in the words of the CLI, whatever the wish for autopilot', () => {
    for (const autoPilot of [undefined, true, false]) assert.deepEqual(launchArgv(provider('claude'), { permissionMode: 'acceptEdits', autoPilot }), ['claude', '--permission-mode', 'acceptEdits']);
    assert.deepEqual(launchArgv(provider('gemini'), { permissionMode: 'auto_edit' }), ['gemini', '--approval-mode=auto_edit']);
    assert.throws(() => launchArgv(provider('opencode'), { permissionMode: 'plan' }), (error) => isAgentsError(error, 'unsupported') && /opencode has no permission modes/.test(error.message));
  });

  it('puts what it was prepared with after its wishes, then the id, then more arguments, then the task', () => {
    const prepared = ['--settings', 'F'];
    assert.deepEqual(launchArgv(provider('claude'), { autoPilot: true, model: 'M', conversation: 'ID', extraArgs: ['--verbose', '{task}'], task: 'a b' }, prepared), [
      'claude', '--settings', '{"skipDangerousModePermissionPrompt":true}', '--permission-mode', 'bypassPermissions', '--settings', 'F', '--model', 'M', '--session-id', 'ID', '--verbose', '{task}', '--', 'a b',
    ]);
    assert.deepEqual(resumeArgv(provider('codex'), { session: 'ID', extraArgs: ['-x'], conversation: 'ID' }, ['-c', 'a=1']), ['codex', '--no-daemon', '-c', 'a=1', '-x', 'resume', 'ID']);
  });

  it('adds the arguments of the settings before those of one agent', () => {
    const { get } = createProviderRegistry({ gemini: { args: ['--debug'] } });
    assert.deepEqual(launchArgv(get('gemini'), { extraArgs: ['--screen-reader'], task: 'a b' }), ['gemini', '--debug', '--screen-reader', '--prompt-interactive=a b']);
  });

  it('takes codex out of its own sandbox only inside a container', () => {
    assert.deepEqual(launchArgv(provider('codex'), { isolated: true }), ['codex', '--no-daemon', '--sandbox', 'danger-full-access']);
    assert.deepEqual(launchArgv(provider('codex'), { isolated: true, autoPilot: true }), ['codex', '--no-daemon', '--dangerously-bypass-approvals-and-sandbox']);
    assert.deepEqual(launchArgv(provider('codex'), { isolated: false }), ['codex', '--no-daemon']);
  });
});

describe("a provider's environment", () => {
  it('tells claude that it is in a sandbox only where it is, and on autopilot', () => {
    assert.deepEqual(launchEnv(provider('claude'), { autoPilot: true, isolated: true }), { IS_SANDBOX: '1' });
    assert.deepEqual(launchEnv(provider('claude'), { autoPilot: true }), {});
    assert.deepEqual(launchEnv(provider('claude'), { isolated: true }), {});
  });

  it('is overridden by what the person gives', () => {
    const { get } = createProviderRegistry({ claude: { env: { A: 'settings', B: 'settings' } } });
    assert.deepEqual(launchEnv(get('claude'), { env: { B: 'mine' } }), { A: 'settings', B: 'mine' });
  });
});

describe('resuming a conversation', () => {
  const session = '019a0000-0000-7000-8000-000000000000';
  for (const [id, argv] of [
    ['claude', ['claude', '--resume', session]],
    ['codex', ['codex', '--no-daemon', 'resume', session]],
    ['gemini', ['gemini', `--resume=${session}`]],
    ['opencode', ['opencode', `--session=${session}`]],
    ['copilot', ['copilot', `--resume=${session}`]],
    ['qwen', ['qwen', `--resume=${session}`]],
    ['cursor-agent', ['cursor-agent', `--resume=${session}`]],
    ['amp', ['amp', 'threads', 'continue', session]],
    ['goose', ['sh', '-c', 'SCRIPT', 'goose', '--resume', `--session-id=${session}`]],
    ['pi', ['pi', '--session', session]],
    ['demo', ['sh', '-c', 'SCRIPT', 'tmux-agents-demo', '--resume', session]],
  ] as const) {
    it(`${id}: by its id`, () => assert.deepEqual(shown(resumeArgv(provider(id), { session, task: 'not given again' })), argv));
  }

  it('keeps model and autopilot', () => {
    assert.deepEqual(resumeArgv(provider('codex'), { session, model: 'M', autoPilot: true }), ['codex', '--no-daemon', '--dangerously-bypass-approvals-and-sandbox', '--model', 'M', 'resume', session]);
  });

  it('is refused by a CLI that has no ids', () => {
    assert.throws(() => resumeArgv(provider('aider'), { session }), (error) => isAgentsError(error, 'unsupported'));
  });
});
