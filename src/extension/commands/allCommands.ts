// Every command and where its work is done: one entry per id, complete by type; the work is loaded when it is first asked for.
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { Commands, type CommandId } from '../ids.ts';
import type { CommandHandler, Services } from '../services.ts';
import type { ReviewCommandName } from '../review/reviewLate.ts';
import { showError } from '../showError.ts';

const handlers: Readonly<Record<CommandId, () => Promise<CommandHandler>>> = {
  [Commands.spawn]: async () => (await import('./spawn.ts')).spawn,
  [Commands.spawnDemo]: async () => (await import('./spawn.ts')).spawnDemo,
  [Commands.attach]: async () => (await import('./attach.ts')).attach,
  [Commands.attachInEditor]: async () => (await import('./attach.ts')).attachInEditor,
  [Commands.sendPrompt]: async () => (await import('./prompt.ts')).sendPrompt,
  [Commands.composePrompt]: async () => (await import('./prompt.ts')).composePrompt,
  [Commands.submitPrompt]: async () => (await import('./prompt.ts')).submitPrompt,
  [Commands.interrupt]: async () => (await import('./drive.ts')).interrupt,
  [Commands.rename]: async () => (await import('./drive.ts')).rename,
  [Commands.kill]: async () => (await import('./kill.ts')).kill,
  [Commands.remove]: async () => (await import('./kill.ts')).remove,
  [Commands.killAll]: async () => (await import('./kill.ts')).killAll,
  [Commands.removeFinished]: async () => (await import('./kill.ts')).removeFinished,
  [Commands.copyAttachCommand]: async () => (await import('./look.ts')).copyAttachCommand,
  [Commands.showOutput]: async () => (await import('./look.ts')).showOutput,
  [Commands.refreshOutput]: async () => (await import('./look.ts')).refreshOutput,
  [Commands.adopt]: async () => (await import('./adopt.ts')).adopt,
  [Commands.release]: async () => (await import('./adopt.ts')).release,
  [Commands.buildImage]: async () => (await import('./buildImage.ts')).buildImage,
  [Commands.startDocker]: async () => (await import('./remedies.ts')).startDocker,
  [Commands.installTmux]: async () => (await import('./remedies.ts')).installTmux,
  [Commands.doctor]: async () => (await import('./doctor.ts')).doctor,
  [Commands.explainProblem]: async () => (await import('./view.ts')).explainProblem,
  [Commands.showLog]: async () => (await import('./view.ts')).showLog,
  [Commands.groupBy]: async () => (await import('./view.ts')).groupBy,
  [Commands.inbox]: async () => (await import('./approvals.ts')).inbox,
  [Commands.approve]: async () => (await import('./approvals.ts')).approve,
  [Commands.deny]: async () => (await import('./approvals.ts')).deny,
  [Commands.denyWithNote]: async () => (await import('./approvals.ts')).denyWithNote,
  [Commands.alwaysApprove]: async () => (await import('./approvals.ts')).alwaysApprove,
  [Commands.answerQuestion]: async () => (await import('./approvals.ts')).answerQuestion,
  [Commands.openWaiting]: async () => (await import('./approvals.ts')).openWaiting,
  [Commands.autoApprove]: async () => (await import('./autoApprove.ts')).autoApprove,
  [Commands.resume]: async () => (await import('./resume.ts')).resume,
  [Commands.explainStatus]: async () => (await import('./explainStatus.ts')).explainStatus,
  [Commands.refresh]: async () => (await import('./view.ts')).refresh,
  [Commands.sendSelection]: async () => (await import('./context.ts')).sendSelection,
  [Commands.sendFile]: async () => (await import('./context.ts')).sendFile,
  [Commands.sendDiagnostics]: async () => (await import('./context.ts')).sendDiagnostics,
  [Commands.broadcast]: async () => (await import('./queue.ts')).broadcast,
  [Commands.showQueue]: async () => (await import('./queue.ts')).showQueue,
  [Commands.openSettings]: async () => (await import('./view.ts')).openSettings,
  [Commands.showTimeline]: async () => (await import('./sessions.ts')).showTimeline,
  [Commands.replay]: async () => (await import('./sessions.ts')).replay,
  [Commands.bestOf]: async () => (await import('./sessions.ts')).bestOf,
  [Commands.showBestOf]: async () => (await import('./sessions.ts')).showBestOf,
  [Commands.connectHub]: async () => (await import('./hub.ts')).connectHub,
  [Commands.disconnectHub]: async () => (await import('./hub.ts')).disconnectHub,
  [Commands.showHub]: async () => (await import('./hub.ts')).showHub,
  [Commands.hubAttach]: async () => (await import('./hub.ts')).hubAttach,
  [Commands.hubPrompt]: async () => (await import('./hub.ts')).hubPrompt,
  [Commands.hubAnswer]: async () => (await import('./hub.ts')).hubAnswer,
  [Commands.hubInterrupt]: async () => (await import('./hub.ts')).hubInterrupt,
  [Commands.hubKill]: async () => (await import('./hub.ts')).hubKill,
  [Commands.hubDiff]: async () => (await import('./hub.ts')).hubDiff,
  [Commands.showChanges]: review('showChanges'),
  [Commands.openChange]: review('openChange'),
  [Commands.openWorktree]: review('openWorktree'),
  [Commands.commitChanges]: review('commit'),
  [Commands.amendMessage]: review('amendMessage'),
  [Commands.mergeInto]: review('mergeInto'),
  [Commands.squashInto]: review('squashInto'),
  [Commands.rebaseInto]: review('rebaseInto'),
  [Commands.rebaseOnto]: review('rebaseOnto'),
  [Commands.resolveConflicts]: review('resolveConflicts'),
  [Commands.continueMerge]: review('continueMerge'),
  [Commands.abortMerge]: review('abortMerge'),
  [Commands.discardFile]: review('discardFile'),
  [Commands.discardHunk]: review('discardHunk'),
  [Commands.createPullRequest]: review('createPullRequest'),
  [Commands.addComment]: review('addComment'),
  [Commands.deleteComment]: review('deleteComment'),
  [Commands.sendComments]: review('sendComments'),
  [Commands.removeWorkspace]: review('removeWorkspace'),
};

/** Review is a bundle of its own. */
function review(name: ReviewCommandName): () => Promise<CommandHandler> {
  return () => Promise.resolve(async (services, ...args) => (await services.review.open()).run(name, args));
}

/** Every command of review takes `{ agentId }`, and rejects then. */
const reviewIds = (Object.values(Commands) as CommandId[]).filter((id) => id.startsWith('tmuxAgents.review.'));

/** Commands that callers use with arguments: their failures reject instead of showing a notification. */
const callable: ReadonlySet<CommandId> = new Set([Commands.spawn, Commands.sendPrompt, Commands.rename, Commands.buildImage, Commands.resume, Commands.autoApprove, Commands.sendSelection, Commands.sendFile, Commands.sendDiagnostics, Commands.broadcast, Commands.bestOf, Commands.connectHub, Commands.hubAttach, Commands.hubPrompt, Commands.hubInterrupt, Commands.hubKill, ...reviewIds]);

export function registerCommands(services: Services): Disposable {
  const owned = new DisposableStore();
  for (const [id, load] of Object.entries(handlers) as [CommandId, () => Promise<CommandHandler>][]) {
    owned.add(vscode.commands.registerCommand(id, (...args: readonly unknown[]) => run(services, id, load, args)));
  }
  return owned;
}

async function run(services: Services, id: CommandId, load: () => Promise<CommandHandler>, args: readonly unknown[]): Promise<unknown> {
  try {
    const handler = await load();
    return await handler(services, ...args);
  } catch (error) {
    if (callable.has(id) && isProgrammatic(id, args)) throw error;
    void showError(error, services.log, () => run(services, id, load, args)).catch((fault: unknown) => services.log.error(String(fault)));
    return undefined;
  }
}

/** True when a caller gave everything, so that nobody was asked. */
function isProgrammatic(id: CommandId, [first, second, third]: readonly unknown[]): boolean {
  if (id === Commands.sendPrompt || id === Commands.rename) return typeof second === 'string';
  if (id === Commands.broadcast) return typeof third === 'string';
  if (id === Commands.sendSelection || id === Commands.sendFile || id === Commands.sendDiagnostics) return typeof first === 'object' && first !== null && 'agent' in first;
  if (reviewIds.includes(id)) return typeof first === 'object' && first !== null && 'agentId' in first;
  return typeof first === 'object' && first !== null && !('kind' in first);
}
