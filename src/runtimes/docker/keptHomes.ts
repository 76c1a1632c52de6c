// The kept homes on this machine: one folder for each agent that runs in a container here, owned by whom it runs as.
import { PRIVATE_FOLDER, stateFault } from '../../base/stateFile.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { chmod, chown, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export class KeptHomes {
  readonly #root: string;

  constructor(env: NodeJS.ProcessEnv = process.env) {
    this.#root = stateFolder(env, 'homes');
  }

  path(agentId: string): string {
    return join(this.#root, agentId);
  }

  /** Makes the agent's folder, or finds it; `made` says which. Only its user can enter it; the folder above is its owner's alone anyway. Fails with `folder-unwritable`. */
  async make(agentId: string, user: { readonly uid: number; readonly gid: number }): Promise<{ readonly path: string; readonly made: boolean }> {
    const path = this.path(agentId);
    try {
      await mkdir(this.#root, PRIVATE_FOLDER);
      const made = (await mkdir(path, PRIVATE_FOLDER)) !== undefined;
      const { uid } = await stat(path);
      if (uid !== user.uid) {
        // Root may give it away; anybody else can only open it.
        if (process.getuid?.() === 0) await chown(path, user.uid, user.gid);
        else await chmod(path, 0o777);
      }
      return { path, made };
    } catch (error) {
      throw stateFault("The home of the agent's program", this.#root, error);
    }
  }

  async exists(agentId: string): Promise<boolean> {
    return (await stat(this.path(agentId)).catch(() => undefined))?.isDirectory() === true;
  }

  async remove(agentId: string): Promise<void> {
    await rm(this.path(agentId), { recursive: true, force: true });
  }
}
