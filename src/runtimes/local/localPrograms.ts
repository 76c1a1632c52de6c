// The programs on this machine's PATH, remembered by file until the file changes.
import { realpath, stat } from 'node:fs/promises';
import type { Log } from '../../base/log.ts';
import type { Executor } from '../../exec/executor.ts';
import { findExecutable } from '../../exec/findExecutable.ts';
import { withVersions, type ProgramFact, type ProgramFacts, type ProgramQuery } from '../programs.ts';
import { hostEnvironment } from './hostEnvironment.ts';

export class LocalPrograms {
  readonly #executor: Executor;
  readonly #log: Log;
  readonly #known = new Map<string, Promise<ProgramFact>>();

  constructor(executor: Executor, log: Log) {
    this.#executor = executor;
    this.#log = log;
  }

  async find(queries: readonly ProgramQuery[]): Promise<ProgramFacts> {
    const env = hostEnvironment();
    const found = await Promise.all(
      queries.map(async (query) => {
        const path = await findExecutable(query.program, env);
        return path === undefined ? [] : [[query.program, await this.#fact(query, path, env)] as const];
      }),
    );
    return new Map(found.flat());
  }

  async #fact(query: ProgramQuery, path: string, env: Readonly<Record<string, string>>): Promise<ProgramFact> {
    const real = await realpath(path).catch(() => path);
    const changed = await stat(real).then(({ mtimeMs, size }) => `${mtimeMs} ${size}`, () => '');
    const key = JSON.stringify([path, real, changed, query.version]);
    const known = this.#known.get(key) ?? withVersions(this.#executor, [query], new Map([[query.program, path]]), { env, log: this.#log }).then((facts) => facts.get(query.program) ?? { path });
    this.#known.set(key, known);
    return known;
  }
}
