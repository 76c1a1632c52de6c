// Takes an agent's work into a branch (merge, squash, rebase), or its branch onto another: beside everybody's checkouts, one at a time for each agent, to be gone on with after any crash.
import { rmSync } from 'node:fs';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import { withProcessLock } from '../../base/processLock.ts';
import { Git } from '../git.ts';
import type { WorkspaceStore } from '../workspaceStore.ts';
import { branchNamed } from './branches.ts';
import { hasUncommitted } from './commit.ts';
import { conflictsIn, integrate, resumeIntegration, type Integrated } from './integrate.ts';
import { mergeMessage } from './mergeMessage.ts';
import { newMergeFolder, readMergeState, removeMergeState, statePath, writeMergeState, type MergeState, type MergeWay } from './mergeState.ts';
import { publish, settle, type Publication } from './publish.ts';
import { isAncestor, optional, reviewOf, type Reviewed } from './reviewBase.ts';

export interface MergeRequest {
  /** The agent's folder. */
  readonly folder: string;
  readonly way: MergeWay;
  /** A local branch. */
  readonly target: string;
  /** What the agent is called, for the message. */
  readonly agent?: string | undefined;
  /** Instead of the message that tells what was merged. */
  readonly message?: string | undefined;
}

export interface MergeOptions {
  readonly signal?: AbortSignal | undefined;
}

export type MergeOutcome =
  | { readonly type: 'merged'; readonly target: string; readonly commit: string }
  /** Left in a working tree of the merge's own: files by their absolute path there. */
  | { readonly type: 'conflicts'; readonly worktree: string; readonly files: readonly string[] };

export type MergeStatus =
  | { readonly type: 'none' }
  /** Somebody is at it now. */
  | { readonly type: 'running'; readonly state: MergeState }
  /** Whoever was at it is gone: continue or abort. */
  | { readonly type: 'interrupted'; readonly state: MergeState }
  | { readonly type: 'conflicts'; readonly state: MergeState; readonly files: readonly string[] }
  /** Computed, but the branch could not be given it. */
  | { readonly type: 'unpublished'; readonly state: MergeState };

/** Times that a merge begins anew because its branch moved on meanwhile. */
const ATTEMPTS = 3;

export class Merges {
  readonly #store: WorkspaceStore;

  constructor(store: WorkspaceStore) {
    this.#store = store;
  }

  /** Fails with `bad-input` where something must be done first: uncommitted work, a merge that is unfinished, nothing to merge. */
  async begin(request: MergeRequest, options: MergeOptions = {}): Promise<MergeOutcome> {
    const reviewed = await reviewOf(request.folder, this.#store);
    return this.#alone(reviewed.folder, async () => {
      if (readMergeState(reviewed.folder) !== undefined) throw new AgentsError('bad-input', 'A merge of this agent is unfinished.', { hint: 'Continue or abort it first.' });
      for (let attempt = 1; ; attempt++) {
        const state = await this.#prepared(reviewed, request);
        try {
          return await this.#run(writeMergeState({ ...state, phase: 'running' }), options);
        } catch (error) {
          if (!isAgentsError(error, 'stale') || attempt === ATTEMPTS) throw error;
          await this.#clear(state);
        }
      }
    });
  }

  /** Goes on after conflicts were resolved, after a crash, or with what the branch could not be given before. */
  async resume(folder: string, options: MergeOptions = {}): Promise<MergeOutcome> {
    const { folder: root } = await reviewOf(folder, this.#store);
    return this.#alone(root, async () => {
      const state = mustBe(readMergeState(root));
      switch (state.phase) {
        case 'publishing':
          await settle(publicationOf(state), 'forward', state);
          return this.#finish(state);
        case 'conflicts':
          return this.#take(state, await resumeIntegration(state, options));
        case 'running':
          // Nothing of a person's is there yet.
          await this.#dropWorktree(state);
          return this.#run(writeMergeState({ ...state, worktree: newMergeFolder(root), pid: process.pid, startedAt: Date.now() }), options);
      }
    });
  }

  /** Forgets a merge; every branch and checkout is as it was before. */
  async abort(folder: string): Promise<void> {
    const { folder: root } = await reviewOf(folder, this.#store);
    await this.#alone(root, async () => {
      const state = mustBe(readMergeState(root));
      if (state.phase === 'publishing') await settle(publicationOf(state), 'back', state);
      await this.#clear(state);
    });
  }

  async status(folder: string): Promise<MergeStatus> {
    const { folder: root } = await reviewOf(folder, this.#store);
    const state = readMergeState(root);
    if (state === undefined) return { type: 'none' };
    if (await isHeld(root)) return { type: 'running', state };
    switch (state.phase) {
      case 'running':
        return { type: 'interrupted', state };
      case 'publishing':
        return { type: 'unpublished', state };
      case 'conflicts':
        return { type: 'conflicts', state, files: await conflictsIn(new Git(state.worktree)) };
    }
  }

  async #prepared(reviewed: Reviewed, { way, target, agent, message }: MergeRequest): Promise<MergeState> {
    const { folder, record, branch } = reviewed;
    const git = new Git(folder);
    if (await hasUncommitted(git)) throw new AgentsError('bad-input', 'There are changes that are not committed.', { hint: 'Commit them first: a merge takes commits.' });
    const source = await optional(git, ['rev-parse', '--verify', '--quiet', 'HEAD']);
    if (source === undefined) throw new AgentsError('bad-input', 'There is no commit yet that could be merged.', { hint: 'Commit the changes first.' });
    const home = way === 'onto' ? folder : await homeOf(reviewed, source);
    if (home === folder && target === branch) throw new AgentsError('bad-input', `${target} is the agent's own branch.`, { hint: 'Choose another branch.' });
    const { commit: targetCommit } = await branchNamed(home, target);
    if (await isAncestor(new Git(home), way === 'onto' ? targetCommit : source, way === 'onto' ? source : targetCommit)) {
      throw new AgentsError('bad-input', way === 'onto' ? `The agent's work stands on ${target} already.` : `${target} has all of the agent's commits already.`);
    }
    const sourceName = branch ?? source.slice(0, 10);
    const text = message ?? (await mergeMessage(new Git(home), { way, source, sourceName, target, targetCommit, agent: agent ?? record?.owner }));
    return { v: 1, way, folder, home, source, sourceName, branch, target, targetCommit, message: text, worktree: newMergeFolder(folder), phase: 'running', pid: process.pid, startedAt: Date.now() };
  }

  async #run(state: MergeState, options: MergeOptions): Promise<MergeOutcome> {
    let outcome: Integrated;
    try {
      outcome = await integrate(state, options);
    } catch (error) {
      // Nothing has become of it, and nothing of a person's is in it.
      await this.#clear(state);
      throw error;
    }
    return this.#take(state, outcome);
  }

  async #take(state: MergeState, outcome: Integrated): Promise<MergeOutcome> {
    if ('conflicts' in outcome) {
      writeMergeState({ ...state, phase: 'conflicts' });
      return { type: 'conflicts', worktree: state.worktree, files: outcome.conflicts };
    }
    const made = { ...state, result: outcome.result };
    // Held by a ref until its branch has it, so that git's tidying lets it be.
    await new Git(state.home).run(['update-ref', heldAs(state), outcome.result]);
    return this.#finish(writeMergeState({ ...made, phase: 'publishing', pid: process.pid, startedAt: Date.now() }));
  }

  async #finish(state: MergeState): Promise<MergeOutcome> {
    const publication = publicationOf(state);
    await publish(publication);
    this.#note(state, publication.to);
    await this.#clear(state);
    return { type: 'merged', target: state.target, commit: publication.to };
  }

  /** Writes down in the workspace's record what was merged, or where its branch begins now. */
  #note({ folder, way, source, target, targetCommit }: MergeState, result: string): void {
    const record = this.#store.at(folder);
    if (record === undefined) return;
    if (way === 'onto') return this.#store.write({ ...record, base: { ...record.base, commit: targetCommit } });
    this.#store.write({ ...record, merged: [...(record.merged ?? []), { how: way, source, into: target, result, at: new Date().toISOString() }] });
  }

  async #clear(state: MergeState): Promise<void> {
    await this.#dropWorktree(state);
    await new Git(state.home).run(['update-ref', '-d', heldAs(state)], { accept: [0, 1] });
    removeMergeState(state.folder);
  }

  /** Also one that was only half made, and so is still locked. */
  async #dropWorktree({ home, worktree }: MergeState): Promise<void> {
    await new Git(home).run(['worktree', 'remove', '--force', '--force', '--', worktree], { accept: [0, 128, 255] });
    rmSync(worktree, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
    return withProcessLock(statePath(folder), work, { timeoutMs: 10_000 });
  }
}

/** Where branches are that a person merges into: the user's folder that a copy was made from; else the working tree itself. The work is brought there. */
async function homeOf({ folder, record }: Reviewed, source: string): Promise<string> {
  const origin = record?.source;
  if (origin === undefined) return folder;
  const commonDir = (at: string): Promise<string | undefined> => optional(new Git(at), ['rev-parse', '--path-format=absolute', '--git-common-dir']).catch(() => undefined);
  const [own, theirs] = await Promise.all([commonDir(folder), commonDir(origin)]);
  if (theirs === undefined || theirs === own) return folder;
  await new Git(origin).run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', folder, `+HEAD:refs/tmux-agents/work/${record?.id ?? source}`], { timeoutMs: 600_000 });
  return origin;
}

function publicationOf({ home, folder, way, source, sourceName, branch, target, targetCommit, result }: MergeState): Publication {
  if (result === undefined) throw new AgentsError('internal', 'A merge without a result cannot be published.');
  const reason = `tmux-agents: ${way} ${way === 'onto' ? target : sourceName}`;
  if (way !== 'onto') return { home, branch: target, from: targetCommit, to: result, reason };
  return { home, branch, detached: folder, from: source, to: result, reason };
}

function heldAs({ folder }: MergeState): string {
  return `refs/tmux-agents/merging/${statePath(folder).replace(/^.*[\\/]|\.json$/g, '')}`;
}

/** Whether somebody is at this agent's merge. */
async function isHeld(folder: string): Promise<boolean> {
  return withProcessLock(statePath(folder), () => Promise.resolve(false), { timeoutMs: 50 }).catch((error: unknown) => {
    if (isAgentsError(error, 'timeout')) return true;
    throw error;
  });
}

function mustBe(state: MergeState | undefined): MergeState {
  if (state === undefined) throw new AgentsError('not-found', 'There is no merge of this agent to go on with.');
  return state;
}
