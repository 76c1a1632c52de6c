// The folders of this machine's agents: one each, for the files that its program and its hooks need, gone with the agent.
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PRIVATE_FOLDER, stateFault } from '../../base/stateFile.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { foldersOf } from '../agentFiles.ts';
import type { AgentFile } from '../types.ts';

/** Milliseconds after which the folder of an agent that nobody knows any more (a machine that lost its power) is swept away. */
const FORGOTTEN_MS = 24 * 60 * 60 * 1000;

export class AgentFolders {
  readonly #root: string;
  readonly #suffix: string;

  /** `server` sets the agents of one tmux server apart from those of another; none for the usual one. */
  constructor(server: string | undefined, env: NodeJS.ProcessEnv = process.env) {
    this.#root = stateFolder(env, 'agents');
    this.#suffix = server === undefined ? '' : `@${encodeURIComponent(server)}`;
  }

  path(agentId: string): string {
    return join(this.#root, `${agentId}${this.#suffix}`);
  }

  /** Makes the folder anew with these files in it, for their owner alone. Fails with `folder-unwritable`, and leaves no part of it. */
  async place(agentId: string, files: readonly AgentFile[]): Promise<string> {
    const folder = this.path(agentId);
    try {
      await this.remove(agentId);
      await mkdir(folder, PRIVATE_FOLDER);
      for (const name of foldersOf(files)) await mkdir(join(folder, name), { mode: 0o700 });
      await Promise.all(files.map(({ name, content }) => writeFile(join(folder, name), content, { mode: 0o600, flag: 'wx' })));
    } catch (error) {
      await this.remove(agentId).catch(() => undefined);
      throw stateFault('The files that the agent needs', this.#root, error);
    }
    return folder;
  }

  async remove(agentId: string): Promise<void> {
    await rm(this.path(agentId), { recursive: true, force: true }).catch((error: unknown) => {
      // There is no folder of agents at all, so nothing of this one.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOTDIR')) throw error;
    });
  }

  /** Removes the old folders of this server's agents that are not among the living. */
  async sweep(living: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.#root).catch(() => []);
    const ours = names.filter((name) => (this.#suffix === '' ? !name.includes('@') : name.endsWith(this.#suffix)));
    for (const name of ours) {
      const agentId = name.slice(0, name.length - this.#suffix.length);
      if (living.has(agentId)) continue;
      const path = join(this.#root, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > FORGOTTEN_MS) await rm(path, { recursive: true, force: true });
    }
  }
}
