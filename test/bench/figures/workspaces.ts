// A usable worktree of a repository of 100,000 files, against a bare `git worktree add` of the same repository.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workspace } from '../../../src/workspaces/types.ts';
import { WorkspaceManager } from '../../../src/workspaces/workspaceManager.ts';
import { WorkspaceStore } from '../../../src/workspaces/workspaceStore.ts';
import type { FigureGroup } from '../figure.ts';
import { interleaved, median, timed } from '../statistics.ts';

const row = { id: 'workspace-worktree', figure: 'worktree of 100,000 files' } as const;
const FILES = 100_000;

export const workspaces: FigureGroup = {
  name: 'workspaces',
  figures: [row],
  needs: ['git'],
  atMostSeconds: 900,
  async measure(measuring) {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'tmux-agents-bench-')));
    measuring.afterwards(() => rmSync(directory, { recursive: true, force: true }));
    const source = join(directory, 'source');
    const git = (...args: readonly string[]): Buffer => execFileSync('git', ['-C', source, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000 });
    mkdirSync(source);
    git('init', '--quiet', '--initial-branch=main');
    execFileSync('git', ['-C', source, 'fast-import', '--quiet'], { input: history(), stdio: ['pipe', 'ignore', 'pipe'] });
    git('checkout', '--quiet', '--force', 'main');
    const manager = new WorkspaceManager({ base: join(directory, 'workspaces'), store: new WorkspaceStore(join(directory, 'records')) });

    let number = 0;
    const ours = async (): Promise<number> => {
      const id = `ours-${++number}`;
      let made: Workspace | undefined;
      const time = await timed(async () => (made = await manager.prepare({ id, kind: 'worktree', repo: { provider: 'local', path: source } })));
      const record = made?.record;
      if (record === undefined || git('-C', record.path, 'status', '--porcelain').length > 0) throw new Error('The worktree is not usable.');
      if (!(await manager.remove(record)).removed) throw new Error('The worktree was not removed.');
      return time;
    };
    const raw = async (): Promise<number> => {
      const path = join(directory, `raw-${++number}`);
      const time = await timed(() => Promise.resolve(git('worktree', 'add', '--quiet', '-b', `raw-${number}`, path)));
      git('worktree', 'remove', '--force', path);
      return time;
    };

    await raw();
    const samples = await interleaved(measuring.quick ? 1 : 5, ours, raw);
    return [{ ...row, unit: 'ms', ours: median(samples.ours), raw: median(samples.raw), bar: { of: 'ratio', atMost: 1.2 }, samples: samples.ours.length, note: 'raw is `git worktree add`' }];
  },
};

/** One commit of files of a few hundred bytes, 100 to a folder, for `git fast-import`. */
function history(): string {
  const lines = ['commit refs/heads/main', 'committer Bench <bench@localhost> 1700000000 +0000', 'data 5', 'first'];
  for (let number = 0; number < FILES; number++) {
    const text = `export const value${number} = ${number};\n`.repeat(8);
    lines.push(`M 100644 inline packages/p${Math.floor(number / 10_000)}/d${Math.floor(number / 100) % 100}/file${number}.ts`, `data ${text.length}`, text);
  }
  return `${lines.join('\n')}\n`;
}
