// Real repositories for tests: a fresh folder, a git that knows no person's configuration, and a workspace manager beside it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { WorkspaceManager, type WorkspaceManagerOptions } from '../../src/workspaces/workspaceManager.ts';
import { WorkspaceStore } from '../../src/workspaces/workspaceStore.ts';

export interface GitHome {
  /** A fresh directory, by its real path. */
  readonly directory: string;
  readonly store: WorkspaceStore;
  /** Another manager each time, as another process would have. */
  manager(options?: Partial<WorkspaceManagerOptions>): WorkspaceManager;
  /** A repository with these files in one commit on `main`. */
  repository(name?: string, files?: Readonly<Record<string, string>>): string;
  /** Runs git as a person would. */
  git(folder: string, ...args: readonly string[]): string;
  /** Adds to the configuration that git takes for the person's. */
  configure(text: string): void;
  end(): void;
}

const VARIABLES = ['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM', 'XDG_STATE_HOME'] as const;

export function makeGitHome(): GitHome {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'tmux-agents-git-')));
  const before = VARIABLES.map((name) => [name, process.env[name]] as const);
  const config = join(directory, 'gitconfig');
  writeFileSync(config, '[user]\n\tname = A Person\n\temail = person@example.com\n[init]\n\tdefaultBranch = main\n');
  process.env['GIT_CONFIG_GLOBAL'] = config;
  process.env['GIT_CONFIG_NOSYSTEM'] = '1';
  process.env['XDG_STATE_HOME'] = join(directory, 'state');
  const git = (folder: string, ...args: readonly string[]): string => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 }).replace(/\n$/, '');
  const store = new WorkspaceStore(join(directory, 'records'));
  return {
    directory,
    store,
    git,
    manager: (options = {}) => new WorkspaceManager({ base: join(directory, 'workspaces'), cache: join(directory, 'cache'), store, ...options }),
    repository(name = 'project', files = { 'readme.md': 'hello\n', 'src/a.txt': 'a\n' }) {
      const folder = join(directory, name);
      mkdirSync(folder, { recursive: true });
      git(folder, 'init', '--quiet');
      writeFiles(folder, files);
      git(folder, 'add', '--all');
      git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'first');
      return folder;
    },
    configure: (text) => writeFileSync(config, `${readFileSync(config, 'utf8')}${text}\n`),
    end() {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** All of a repository that a preparation must not change: its index byte for byte, HEAD, stash, branch and what status says. */
export function stateOf(home: GitHome, folder: string): Record<string, string> {
  const git = (...args: Parameters<GitHome['git']>): string => home.git(...args);
  const index = git(folder, 'rev-parse', '--path-format=absolute', '--git-path', 'index');
  return {
    index: readFileSync(index).toString('base64'),
    head: git(folder, 'rev-parse', 'HEAD'),
    branch: git(folder, 'branch', '--show-current'),
    stash: git(folder, 'stash', 'list'),
    config: readFileSync(git(folder, 'rev-parse', '--path-format=absolute', '--git-path', 'config'), 'utf8'),
    status: git(folder, '--no-optional-locks', 'status', '--porcelain', '--untracked-files=all', '-z'),
  };
}

/** Whether the process runs; one that has ended and waits to be reaped does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
