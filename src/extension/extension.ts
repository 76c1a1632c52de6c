// The composition root: makes the parts in order, wires settings to them, and lets go in reverse.
import * as vscode from 'vscode';
import { DisposableStore } from '../base/disposable.ts';
import type { Log } from '../base/log.ts';
import type { Managed } from '../runner/createRuntimeManager.ts';
import { registerCommands } from './commands/allCommands.ts';
import { OutputDocuments } from './documents/outputDocuments.ts';
import { PromptEditors } from './documents/promptEditors.ts';
import { ReportDocuments } from './documents/reportDocuments.ts';
import { Fleet } from './fleet.ts';
import { WaitingCount } from './inbox/waitingCount.ts';
import { WaitingNotice } from './inbox/waitingNotice.ts';
import { LateHub } from './lateHub.ts';
import { LateSessionViews } from './lateSessionViews.ts';
import { ReviewDoor } from './review/reviewDoor.ts';
import type { Services } from './services.ts';
import { changesRuntimes, changesView, readGrouping } from './settingChanges.ts';
import { showError } from './showError.ts';
import { SpawnMemory } from './spawn/spawnMemory.ts';
import { AttachedTerminals } from './terminals/attachedTerminals.ts';
import { AgentsTree } from './tree/agentsTree.ts';

/** What other extensions, and the tests, get from `activate`. */
export interface ExtensionApi {
  /** Milliseconds that `activate` took. */
  readonly activationMs: number;
  /** The agents as the Agents view knows them. */
  readonly fleet: Fleet;
  /** What is below agents in the view, and the way to all of review. */
  readonly review: ReviewDoor;
  /** The connection to a hub. */
  readonly hub: LateHub;
  /** What tells about waiting agents: the keys of the requests that the notification is about, and the text of the status bar. */
  readonly waiting: { announced(): readonly string[]; counted(): string };
}

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  const began = performance.now();
  const owned = new DisposableStore();
  context.subscriptions.push(owned);

  const log = owned.add(vscode.window.createOutputChannel('tmux-agents', { log: true }));
  const report = (error: unknown): void => void showError(error, log).catch((fault: unknown) => log.error(String(fault)));
  const fleet = owned.add(new Fleet({ create: () => makeManager(log, report), log, onFault: report, alongside: (managed) => sessionViews.record(managed) }));
  const sessionViews: LateSessionViews = owned.add(new LateSessionViews(() => services));
  const memory = new SpawnMemory(context);
  const review: ReviewDoor = owned.add(new ReviewDoor({ services: () => services, memory: context.workspaceState }));
  const hub: LateHub = owned.add(new LateHub({ services: () => services, context }));
  const tree = owned.add(new AgentsTree({ fleet, groupBy: readGrouping, onFault: report, parts: review, others: hub }));
  const services: Services = {
    fleet,
    tree,
    memory,
    sessionViews,
    review,
    hub,
    log,
    terminals: owned.add(new AttachedTerminals({ fleet, memory: context.workspaceState })),
    output: owned.add(new OutputDocuments(fleet)),
    prompts: owned.add(new PromptEditors()),
    reports: owned.add(new ReportDocuments()),
    extensionPath: context.extensionPath,
  };
  owned.add(registerCommands(services));
  const notice = owned.add(new WaitingNotice(fleet));
  const count = owned.add(new WaitingCount(fleet));

  owned.add(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (changesRuntimes(event)) fleet.reconfigure().then(() => tree.update(), report);
      if (changesView(event)) tree.update();
    }),
  );
  owned.add(vscode.workspace.onDidGrantWorkspaceTrust(() => void fleet.reconfigure().catch(report)));
  owned.add(fleet.onDidChange(() => void (memory.hadAgents = fleet.snapshot.agents.length > 0)));
  // The badge after a reload: only where there were agents, so that a window without them touches nothing.
  if (memory.hadAgents) void fleet.start().catch((error: unknown) => log.warn(`Agents of earlier could not be looked for: ${String(error)}`));

  const activationMs = performance.now() - began;
  log.info(`Activated in ${activationMs.toFixed(1)} ms`);
  return { activationMs, fleet, review, hub, waiting: { announced: () => notice.announced, counted: () => count.text } };
}

/** Settings, schemas and runtimes are loaded when agents are first looked for, not when the window opens. */
async function makeManager(log: Log, report: (error: unknown) => void): Promise<Managed> {
  const [{ createRuntimeManager }, { readUsableConfig }] = await Promise.all([import('../runner/createRuntimeManager.ts'), import('./settings.ts')]);
  const { config, unusable, faults } = readUsableConfig();
  faults.forEach(report);
  return createRuntimeManager(config, { log, face: 'vscode', unusable });
}
