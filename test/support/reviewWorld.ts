// A repository of a person, and a worktree of it in which an agent works, with its record: everything fresh, and gone afterwards.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { WorkspaceRecord } from '../../src/protocol/workspaceRecord.ts';
import { WorkspaceStore } from '../../src/workspaces/workspaceStore.ts';

export interface ReviewWorld {
  readonly base: string;
  /** The person's clone, on `main`. */
  readonly clone: string;
  /** The agent's worktree, on `tmux-agents/one`. */
  readonly folder: string;
  readonly store: WorkspaceStore;
  readonly record: WorkspaceRecord;
  end(): void;
}

export function git(folder: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.invalid', '-c', 'commit.gpgSign=false', '-c', 'protocol.file.allow=always'];
  return execFileSync('git', ['-C', folder, ...identity, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
}

export function write(folder: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

export function read(folder: string, path: string): string {
  return readFileSync(join(folder, path), 'utf8');
}

export function commit(folder: string, files: Readonly<Record<string, string>>, message: string): string {
  for (const [path, content] of Object.entries(files)) write(folder, path, content);
  git(folder, 'add', '--all');
  git(folder, 'commit', '-q', '-m', message);
  return git(folder, 'rev-parse', 'HEAD');
}

/** Lines `1` to `count`, each on its own, with the given ones replaced. */
export function lines(count: number, replaced: Readonly<Record<number, string>> = {}): string {
  return Array.from({ length: count }, (_, index) => `${replaced[index + 1] ?? index + 1}\n`).join('');
}

/** Points this process' state folder, home and git configuration at a fresh place until `end`. */
export function makeReviewWorld(files: Readonly<Record<string, string>> = { 'a.txt': lines(30), 'b.txt': 'b\n' }): ReviewWorld {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'tmux-agents-review-')));
  const before = { XDG_STATE_HOME: process.env['XDG_STATE_HOME'], GIT_CONFIG_GLOBAL: process.env['GIT_CONFIG_GLOBAL'] };
  process.env['XDG_STATE_HOME'] = join(base, 'state');
  process.env['GIT_CONFIG_GLOBAL'] = join(base, 'gitconfig');
  write(base, 'gitconfig', '[user]\n\tname = Test\n\temail = test@example.invalid\n[protocol "file"]\n\tallow = always\n');
  const clone = join(base, 'clone');
  mkdirSync(clone);
  git(clone, 'init', '-q', '-b', 'main');
  const first = commit(clone, files, 'Begin');
  const folder = join(base, 'worktree');
  git(clone, 'worktree', 'add', '-q', '-b', 'tmux-agents/one', folder);
  const store = new WorkspaceStore();
  const record: WorkspaceRecord = { v: 1, id: 'one', kind: 'worktree', path: folder, repository: clone, source: clone, branch: 'tmux-agents/one', base: { commit: first, ref: 'main' }, owner: 'demo-1', createdAt: new Date().toISOString() };
  store.write(record);
  return {
    base,
    clone,
    folder,
    store,
    record,
    end() {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
