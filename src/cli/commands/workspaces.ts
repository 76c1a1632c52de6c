// `tmux-agents workspaces`: the places that were made for agents, the end of one, and those that nobody owns any more.
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AgentsError, messageOf } from '../../base/errors.ts';
import type { WorkspaceRecord } from '../../protocol/workspaceRecord.ts';
import { isInside } from '../../workspaces/containment.ts';
import { removalText } from '../../workspaces/removalText.ts';
import type { RemovalReport } from '../../workspaces/types.ts';
import type { Orphan } from '../../workspaces/orphans.ts';
import { WorkspaceManager } from '../../workspaces/workspaceManager.ts';
import { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions, type Face } from '../face.ts';
import { plainText } from '../plainText.ts';

export interface WorkspacesOptions extends CommonOptions {
  readonly force?: boolean;
}

export const workspaces: Command<WorkspacesOptions> = async (face, options, [action = 'list', ...ids]) => {
  const manager = openWorkspaces();
  if (action !== 'remove' && ids.length > 0) throw new AgentsError('bad-input', `"${ids[0] ?? ''}" is not expected here.`, { hint: 'See "tmux-agents workspaces --help".' });
  switch (action) {
    case 'list':
      return list(face, manager.list());
    case 'remove':
      return remove(face, manager, ids, options.force === true);
    case 'orphans':
      return orphans(face, manager);
    default:
      throw new AgentsError('bad-input', `There is no action "${action}".`, { hint: 'Use list, remove ID..., or orphans.' });
  }
};

export function openWorkspaces(): WorkspaceManager {
  return new WorkspaceManager({ store: new WorkspaceStore() });
}

function list({ output }: Face, records: readonly WorkspaceRecord[]): number {
  output.answer(records, () => (records.length === 0 ? 'No workspaces.' : records.map((record) => `${record.id}  ${record.kind}${record.branch === undefined ? '' : `  ${plainText(record.branch)}`}  ${plainText(record.path)}`).join('\n')));
  return ExitCode.OK;
}

async function remove(face: Face, manager: WorkspaceManager, ids: readonly string[], force: boolean): Promise<number> {
  const { output, around } = face;
  if (ids.length === 0) throw new AgentsError('bad-input', 'No workspace is named.', { hint: 'See them with: tmux-agents workspaces list' });
  const ordered = await Promise.all(ids.map((id) => placeNamed(manager, id)));
  const busy = await agentsIn(face, ordered);
  if (busy !== undefined) throw new AgentsError('bad-input', `An agent works in it: ${busy}.`, { hint: `End it first: tmux-agents kill ${busy}` });
  const reports: (RemovalReport & { readonly id: string; readonly path: string; readonly text: string })[] = [];
  for (const { id, path, why } of ordered) {
    if (why === 'unfinished') {
      await manager.recover();
      const removed = !existsSync(path);
      reports.push({ id, path, removed, text: removed ? `${id}, whose making was cut off, is removed.` : `${id} is still being made: it is kept.` });
      continue;
    }
    const record = manager.list().find((known) => known.id === id) ?? (await manager.adopt(path));
    const report = await manager.remove(record, { force, signal: around.signal });
    reports.push({ id, path, ...report, text: removalText(record, report) });
  }
  output.answer(reports.map(({ text: _text, ...report }) => report), () => reports.map(({ text }) => plainText(text)).join('\n'));
  return reports.every(({ removed }) => removed) ? ExitCode.OK : ExitCode.FAILURE;
}

interface Place {
  readonly id: string;
  readonly path: string;
  readonly why?: Orphan['why'] | undefined;
}

/** By its id; what has no record any more, by the name of its folder, as `orphans` shows it. */
async function placeNamed(manager: WorkspaceManager, id: string): Promise<Place> {
  const record = manager.list().find((known) => known.id === id);
  if (record !== undefined) return record;
  const orphan = (await manager.orphans()).find((other) => other.record === undefined && basename(other.path) === id);
  if (orphan === undefined) throw new AgentsError('not-found', `There is no workspace "${id}".`, { hint: 'See them with: tmux-agents workspaces list' });
  // Only a worktree tells what it belongs to. Of anything else nobody knows what is in it that is nowhere else.
  if (orphan.why === 'no-record' && !statSync(join(orphan.path, '.git'), { throwIfNoEntry: false })?.isFile()) {
    throw new AgentsError('not-found', `Nobody knows what ${orphan.path} was made from.`, { hint: 'Look at what is in it, and delete it by hand.' });
  }
  return { id, path: orphan.path, why: orphan.why };
}

/** The id of an agent that runs in one of these places. Throws `timeout` when a runtime is too slow to tell. */
function agentsIn(face: Face, places: readonly Place[]): Promise<string | undefined> {
  return withManager(face, undefined, async ({ manager }) => {
    const listings = await manager.listByRuntime();
    const alive = listings.flatMap(({ agents }) => agents).filter(({ status }) => status !== 'exited' && status !== 'failed');
    const busy = alive.find(({ workingDirectory }) => places.some(({ path }) => isInside(path, workingDirectory)));
    // A runtime that is not there has no agents; one that is only slow may have one at work in it.
    const slow = listings.find(({ error }) => error?.reason === 'timeout');
    if (busy === undefined && slow?.error !== undefined) throw new AgentsError('timeout', `Whether an agent works in it cannot be told: ${slow.error.message}`, { hint: 'Try again.', cause: slow.error });
    return busy?.agentId;
  });
}

/** An agent counts as gone only when every runtime has answered. */
async function orphans(face: Face, manager: WorkspaceManager): Promise<number> {
  const { output } = face;
  const found = await withManager(face, undefined, async (managed) => {
    const listings = await managed.manager.listByRuntime();
    const isComplete = listings.every(({ error }) => error === undefined);
    const there = new Set(listings.flatMap(({ agents }) => agents.map(({ agentId }) => agentId)));
    if (!isComplete && !output.json) output.note('Some runtimes did not answer: whose agents are gone cannot be told.');
    return manager.orphans({ ownerLives: (owner) => !isComplete || there.has(owner) });
  }).catch((error: unknown) => {
    throw new AgentsError('runtime-unavailable', `The agents cannot be listed: ${messageOf(error)}`, { cause: error });
  });
  output.answer(found, () => (found.length === 0 ? 'No orphans.' : found.map(orphanLine).join('\n')));
  return ExitCode.OK;
}

const reasons: Readonly<Record<Orphan['why'], string>> = { 'no-record': 'nobody knows it', 'folder-gone': 'its folder is gone', 'owner-gone': 'its agent is gone', unfinished: 'its making was cut off' };

function orphanLine({ path, why, record, bytes }: Orphan): string {
  const size = bytes === undefined ? '' : `  ${(bytes / 1_048_576).toFixed(1)} MB`;
  return `${plainText(record?.id ?? basename(path))}  ${reasons[why]}${size}  ${plainText(path)}`;
}
