// Locks of workspaces among this machine's processes: by a name, with a deadline and a sentence of their own.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AgentsError, isAgentsError } from '../base/errors.ts';
import { withProcessLock } from '../base/processLock.ts';

/** Minutes of fetching and checking out that somebody else may be busy with. */
const PATIENCE_MS = 15 * 60_000;

export class WorkspaceLocks {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Runs `work` while nobody else has that lock. Throws `timeout` (15 minutes when not told) or `cancelled`. */
  async hold<T>(name: string, work: () => Promise<T>, { signal, timeoutMs = PATIENCE_MS }: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number } = {}): Promise<T> {
    let began = false;
    try {
      return await withProcessLock(this.#path(name), () => ((began = true), work()), { signal, timeoutMs });
    } catch (error) {
      if (began || !isAgentsError(error, 'timeout')) throw error;
      throw new AgentsError('timeout', `Another process of tmux-agents is still busy with ${name}.`, { cause: error });
    }
  }

  /** As `hold`, but undefined at once when somebody has it. */
  async tryHold<T>(name: string, work: () => Promise<T>): Promise<{ readonly result: T } | undefined> {
    let began = false;
    try {
      return { result: await this.hold(name, () => ((began = true), work()), { timeoutMs: 0 }) };
    } catch (error) {
      if (!began && isAgentsError(error, 'timeout')) return undefined;
      throw error;
    }
  }

  #path(name: string): string {
    return join(this.#folder, createHash('sha256').update(name).digest('hex').slice(0, 32));
  }
}
