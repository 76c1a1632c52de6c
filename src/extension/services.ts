// What the commands work with: made once by the composition root.
import type * as vscode from 'vscode';
import type { OutputDocuments } from './documents/outputDocuments.ts';
import type { PromptEditors } from './documents/promptEditors.ts';
import type { ReportDocuments } from './documents/reportDocuments.ts';
import type { Fleet } from './fleet.ts';
import type { LateHub } from './lateHub.ts';
import type { LateSessionViews } from './lateSessionViews.ts';
import type { ReviewDoor } from './review/reviewDoor.ts';
import type { SpawnMemory } from './spawn/spawnMemory.ts';
import type { AttachedTerminals } from './terminals/attachedTerminals.ts';
import type { AgentsTree } from './tree/agentsTree.ts';

export interface Services {
  readonly fleet: Fleet;
  readonly tree: AgentsTree;
  readonly terminals: AttachedTerminals;
  readonly output: OutputDocuments;
  readonly prompts: PromptEditors;
  readonly reports: ReportDocuments;
  readonly memory: SpawnMemory;
  readonly sessionViews: LateSessionViews;
  readonly review: ReviewDoor;
  readonly hub: LateHub;
  readonly log: vscode.LogOutputChannel;
  /** Where the extension is installed. */
  readonly extensionPath: string;
}

/** What a command does. What it returns is returned to callers of `executeCommand`; what it throws is shown to the person. */
export type CommandHandler = (services: Services, ...args: readonly unknown[]) => unknown;
