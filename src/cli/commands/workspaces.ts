// `tmux-agents workspaces`: the places that were made for agents, those that nobody owns any more, and what can be done with them.
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { PROJECT_FILE } from '../../protocol/projectFile.ts';
import type { WorkspaceRecord } from '../../protocol/workspaceRecord.ts';
import type { Orphan } from '../../workspaces/orphans.ts';
import { WorkspaceManager } from '../../workspaces/workspaceManager.ts';
import { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions, type Face } from '../face.ts';
import { plainText } from '../plainText.ts';
import { remove } from './removeWorkspaces.ts';
import { rescued, restore } from './rescues.ts';

export interface WorkspacesOptions extends CommonOptions {
  readonly force?: boolean;
  readonly branch?: string;
  readonly repository?: string;
}

/** Which actions an option belongs to. */
const actionsOf = { force: ['remove'], branch: ['restore'], repository: ['rescued', 'restore'] } as const;

export const workspaces: Command<WorkspacesOptions> = async (face, options, [action = 'list', ...words]) => {
  for (const option of ['force', 'branch', 'repository'] as const) {
    const actions: readonly string[] = actionsOf[option];
    if (options[option] !== undefined && !actions.includes(action)) throw new AgentsError('bad-input', `--${option} belongs to: workspaces ${actions.join(', ')}.`);
  }
  const manager = openWorkspaces();
  switch (action) {
    case 'list':
      noWords(words);
      return list(face, manager.list());
    case 'remove':
      return remove(face, manager, words, options.force === true);
    case 'orphans':
      noWords(words);
      return orphans(face, manager);
    case 'adopt':
      return adopt(face, manager, oneWord(words, 'folder is named', 'adopt PATH'));
    case 'run':
      return runProject(face, manager, oneWord(words, 'workspace is named', 'run ID'));
    case 'rescued':
      noWords(words);
      return rescued(face, options.repository);
    case 'restore':
      return restore(face, oneWord(words, 'rescued work is named', 'restore REF'), { branch: options.branch, repository: options.repository });
    default:
      throw new AgentsError('bad-input', `There is no action "${action}".`, { hint: 'Use list, remove, orphans, adopt, run, rescued or restore; see "tmux-agents workspaces --help".' });
  }
};

export function openWorkspaces(): WorkspaceManager {
  return new WorkspaceManager({ store: new WorkspaceStore() });
}

function noWords([word]: readonly string[]): void {
  if (word !== undefined) throw new AgentsError('bad-input', `"${word}" is not expected here.`, { hint: 'See "tmux-agents workspaces --help".' });
}

function oneWord([word, ...more]: readonly string[], missing: string, usage: string): string {
  if (word === undefined || word === '') throw new AgentsError('bad-input', `No ${missing}.`, { hint: `Use: tmux-agents workspaces ${usage}` });
  noWords(more);
  return word;
}

function list({ output }: Face, records: readonly WorkspaceRecord[]): number {
  output.answer(records, () => (records.length === 0 ? 'No workspaces.' : records.map(recordLine).join('\n')));
  return ExitCode.OK;
}

function recordLine({ id, kind, branch, path }: WorkspaceRecord): string {
  return `${id}  ${kind}${branch === undefined ? '' : `  ${plainText(branch)}`}  ${plainText(path)}`;
}

async function adopt({ output, around }: Face, manager: WorkspaceManager, path: string): Promise<number> {
  const record = await manager.adopt(resolve(around.cwd, path));
  output.answer(record, () => recordLine(record));
  return ExitCode.OK;
}

/** In the foreground, until it ends or a Ctrl-C ends its whole group; with --json its output goes to stderr. */
async function runProject({ output, around }: Face, manager: WorkspaceManager, id: string): Promise<number> {
  const record = manager.list().find((one) => one.id === id);
  if (record === undefined) throw new AgentsError('not-found', `There is no workspace "${id}".`, { hint: 'See them with: tmux-agents workspaces list' });
  const { path, source = path } = record;
  if (!existsSync(path)) throw new AgentsError('folder-missing', `The folder ${path} of the workspace ${id} is gone.`, { hint: `Forget it with: tmux-agents workspaces remove ${id}` });
  const stderr = process.stderr.fd;
  const ran = await manager.runProject(record, { signal: around.signal, show: { stdout: output.json ? stderr : process.stdout.fd, stderr } });
  if (!ran) throw new AgentsError('not-found', `The project of the workspace ${id} names no "run" script.`, { hint: `Name one in ${join(existsSync(source) ? source : path, PROJECT_FILE)}: {"run": "npm start"}` });
  output.answer({ id, path, exitCode: 0 }, () => '');
  return ExitCode.OK;
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
