// `tmux-agents attach`: shows an agent in this terminal until the person detaches or it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions, type Surroundings } from '../face.ts';

/** With --json, or where there is no terminal, it says the command instead of running it; the latter fails. */
export const attach: Command<CommonOptions> = async (face, options, [wanted = '']) => {
  const { around, output } = face;
  const { agent, command } = await withManager(face, options.runtime, async ({ manager }) => {
    const found = findAgent(await manager.listByRuntime(), wanted);
    return { agent: found, command: manager.getAttachCommand(found.handle) };
  });
  if (output.json) {
    output.answer({ agentId: agent.agentId, argv: command, command: String(command) }, () => '');
    return ExitCode.OK;
  }
  if (!around.stdin.isTTY || around.stdout.isTTY !== true) {
    output.answer({}, () => String(command));
    throw new AgentsError('unsupported', 'Attaching needs a terminal, and this is none.', { hint: 'Run the command above in a terminal.' });
  }
  return becomeTerminal(command, around, agent.runtimeType === 'docker');
};

/** The program has the terminal to itself; a Ctrl-C is for it, not for us. */
async function becomeTerminal(argv: readonly string[], around: Surroundings, isDocker: boolean): Promise<number> {
  const [program = '', ...args] = argv;
  const env = { ...around.env };
  // tmux refuses to attach from inside tmux when it sees these.
  delete env['TMUX'];
  delete env['TMUX_PANE'];
  const child = spawn(program, args, { stdio: 'inherit', env });
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? (signal === null ? ExitCode.FAILURE : ExitCode.CANCELLED);
  } catch (error) {
    if (isDocker && error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new AgentsError('docker-cli-missing', `Attaching needs the docker command, and "${program}" is not on the PATH.`, {
        hint: 'Install the Docker CLI (https://docs.docker.com/engine/install/), or name it as dockerPath in the configuration file.',
        cause: error,
      });
    }
    throw new AgentsError('command-not-found', `"${program}" cannot be run: ${messageOf(error)}.`, { cause: error });
  }
}
