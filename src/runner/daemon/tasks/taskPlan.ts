// What a task comes to on this machine: the folder that it works in, what runs there, and for how long; or why it is refused, with nothing touched.
import { existsSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { AgentsError } from '../../../base/errors.ts';
import type { RepoRef } from '../../../protocol/sessionConfig.ts';
import type { TaskRecord } from '../../../protocol/taskRecord.ts';
import { isInside, isThere, realPathOf } from '../../../workspaces/containment.ts';
import { Git } from '../../../workspaces/git.ts';
import { requireRepository } from '../../../workspaces/localRepository.ts';
import { commitOf } from '../../../workspaces/startingPoint.ts';
import { repoRefOf } from '../../service/sessionRequest.ts';
import type { DaemonSettings } from '../settings/daemonSettings.ts';
import type { ProjectMap } from '../settings/projectMap.ts';
import { chooseProvider } from './chooseProvider.ts';
import { commandWords } from './commandWords.ts';
import { branchFolder, placeBelow, projectFolder, SCRATCH_FOLDER, taskBranch, worktreeBelow } from './taskPaths.ts';

export type TaskPlace =
  /** A worktree to be made, on a branch of its own (`begin`), or on one that is there (`go-on`). */
  | { readonly kind: 'worktree'; readonly path: string; readonly repo: RepoRef; readonly branch: string; readonly start: 'begin' | 'go-on' }
  /** A folder that is there. */
  | { readonly kind: 'folder'; readonly path: string; readonly branch: string | undefined }
  /** An empty folder to be made, for work without a repository. */
  | { readonly kind: 'scratch'; readonly path: string };

export interface TaskPlan {
  readonly place: TaskPlace;
  readonly run: { readonly kind: 'agent'; readonly providerId: string } | { readonly kind: 'command'; readonly argv: readonly string[] };
  /** 0: none. */
  readonly timeoutMs: number;
}

export interface PlanContext {
  readonly settings: DaemonSettings;
  readonly projects: ProjectMap;
  /** The folder of all worktrees, by its real path. */
  readonly base: string;
  /** The task that works in that folder now. */
  readonly usedBy: (path: string) => string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What an agent's command line and one variable of its environment can hold. */
const LONGEST_PROMPT = 100_000;
/** Branches with a number behind them that are tried. */
const MOST_NAMES = 100;

/** Throws `bad-input`, `not-found`, `folder-missing`, `policy-denied`, `unsupported`. */
export async function planTask(task: Pick<TaskRecord, 'taskId' | 'projectId' | 'config'>, context: PlanContext): Promise<TaskPlan> {
  const { settings } = context;
  const { config } = task;
  const run = whatRuns(config.command ?? undefined, config.agent_type ?? undefined, settings);
  if (config.prompt.length > LONGEST_PROMPT) throw new AgentsError('bad-input', `The prompt has ${config.prompt.length} characters, more than the ${LONGEST_PROMPT} that an agent can be given.`);
  if (run.kind === 'agent' && config.prompt.trim() === '') throw new AgentsError('bad-input', 'The task has no prompt.');
  const place = await placeOf(task, context);
  const user = 'path' in place ? context.usedBy(place.path) : undefined;
  if (user !== undefined && user !== task.taskId) throw new AgentsError('name-taken', `${place.path} is where the task ${user} works now.`, { hint: 'Give the task a branch of its own, or wait.' });
  return { place, run, timeoutMs: Math.min(2_147_483_647, Math.round((config.timeout_seconds ?? settings.executionTimeoutSeconds) * 1000)) };
}

function whatRuns(command: string | string[] | undefined, agentType: string | undefined, settings: DaemonSettings): TaskPlan['run'] {
  if (command === undefined) return { kind: 'agent', providerId: chooseProvider(agentType === '' ? undefined : agentType, settings) };
  if (!settings.allowCommands) throw new AgentsError('policy-denied', 'This runner takes no commands from its hub.', { hint: 'Its owner can allow them with "allow_commands: true" in runner.yaml.' });
  const argv = typeof command === 'string' ? commandWords(command) : command;
  if (argv[0] === undefined || argv[0] === '') throw new AgentsError('bad-input', 'The command is empty.');
  if (argv.some((word) => word.includes('\0'))) throw new AgentsError('bad-input', 'The command holds a NUL character.');
  return { kind: 'command', argv };
}

async function placeOf({ taskId, projectId, config }: Pick<TaskRecord, 'taskId' | 'projectId' | 'config'>, context: PlanContext): Promise<TaskPlace> {
  const { base, settings, signal } = context;
  const project = projectId === undefined || projectId === '' ? undefined : projectId;
  const asked = config.worktree_path ? worktreeBelow(base, config.worktree_path) : undefined;
  const folder = project === undefined ? SCRATCH_FOLDER : projectFolder(project);
  const branch = config.branch || undefined;
  if (branch !== undefined) branchFolder(branch);
  if (asked !== undefined && isThere(asked)) return existing(asked, branch);
  const repo = repoOf(project, config.repo_path || undefined, context);
  if (repo === undefined) {
    if (project !== undefined && !settings.allowUnknownProjects) {
      throw new AgentsError('not-found', `This runner does not know the project ${JSON.stringify(project)}.`, { hint: `Name its folder in the table [paths] of ${settings.projectMap}, or allow unknown projects with "allow_unknown_projects: true" in runner.yaml.` });
    }
    return { kind: 'scratch', path: asked ?? freePlace(base, folder, branch ?? taskBranch(taskId)) };
  }
  if (repo.provider !== 'local') return { kind: 'worktree', repo, start: 'begin', ...(await freeNames(undefined, taskId, branch, asked, context, folder)) };
  if (config.create_worktree === false) return inItself(repo.path, settings);
  const repository = await requireRepository(repo.path, signal);
  const git = new Git(repository.home);
  if (branch === undefined) return { kind: 'worktree', repo, start: 'begin', ...(await freeNames(git, taskId, undefined, asked, context, folder)) };
  const path = asked ?? placeBelow(base, folder, branchFolder(branch));
  if (isThere(path)) return existing(path, branch);
  const start = (await commitOf(git, `refs/heads/${branch}`, signal)) === undefined ? 'begin' : 'go-on';
  return { kind: 'worktree', path, repo, branch, start };
}

/** The repository of a project that is known here, else the one that the hub names. Undefined where neither is. */
function repoOf(project: string | undefined, named: string | undefined, { projects, settings }: PlanContext): RepoRef | undefined {
  const known = project === undefined ? undefined : projects.get(project);
  if (known !== undefined) return { provider: 'local', path: known };
  return named === undefined ? undefined : allowedRepository(named, settings, projects);
}

/** Throws `bad-input`, `folder-missing`, and `policy-denied` for one that the settings do not allow. */
export function allowedRepository(named: string, { allowedRepoRoots }: Pick<DaemonSettings, 'allowedRepoRoots'>, projects: ProjectMap): RepoRef {
  const repo = repoRefOf(named);
  if (repo.provider !== 'local') {
    if (allowedRepoRoots.length === 0) return repo;
    throw new AgentsError('policy-denied', 'This runner takes only repositories below its "allowed_repo_roots".');
  }
  if (named.split('/').includes('..') || !isAbsolute(named)) throw new AgentsError('bad-input', `${JSON.stringify(named)} is no plain absolute path.`);
  const path = realPathOf(named);
  if (path === undefined) throw new AgentsError('folder-missing', `The repository ${named} is not on this machine.`);
  const roots = [...allowedRepoRoots, ...projects.values()].flatMap((root) => realPathOf(root) ?? []);
  if (allowedRepoRoots.length > 0 && !roots.some((root) => isInside(root, path))) throw new AgentsError('policy-denied', `The repository ${named} does not lie below this runner's "allowed_repo_roots".`);
  return { provider: 'local', path };
}

/** Without a worktree an agent works in somebody's own checkout: only where the owner of this machine has said that it may. */
function inItself(path: string, { allowedRepoRoots }: DaemonSettings): TaskPlace {
  const real = realPathOf(path);
  if (real === undefined) throw new AgentsError('folder-missing', `The repository ${path} is not on this machine.`);
  if (allowedRepoRoots.flatMap((root) => realPathOf(root) ?? []).some((root) => isInside(root, real))) return { kind: 'folder', path: real, branch: undefined };
  throw new AgentsError('policy-denied', `The task wants no worktree, and this runner lets none work in ${path} itself.`, { hint: 'Its owner can allow it: name the folder in "allowed_repo_roots" of runner.yaml.' });
}

function existing(path: string, branch: string | undefined): TaskPlace {
  if (!statSync(path).isDirectory()) throw new AgentsError('bad-input', `${path} is no folder.`);
  return { kind: 'folder', path, branch };
}

/** The branch that is asked for, or the first of the task's own names that neither a branch nor a folder has. */
async function freeNames(git: Git | undefined, taskId: string, branch: string | undefined, asked: string | undefined, { base, signal }: PlanContext, folder: string): Promise<{ readonly branch: string; readonly path: string }> {
  if (branch !== undefined) return { branch, path: asked ?? placeBelow(base, folder, branchFolder(branch)) };
  for (let number = 1; number <= MOST_NAMES; number++) {
    const name = numbered(taskBranch(taskId), number);
    const path = asked ?? placeBelow(base, folder, branchFolder(name));
    if (!isThere(path) && (git === undefined || (await commitOf(git, `refs/heads/${name}`, signal)) === undefined)) return { branch: name, path };
  }
  throw new AgentsError('limit-reached', `The task ${taskId} has ${MOST_NAMES} branches already.`, { hint: 'Remove some.' });
}

function freePlace(base: string, folder: string, branch: string): string {
  for (let number = 1; number <= MOST_NAMES; number++) {
    const path = placeBelow(base, folder, branchFolder(numbered(branch, number)));
    if (!existsSync(path)) return path;
  }
  throw new AgentsError('limit-reached', `${join(base, folder)} has ${MOST_NAMES} folders of ${branch} already.`, { hint: 'Remove some.' });
}

function numbered(name: string, number: number): string {
  return number === 1 ? name : `${name}-${number}`;
}
