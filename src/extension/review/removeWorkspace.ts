// Remove Workspace: ends the place that was made for an agent, and says what became of the work in it.
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import type { WorkspaceRecord } from '../../protocol/workspaceRecord.ts';
import { isInside } from '../../workspaces/containment.ts';
import { removalText } from '../../workspaces/removalText.ts';
import { isFinished } from '../agentKey.ts';
import type { Review, ReviewCommand } from './reviewLate.ts';

/** Of an agent's row; else asks, since the agent may be gone. Returns the report. `{ agentId, confirm: false }` asks nothing. */
export const removeWorkspaceCommand: ReviewCommand = async (review, argument) => {
  const { fleet, log } = review.services;
  await fleet.start();
  const record = recordOf(review, argument) ?? (await askRecord(review));
  const agent = fleet.snapshot.agents.find((one) => isInside(record.path, one.workingDirectory) && !isFinished(one));
  if (agent !== undefined) throw new AgentsError('bad-input', `${agent.name} works in ${record.path}.`, { hint: 'Kill it first, then remove its workspace.' });
  if (!isQuiet(argument)) {
    const verb = 'Remove Workspace';
    const chosen = await vscode.window.showWarningMessage(`Remove the workspace ${record.id}?`, { modal: true, detail: `${record.path} is deleted. Work that is not merged or committed stays in its repository, and you are told where.` }, verb);
    if (chosen !== verb) throw cancelled();
  }
  const report = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `Removing ${record.id}` }, () => review.workspaces.remove(record, { runScripts: vscode.workspace.isTrusted }));
  const told = removalText(record, report);
  log.info(told);
  if (!isQuiet(argument)) void (report.removed ? vscode.window.showInformationMessage(told) : vscode.window.showWarningMessage(told));
  return report;
};

function isQuiet(argument: unknown): boolean {
  return typeof argument === 'object' && argument !== null && 'confirm' in argument && argument.confirm === false;
}

/** The workspace of an agent: of its row, or by its id, the agent being there or not. */
function recordOf({ services, store }: Review, argument: unknown): WorkspaceRecord | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  const key = 'key' in argument && typeof argument.key === 'string' ? argument.key.split('#')[0] : undefined;
  const agentId = 'agentId' in argument && typeof argument.agentId === 'string' ? argument.agentId : key === undefined ? undefined : services.fleet.find(key)?.agentId;
  if (agentId === undefined) return undefined;
  const agent = services.fleet.snapshot.agents.find((one) => one.agentId === agentId);
  const record = store.list().find(({ owner }) => owner === agentId) ?? (agent === undefined ? undefined : store.at(agent.workingDirectory));
  if (record === undefined) throw new AgentsError('not-found', `No workspace was made for ${agent?.name ?? agentId}: it works in a folder of yours.`);
  return record;
}

async function askRecord({ store, services }: Review): Promise<WorkspaceRecord> {
  const items = store.list().map((record) => {
    const owner = services.fleet.snapshot.agents.find(({ agentId }) => agentId === record.owner);
    return { record, label: record.id, description: [owner === undefined ? 'its agent is gone' : owner.name, record.kind, record.branch ?? ''].filter((part) => part !== '').join(' · '), detail: record.path };
  });
  if (items.length === 0) throw new AgentsError('bad-input', 'There is no workspace: none was made for an agent.');
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: 'Remove which workspace?', matchOnDescription: true, matchOnDetail: true });
  if (chosen === undefined) throw cancelled();
  return chosen.record;
}
