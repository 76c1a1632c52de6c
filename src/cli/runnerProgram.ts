// The runner's commands, as `tmux-agents runner ...` and under Sibyl's own name, `sibyl-runner ...`. What each does is in commands/.
import { Command as Program } from 'commander';
import { exitCodeHelp } from './exitCodes.ts';
import type { Surroundings } from './face.ts';
import { Output } from './output.ts';
import { packageVersion } from './packageVersion.ts';
import type { Parsed } from './program.ts';
import { installService, type InstallOptions } from './commands/runnerInstall.ts';
import { register, type RegisterOptions } from './commands/runnerRegister.ts';
import { runDaemon, type RunOptions } from './commands/runnerRun.ts';
import { runnerStatus } from './commands/runnerStatus.ts';

/** The other name of the command. */
export const RUNNER_PROGRAM = 'sibyl-runner';

/** What every command of the runner has. */
export interface RunnerOptions {
  readonly json?: boolean;
  /** runner.yaml. */
  readonly config?: string;
}

/** One command's run. */
export interface RunnerFace {
  readonly around: Surroundings;
  readonly output: Output;
}

export type RunnerCommand<Options> = (face: RunnerFace, options: Options) => Promise<number>;

export interface Told {
  readonly asked: (json: boolean) => void;
  readonly ended: (exitCode: number) => void;
}

export function createRunnerProgram(around: Surroundings): Parsed {
  let exitCode = 0;
  let json: boolean | undefined;
  const program = new Program(RUNNER_PROGRAM)
    .description("Makes this machine a hub's runner: it executes tasks that a hub hands out, each in a worktree of its own.")
    .version(packageVersion())
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({ writeOut: (text) => void around.stdout.write(text), writeErr: () => undefined })
    .showHelpAfterError(false)
    .addHelpText('after', exitCodeHelp);
  addRunnerCommands(program, around, { asked: (wished) => (json = wished), ended: (code) => (exitCode = code) });
  return { program, exitCode: () => exitCode, json: () => json };
}

export function addRunnerCommands(parent: Program, around: Surroundings, told: Told): void {
  const add = <Options extends RunnerOptions>(name: string, description: string, run: RunnerCommand<Options>): Program => {
    const command = parent.command(name).description(description);
    command
      .allowExcessArguments(false)
      .option('-c, --config <file>', "the runner's settings (default: $SIBYL_CONFIG_FILE, $SIBYL_CONFIG_DIR/runner.yaml, ~/.config/sibyl/runner.yaml)")
      .option('--json', 'print one JSON value instead of text')
      .action(async () => {
        const options = command.opts<Options>();
        told.asked(options.json === true);
        told.ended(await run({ around, output: new Output(options.json === true, around) }, options));
      });
    return command;
  };
  add<RegisterOptions>('register', 'register this machine with a hub', register)
    .option('-s, --server <url>', "the hub's address (default: $SIBYL_SERVER_URL, or that of the settings)")
    .option('-n, --name <name>', "this runner's name (default: $SIBYL_RUNNER_NAME, that of the settings, or the host's)")
    .option('-m, --max-agents <number>', 'how many agents it may run at once, 1 to 20 (default: 3)')
    .option('--capability <word>', 'what it can do that others cannot, such as "gpu"; may be given several times', (word: string, words: readonly string[] = []) => [...words, word])
    .option('--token-file <file>', 'a file with an access token of the hub (default: $SIBYL_ACCESS_TOKEN, standard input, or it asks)');
  add<RunOptions>('run', 'connect to the hub and execute its tasks, until it is told to end', runDaemon).option('--wait', 'stay while it is not registered or refused, and go on once its settings have changed: for containers');
  add<RunnerOptions>('status', 'ask the runner on this machine how it is', runnerStatus);
  add<InstallOptions>('install-service', 'write a systemd user unit that keeps the runner running', installService).option('--print', 'only show it');
}
