// Workspaces for tests of the runner alone: a plain git worktree each, without caches or scripts.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { AgentsError } from '../../src/base/errors.ts';
import type { WorkspacePort } from '../../src/runner/service/workspacePort.ts';

export function plainWorkspaces(base: string): WorkspacePort {
  return {
    prepare(request) {
      const { repo, id, kind } = request;
      if (repo.provider !== 'local' || !existsSync(repo.path)) return Promise.reject(new AgentsError('not-found', 'There is no such repository.'));
      const now = new Date().toISOString();
      if (kind === 'folder') return Promise.resolve({ record: { v: 1, id, kind, path: realpathSync(repo.path), createdAt: now }, env: {} });
      const path = join(base, id);
      mkdirSync(base, { recursive: true });
      const commit = execFileSync('git', ['-C', repo.path, 'rev-parse', 'main'], { encoding: 'utf8' }).trim();
      execFileSync('git', ['-C', repo.path, 'worktree', 'add', '-q', '-b', `tmux-agents/${id}`, path, commit]);
      return Promise.resolve({ record: { v: 1, id, kind: 'worktree', path, repository: repo.path, base: { commit, ref: 'main' }, createdAt: now }, env: { WORKSPACE_ID: id } });
    },
    remove: () => Promise.resolve({ removed: false, reason: 'this is a test' }),
    diffTotals(record) {
      const files = execFileSync('git', ['-C', record.path, 'ls-files', '--others', '--exclude-standard'], { encoding: 'utf8' }).split('\n').filter((line) => line !== '');
      return Promise.resolve({ filesChanged: files.length, linesAdded: files.length, linesRemoved: 0, files: files.map((path) => ({ path, status: 'added' as const, additions: 1, deletions: 0 })) });
    },
    watchFiles: () => ({ dispose: () => undefined }),
  };
}
