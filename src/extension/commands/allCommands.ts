// Every command and what it does: one entry per id, complete by type.
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { Commands, type CommandId } from '../ids.ts';
import type { CommandHandler, Services } from '../services.ts';
import { showError } from '../showError.ts';
import { adopt, release } from './adopt.ts';
import { attach, attachInEditor } from './attach.ts';
import { buildImage } from './buildImage.ts';
import { doctor } from './doctor.ts';
import { interrupt, rename } from './drive.ts';
import { kill, killAll, remove, removeFinished } from './kill.ts';
import { copyAttachCommand, refreshOutput, showOutput } from './look.ts';
import { composePrompt, sendPrompt, submitPrompt } from './prompt.ts';
import { installTmux, startDocker } from './remedies.ts';
import { spawn, spawnDemo } from './spawn.ts';
import { explainProblem, groupBy, openSettings, refresh, showLog } from './view.ts';

const handlers: Readonly<Record<CommandId, CommandHandler>> = {
  [Commands.spawn]: spawn,
  [Commands.spawnDemo]: spawnDemo,
  [Commands.attach]: attach,
  [Commands.attachInEditor]: attachInEditor,
  [Commands.sendPrompt]: sendPrompt,
  [Commands.composePrompt]: composePrompt,
  [Commands.submitPrompt]: submitPrompt,
  [Commands.interrupt]: interrupt,
  [Commands.rename]: rename,
  [Commands.kill]: kill,
  [Commands.remove]: remove,
  [Commands.killAll]: killAll,
  [Commands.removeFinished]: removeFinished,
  [Commands.copyAttachCommand]: copyAttachCommand,
  [Commands.showOutput]: showOutput,
  [Commands.refreshOutput]: refreshOutput,
  [Commands.adopt]: adopt,
  [Commands.release]: release,
  [Commands.buildImage]: buildImage,
  [Commands.startDocker]: startDocker,
  [Commands.installTmux]: installTmux,
  [Commands.doctor]: doctor,
  [Commands.explainProblem]: explainProblem,
  [Commands.showLog]: showLog,
  [Commands.groupBy]: groupBy,
  [Commands.refresh]: refresh,
  [Commands.openSettings]: openSettings,
};

/** Commands that callers use with arguments: their failures reject instead of showing a notification. */
const callable: ReadonlySet<CommandId> = new Set([Commands.spawn, Commands.sendPrompt, Commands.rename, Commands.buildImage]);

export function registerCommands(services: Services): Disposable {
  const owned = new DisposableStore();
  for (const [id, handler] of Object.entries(handlers) as [CommandId, CommandHandler][]) {
    owned.add(vscode.commands.registerCommand(id, (...args: readonly unknown[]) => run(services, id, handler, args)));
  }
  return owned;
}

async function run(services: Services, id: CommandId, handler: CommandHandler, args: readonly unknown[]): Promise<unknown> {
  try {
    return await handler(services, ...args);
  } catch (error) {
    if (callable.has(id) && isProgrammatic(id, args)) throw error;
    void showError(error, services.log, () => run(services, id, handler, args)).catch((fault: unknown) => services.log.error(String(fault)));
    return undefined;
  }
}

/** True when a caller gave everything, so that nobody was asked. */
function isProgrammatic(id: CommandId, [first, second]: readonly unknown[]): boolean {
  if (id === Commands.sendPrompt || id === Commands.rename) return typeof second === 'string';
  return typeof first === 'object' && first !== null && !('kind' in first);
}
