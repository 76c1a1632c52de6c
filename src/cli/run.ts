// Runs one command line to its exit code: every fault becomes a sentence, or JSON when that was asked for.
import { CommanderError } from 'commander';
import { AgentsError } from '../base/errors.ts';
import { ExitCode, exitCodeOf } from './exitCodes.ts';
import type { Surroundings } from './face.ts';
import { Output } from './output.ts';
import { createProgram } from './program.ts';
import { createRunnerProgram, RUNNER_PROGRAM } from './runnerProgram.ts';

/** `args` as after the program's name. Never throws. */
export async function run(args: readonly string[], around: Surroundings): Promise<number> {
  const { program, exitCode, json } = around.program === RUNNER_PROGRAM ? createRunnerProgram(around) : createProgram(around, args);
  try {
    if (args.length === 0) {
      around.stderr.write(program.helpInformation());
      return ExitCode.USAGE;
    }
    await program.parseAsync(args, { from: 'user' });
    return exitCode();
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.OK;
    const fault = error instanceof CommanderError ? usageError(error, program.name()) : error;
    new Output(json() ?? wantsJson(args), around).fail(fault);
    return exitCodeOf(fault);
  }
}

function usageError(error: CommanderError, program: string): AgentsError {
  const [sentence = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  const hint = more.join(' ').replace(/[()]/g, '').trim();
  return new AgentsError('bad-input', `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.$/, '')}.`, { hint: `${hint === '' ? '' : `${hint} `}See "${program} --help".`, cause: error });
}

/** For command lines that could not be parsed. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--json');
}
