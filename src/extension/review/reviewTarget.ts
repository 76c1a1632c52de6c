// What a review command is about: the agent of a row, of the editor that is active, or one that is asked for; with its folder and base.
import { sep } from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { reviewOf, type Reviewed } from '../../workspaces/review/reviewBase.ts';
import { oneAgent } from '../agentArgument.ts';
import { agentKey } from '../agentKey.ts';
import type { Services } from '../services.ts';
import { agentOfPart } from '../tree/agentParts.ts';
import { parseBaseUri } from './baseFiles.ts';
import type { Review } from './reviewLate.ts';

/** What a caller may give: an agent, and what would be asked otherwise. */
const Given = z.object({
  agentId: z.string().optional(),
  runtimeId: z.string().optional(),
  /** Of a commit. */
  message: z.string().optional(),
  /** A branch. */
  into: z.string().optional(),
  /** A changed file, relative to the agent's folder. */
  path: z.string().optional(),
  /** From 1: where the change is that is meant. */
  line: z.int().min(1).optional(),
  /** Of a comment, or of a pull request. */
  text: z.string().optional(),
  title: z.string().optional(),
  /** False: what destroys is not asked about once more. */
  confirm: z.boolean().optional(),
});
export type Given = z.infer<typeof Given>;

export interface Target {
  readonly agent: AgentInfo;
  readonly reviewed: Reviewed;
  readonly given: Given;
}

const Row = z.object({ kind: z.string(), key: z.string() });

/** Throws `cancelled` when the person picks none; as `reviewOf` where there is nothing to review. */
export async function targetOf(review: Review, args: readonly unknown[], placeHolder: string): Promise<Target> {
  const { services, store } = review;
  const given = givenBy(args[0]);
  const agent = rowsAgent(services, args[0]) ?? (args[0] instanceof vscode.Uri || args[0] === undefined ? editorsAgent(review) : undefined) ?? (await oneAgent(services, [agentArgument(args[0])], { placeHolder, accept: (candidate) => services.review.hasParts(candidate) }));
  return { agent, given, reviewed: await reviewOf(agent.workingDirectory, store) };
}

/** The path of a changed file's row. */
export function rowsPath(argument: unknown): string | undefined {
  const row = Row.safeParse(argument);
  return row.success && row.data.kind === 'change' ? row.data.key.slice(row.data.key.indexOf('#change:') + '#change:'.length) : undefined;
}

/** The file of the active editor, or of the address, below the folder: relative, with `/`. */
export function editorsPath({ folder }: Reviewed, argument: unknown): string | undefined {
  const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
  if (uri === undefined) return undefined;
  const address = parseBaseUri(uri);
  if (address !== undefined) return address.folder === folder ? address.path : undefined;
  return uri.scheme === 'file' && uri.fsPath.startsWith(`${folder}${sep}`) ? uri.fsPath.slice(folder.length + 1).split(sep).join('/') : undefined;
}

/** The agent in whose folder this file is: the innermost, and of several there the one that was started last. */
export function agentOfFile({ fleet }: Services, uri: vscode.Uri): AgentInfo | undefined {
  const address = parseBaseUri(uri);
  const path = address?.folder ?? (uri.scheme === 'file' ? uri.fsPath : undefined);
  if (path === undefined) return undefined;
  const around = fleet.snapshot.agents.filter(({ workingDirectory: folder }) => path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`));
  return around.toSorted((a, b) => b.workingDirectory.length - a.workingDirectory.length || b.createdAt.localeCompare(a.createdAt))[0];
}

/** What is given by a caller who leaves nothing to be asked. */
function givenBy(argument: unknown): Given {
  if (typeof argument !== 'object' || argument === null || argument instanceof vscode.Uri || 'kind' in argument) return {};
  const parsed = Given.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw new AgentsError('bad-input', 'This command takes { agentId } and what it would ask for.', { cause: parsed.error });
}

function rowsAgent(services: Services, argument: unknown): AgentInfo | undefined {
  const row = Row.safeParse(argument);
  if (!row.success || (row.data.kind !== 'changes' && row.data.kind !== 'change')) return undefined;
  const agent = services.fleet.find(agentOfPart(row.data.key));
  if (agent === undefined) throw new AgentsError('not-found', 'The agent of these changes is gone.');
  return agent;
}

function editorsAgent(review: Review): AgentInfo | undefined {
  const { services } = review;
  const uri = vscode.window.activeTextEditor?.document.uri;
  const agent = uri === undefined ? undefined : agentOfFile(services, uri);
  // Only where it is the agent's own place: an editor of the person's project may have nothing to do with what is meant.
  return agent === undefined || uri === undefined || (uri.scheme === 'file' && vscode.workspace.getWorkspaceFolder(uri) !== undefined && !review.shown.has(agentKey(agent))) ? undefined : agent;
}

function agentArgument(argument: unknown): unknown {
  return argument instanceof vscode.Uri ? undefined : argument;
}
