// A pull request of an agent's branch: pushes it, and makes one with `gh`, or says the address where a person makes it.
import { AgentsError } from '../../base/errors.ts';
import { findExecutable } from '../../exec/findExecutable.ts';
import type { Executor } from '../../exec/executor.ts';
import { LocalExecutor } from '../../exec/localExecutor.ts';
import { Git } from '../git.ts';
import { optional, type Reviewed } from './reviewBase.ts';

export interface Remote {
  readonly name: string;
  readonly url: string;
  /** `github.com/owner/name`, of an address that leads to a host. */
  readonly host: string;
  readonly path: string;
}

export interface PushedBranch {
  readonly remote: Remote;
  readonly branch: string;
}

export interface PullRequestText {
  readonly title: string;
  readonly body: string;
  /** The branch that it is to be merged into; the remote's own default when absent. */
  readonly into?: string | undefined;
}

/** Host and path of a remote's address (`https:`, `ssh:`, `git@host:path`); undefined for a path on this machine. */
export function parseRemote(name: string, url: string): Remote | undefined {
  const scp = /^(?:[^@/\s]+@)?([A-Za-z0-9.-]+):(?!\/\/)([^\s]+)$/.exec(url);
  const full = /^(?:https?|ssh|git):\/\/(?:[^@/\s]*@)?([A-Za-z0-9.-]+)(?::\d+)?\/([^\s]+)$/.exec(url);
  const [, host, path] = full ?? scp ?? [];
  // A single letter is a drive of Windows.
  if (host === undefined || path === undefined || host.length === 1) return undefined;
  return { name, url, host: host.toLowerCase(), path: path.replace(/^\/+/, '').replace(/(?:\.git)?\/*$/, '') };
}

/** Where a person makes the pull request of a branch; undefined for a host whose pages nobody knows. */
export function compareUrl({ host, path }: Remote, branch: string, into: string | undefined): string | undefined {
  const project = path.split('/').map(encodeURIComponent).join('/');
  const name = encodeURIComponent(branch);
  if (/(^|\.)gitlab\./.test(host)) {
    const target = into === undefined ? '' : `&merge_request%5Btarget_branch%5D=${encodeURIComponent(into)}`;
    return `https://${host}/${project}/-/merge_requests/new?merge_request%5Bsource_branch%5D=${name}${target}`;
  }
  if (/(^|\.)bitbucket\./.test(host)) return `https://${host}/${project}/pull-requests/new?source=${name}${into === undefined ? '' : `&dest=${encodeURIComponent(into)}`}`;
  if (/(^|\.)github\./.test(host)) {
    const [head, base] = [branch, into].map((ref) => ref?.split('/').map(encodeURIComponent).join('/'));
    return `https://${host}/${project}/compare/${base === undefined ? '' : `${base}...`}${head ?? ''}?expand=1`;
  }
  return undefined;
}

/** Pushes the agent's branch to its remote (the branch's own, else `origin`, else the first with a host). Fails with `bad-input` where there is none. */
export async function pushBranch(reviewed: Reviewed, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<PushedBranch> {
  const { folder, branch, record } = reviewed;
  if (branch === undefined) throw new AgentsError('bad-input', 'No branch is checked out in the folder of this agent.', { hint: 'Make one there: git switch -c my-branch' });
  const git = new Git(folder);
  const remote = (await chosenRemote(git, branch)) ?? (record?.source === undefined ? undefined : await chosenRemote(new Git(record.source), branch));
  if (remote === undefined) throw new AgentsError('bad-input', 'This repository has no remote with a host that a pull request could be made at.', { hint: 'Add one: git remote add origin git@github.com:OWNER/NAME.git' });
  // By its address: the remote may be one of the folder that this one was made from.
  await git.run(['push', '--quiet', '--', remote.url, `refs/heads/${branch}:refs/heads/${branch}`], { timeoutMs: 300_000, signal });
  return { remote, branch };
}

/** The address of the new pull request, made with `gh`; undefined where that program is not there. Fails with `git-failed` and gh's words. */
export async function createWithGh({ folder }: Reviewed, { remote, branch }: PushedBranch, { title, body, into }: PullRequestText, executor: Executor = new LocalExecutor()): Promise<string | undefined> {
  if (!/(^|\.)github\./.test(remote.host) || (await findExecutable('gh')) === undefined) return undefined;
  const argv = ['gh', 'pr', 'create', '--repo', `${remote.host}/${remote.path}`, '--head', branch, ...(into === undefined ? [] : ['--base', into]), '--title', title, '--body-file', '-'];
  const { code, stdout, stderr } = await executor.run(argv, { cwd: folder, input: body, timeoutMs: 120_000, env: { ...definedEnvironment(), GH_PROMPT_DISABLED: '1' } });
  const url = /https:\/\/\S+/.exec(stdout.toString('utf8'))?.[0];
  if (code === 0 && url !== undefined) return url;
  const why = stderr.toString('utf8').trim().split('\n').slice(-2).join(' ').slice(0, 300);
  throw new AgentsError('git-failed', `gh made no pull request: ${why || `exit ${code ?? 'by a signal'}`}.`, { hint: 'The branch is pushed. Run "gh auth login" if gh is not signed in.' });
}

async function chosenRemote(git: Git, branch: string): Promise<Remote | undefined> {
  const own = await optional(git, ['config', '--get', `branch.${branch}.pushRemote`]) ?? (await optional(git, ['config', '--get', `branch.${branch}.remote`]));
  const names = (await git.text(['remote'])).split('\n').filter((name) => name !== '');
  const ranked = [...new Set([own, 'origin', ...names])].filter((name): name is string => name !== undefined && names.includes(name));
  for (const name of ranked) {
    const remote = parseRemote(name, (await optional(git, ['config', '--get', `remote.${name}.pushurl`])) ?? (await optional(git, ['config', '--get', `remote.${name}.url`])) ?? '');
    if (remote !== undefined) return remote;
  }
  return undefined;
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
