// `tmux-agents workspaces remove`: the end of workspaces, named by id or path, and of what was left among them without a record.
import { basename, resolve } from 'node:path';
import { AgentsError } from '../../base/errors.ts';
import type { WorkspaceRecord } from '../../protocol/workspaceRecord.ts';
import { isInside, realPathOf } from '../../workspaces/containment.ts';
import { removalText } from '../../workspaces/removalText.ts';
import type { RemovalReport } from '../../workspaces/types.ts';
import type { WorkspaceManager } from '../../workspaces/workspaceManager.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Face } from '../face.ts';
import { plainText } from '../plainText.ts';

/** What is to be removed; `record` is absent for what nobody knows. */
interface Target {
  readonly path: string;
  readonly record?: WorkspaceRecord;
}

export async function remove(face: Face, manager: WorkspaceManager, names: readonly string[], force: boolean): Promise<number> {
  const { output, around } = face;
  if (names.length === 0) throw new AgentsError('bad-input', 'No workspace is named.', { hint: 'See them with: tmux-agents workspaces list' });
  const targets = await targetsOf(manager, names, around.cwd);
  const busy = await agentsIn(face, targets);
  if (busy !== undefined) throw new AgentsError('bad-input', `An agent works in it: ${busy}.`, { hint: `End it first: tmux-agents kill ${busy}` });
  const reports: (RemovalReport & { readonly id?: string; readonly path: string; readonly text: string })[] = [];
  for (const { path, record } of targets) {
    const options = { force, signal: around.signal };
    const report = record === undefined ? await manager.removeStray(path, options) : await manager.remove(record, options);
    reports.push({ ...(record === undefined ? {} : { id: record.id }), path, ...report, text: removalText(record ?? { id: basename(path), path, kind: 'worktree' }, report) });
  }
  output.answer(reports.map(({ text: _text, ...report }) => report), () => reports.map(({ text }) => plainText(text)).join('\n'));
  return reports.every(({ removed }) => removed) ? ExitCode.OK : ExitCode.FAILURE;
}

/** Each once, in the order of their names; all are known before the first one is touched. */
async function targetsOf(manager: WorkspaceManager, names: readonly string[], cwd: string): Promise<Target[]> {
  const records = manager.list();
  const targets = await Promise.all(names.map((name) => targetOf(manager, records, name, cwd)));
  return targets.filter(({ path }, index) => targets.findIndex((other) => other.path === path) === index);
}

/** A word with a "/" in it is a path; another one an id, or the name of a folder without a record, as `orphans` shows it. */
async function targetOf(manager: WorkspaceManager, records: readonly WorkspaceRecord[], name: string, cwd: string): Promise<Target> {
  const isPath = name.includes('/');
  const path = resolve(cwd, name);
  const record = records.find((one) => (isPath ? one.path === path || one.path === realPathOf(path) : one.id === name));
  if (record !== undefined) return { path: record.path, record };
  const stray = isPath ? manager.strayAt(path) : (await manager.orphans()).find((orphan) => orphan.record === undefined && basename(orphan.path) === name)?.path;
  if (stray !== undefined) return { path: stray };
  throw new AgentsError('not-found', isPath ? `There is no workspace at ${path}, nor one that nobody knows.` : `There is no workspace "${name}".`, { hint: 'See them with: tmux-agents workspaces list, or: tmux-agents workspaces orphans' });
}

/** The id of an agent that runs in one of these places. Throws `timeout` when a runtime is too slow to tell. */
function agentsIn(face: Face, targets: readonly Target[]): Promise<string | undefined> {
  return withManager(face, undefined, async ({ manager }) => {
    const listings = await manager.listByRuntime();
    const alive = listings.flatMap(({ agents }) => agents).filter(({ status }) => status !== 'exited' && status !== 'failed');
    const busy = alive.find(({ workingDirectory }) => targets.some(({ path }) => isInside(path, workingDirectory)));
    // A runtime that is not there has no agents; one that is only slow may have one at work in it.
    const slow = listings.find(({ error }) => error?.reason === 'timeout');
    if (busy === undefined && slow?.error !== undefined) throw new AgentsError('timeout', `Whether an agent works in it cannot be told: ${slow.error.message}`, { hint: 'Try again.', cause: slow.error });
    return busy?.agentId;
  });
}
