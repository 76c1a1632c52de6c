// Which programs a place has, and what they say of their version: asked by argv, never through a shell's reading of it.
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Executor } from '../exec/executor.ts';

export interface ProgramQuery {
  /** A name on the PATH, or a path. */
  readonly program: string;
  /** Arguments that make it print its version and end; not asked when absent. */
  readonly version?: readonly string[] | undefined;
}

export interface ProgramFact {
  /** Where it is, in the place. */
  readonly path: string;
  /** Absent where it did not say. */
  readonly version?: string;
}

/** By the name that was asked for; what was not found is not in it. */
export type ProgramFacts = ReadonlyMap<string, ProgramFact>;

/** Milliseconds that a program has to say its version: some start slowly, one that waits for input never ends. */
const VERSION_TIMEOUT_MS = 10_000;

/** At most this many programs are asked at once: each may be a heavy start. */
const AT_ONCE = 2;

/** Asks each program that was found for its version. Never fails: one that does not say has none. */
export async function withVersions(executor: Executor, queries: readonly ProgramQuery[], paths: ReadonlyMap<string, string>, { env, log }: { readonly env?: Readonly<Record<string, string>>; readonly log: Log }): Promise<ProgramFacts> {
  const facts = new Map<string, ProgramFact>();
  const waiting = [...queries];
  const work = async (): Promise<void> => {
    for (let query = waiting.shift(); query !== undefined; query = waiting.shift()) {
      const path = paths.get(query.program);
      if (path === undefined) continue;
      const version = query.version === undefined ? undefined : await askVersion(executor, [path, ...query.version], env).catch((error: unknown) => log.info(`${executor.label}: ${path} did not say its version: ${messageOf(error)}`));
      facts.set(query.program, { path, ...(version === undefined ? {} : { version }) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return facts;
}

async function askVersion(executor: Executor, argv: readonly string[], env: Readonly<Record<string, string>> | undefined): Promise<string | undefined> {
  const { stdout, stderr } = await executor.run(argv, { timeoutMs: VERSION_TIMEOUT_MS, maxBytes: 1024 * 1024, ...(env === undefined ? {} : { env }) });
  return versionIn(`${stdout.toString('utf8')}\n${stderr.toString('utf8')}`);
}

/** The first thing in a text that looks like a version: `2.1.329` in `2.1.329 (Claude Code)`. */
export function versionIn(text: string): string | undefined {
  return /(?<![\w.])v?(\d+\.\d+(?:\.\d+)?(?:[-+][0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*){0,2})/.exec(text)?.[1];
}
