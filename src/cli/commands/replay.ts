// `tmux-agents replay`: plays an agent's recorded terminal in this one.
import { join } from 'node:path';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import { castFrames, playCast } from '../../sessions/recording/castFrames.ts';
import { sessionsFolder, sessionsOf } from '../../sessions/recorder/sessionFolders.ts';
import { RECORDING } from '../../sessions/recorder/terminalRecorder.ts';
import { hasRecording } from '../../sessions/timeline/readCast.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions } from '../face.ts';
import { HarmlessOutput } from '../harmlessOutput.ts';
import { numberOf, recordedAgent } from './timeline.ts';

export interface ReplayCommandOptions extends CommonOptions {
  readonly speed: string;
  readonly idleLimit: string;
}

/** Leaves colours, the other screen and a hidden cursor behind. */
const RESTORE = '\u001b[0m\u001b[?1049l\u001b[?25h\n';

export const replay: Command<ReplayCommandOptions> = (face, options, [wanted = '']) => {
  const { around, output } = face;
  const [speed, longestIdle] = [numberOf(options.speed, '--speed', 0.1), numberOf(options.idleLimit, '--idle-limit', 0)];
  const folder = sessionsFolder(around.env);
  return withManager(face, options.runtime, async (managed) => {
    const agentId = await recordedAgent(managed, folder, wanted);
    const sessionId = sessionsOf(folder, agentId).findLast((one) => hasRecording(join(folder, one)));
    if (sessionId === undefined) throw new AgentsError('not-found', `Nothing was recorded of the terminal of "${agentId}".`, { hint: 'VS Code records the agents that it shows (tmuxAgents.sessions.record), and so does "timeline --follow" (sessions.record in the settings file).' });
    const path = join(folder, sessionId, RECORDING);
    if (output.json) {
      output.answer({ agentId, sessionId, path }, () => '');
      return ExitCode.OK;
    }
    const harmless = new HarmlessOutput();
    const toTerminal = around.stdout.isTTY === true;
    try {
      // Nobody watches a pipe: it gets all at once.
      await playCast(castFrames(path), (frame) => frame.kind === 'output' && around.stdout.write(harmless.take(frame.data)), { speed: toTerminal ? speed : Infinity, longestIdle, signal: around.signal });
    } catch (error) {
      if (!isAgentsError(error, 'cancelled')) throw error;
    } finally {
      if (toTerminal) around.stdout.write(RESTORE);
    }
    return ExitCode.OK;
  }, { tidiesUp: true });
};
