// The command line: its commands, options and help. What each command does is in commands/.
import { Command as Program } from 'commander';
import { AgentsError } from '../base/errors.ts';
import { attach } from './commands/attach.ts';
import { doctor } from './commands/doctor.ts';
import { kill } from './commands/kill.ts';
import { list } from './commands/list.ts';
import { output } from './commands/output.ts';
import { send } from './commands/send.ts';
import { spawn, type SpawnCommandOptions } from './commands/spawn.ts';
import { exitCodeHelp } from './exitCodes.ts';
import { openFace, type Command, type CommonOptions, type Surroundings } from './face.ts';
import { packageVersion } from './packageVersion.ts';

export interface Parsed {
  readonly program: Program;
  /** The exit code, once the chosen command has run. */
  readonly exitCode: () => number;
  /** Whether JSON was asked for; undefined as long as no command line was understood. */
  readonly json: () => boolean | undefined;
}

/** `args` are what will be parsed: whether they hold a `--` is not told by commander. */
export function createProgram(around: Surroundings, args: readonly string[]): Parsed {
  let exitCode = 0;
  let json: boolean | undefined;
  const program = new Program('tmux-agents')
    .description('Runs AI agents in tmux sessions, on this machine and in Docker containers.')
    .version(packageVersion())
    .exitOverride()
    // Or `spawn --task --version` would be a question for our own version.
    .enablePositionalOptions()
    .configureOutput({ writeOut: (text) => void around.stdout.write(text), writeErr: () => undefined })
    .showHelpAfterError(false)
    .addHelpText('after', exitCodeHelp);

  const add = <Options extends CommonOptions>(signature: string, description: string, run: Command<Options>): Program => {
    const command = program.command(signature).description(description);
    command
      .option('--json', 'print one JSON value instead of text')
      .option('--config <file>', 'settings file (default: $XDG_CONFIG_HOME/tmux-agents/config.json)')
      .action(async () => {
        const options = command.opts<Options>();
        json = options.json === true;
        exitCode = await run(await openFace(around, options), options, command.args);
      });
    return command;
  };
  const runtimeOption = ['--runtime <id>', 'only look in this runtime'] as const;

  add('doctor', 'check what this machine has of what agents need', doctor);

  // commander gives words before and after "--" alike; only the latter are a program.
  const spawnSeparated: Command<SpawnCommandOptions> = (face, options, words) => {
    if (words[0] === undefined || args.includes('--')) return spawn(face, options, words);
    throw new AgentsError('bad-input', `"${words[0]}" is not expected here.`, { hint: 'A task goes with --task "...", a program of your own after "--".' });
  };
  add('spawn [argv...]', 'start an agent; what follows "--" is a program of your own', spawnSeparated)
    .usage('[options] [-- PROGRAM ARG...]')
    .option('--runtime <id>', 'where it runs: local, docker, or an id from the settings')
    .option('--provider <id>', 'which CLI: claude, codex, gemini, opencode, copilot, aider, demo, custom, or an id from the settings')
    .option('--task <text>', 'what it is asked to do')
    .option('--cwd <dir>', 'the folder it works in (default: the current one)')
    .option('--name <name>', 'the name people see')
    .option('--model <model>', 'the model, in the words of the CLI')
    .option('--autopilot', 'let it act without asking')
    .option('--no-autopilot', 'make it ask, whatever its own settings say')
    .option('--memory <size>', 'memory limit of its container, such as 4g')
    .option('--cpus <number>', 'CPU limit of its container, such as 2 or 0.5')
    .option('--env-file <file>', 'KEY=VALUE lines for its environment');
  add('list', 'show all agents', list).alias('ls').option(...runtimeOption);
  add('attach <agent>', 'show an agent in this terminal', attach).option(...runtimeOption);
  add('send <agent> [text]', 'give an agent a prompt; "-" or nothing reads standard input', send).option(...runtimeOption);
  add('output <agent>', "print the last lines of an agent's screen", output)
    .option(...runtimeOption)
    .option('--lines <number>', 'how many, or "all"', '100');
  add('kill [agents...]', 'end agents', kill)
    .option(...runtimeOption)
    .option('--all', 'end all agents that you spawned')
    .option('--grace <seconds>', 'how long they may take to end by themselves', '5');

  return { program, exitCode: () => exitCode, json: () => json };
}
