// Runs git as a program: argv in, bytes out, never asking at a terminal, never in a language but C, and each failure a sentence.
import { AgentsError } from '../base/errors.ts';
import type { Executor } from '../exec/executor.ts';
import { LocalExecutor } from '../exec/localExecutor.ts';

export interface GitOptions {
  /** Milliseconds; default 60,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Added to the environment: `GIT_INDEX_FILE` and the like. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly input?: string | Uint8Array | undefined;
  /** Bytes of output; more fails the run. Default 64 MiB. */
  readonly maxBytes?: number | undefined;
  /** Exit codes that are answers and no failure; `[0]` when absent. */
  readonly accept?: readonly number[] | undefined;
}

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** One folder's git. Texts of people are arguments, always behind `--` or in a form that is no option. */
export class Git {
  readonly folder: string;
  readonly #executor: Executor;

  constructor(folder: string, executor: Executor = new LocalExecutor()) {
    this.folder = folder;
    this.#executor = executor;
  }

  /** Fails with `git-failed` and git's own last words, `command-not-found`, `timeout` or `cancelled`. */
  async run(args: readonly string[], { timeoutMs = 60_000, signal, env, input, maxBytes = 64 * 1024 * 1024, accept = [0] }: GitOptions = {}): Promise<GitResult> {
    const result = await this.#executor.run(['git', '-C', this.folder, ...args], {
      timeoutMs,
      maxBytes,
      env: gitEnvironment(env),
      ...(signal === undefined ? {} : { signal }),
      ...(input === undefined ? {} : { input }),
    });
    const stderr = result.stderr.toString('utf8');
    if (result.code !== null && accept.includes(result.code)) return { code: result.code, stdout: result.stdout, stderr };
    const why = lastWords(stderr) || lastWords(result.stdout.toString('utf8')) || `exit ${result.code ?? result.signal ?? 'unknown'}`;
    throw new AgentsError('git-failed', `git ${args.find((word, at) => !word.startsWith('-') && args[at - 1] !== '-c') ?? ''} failed in ${this.folder}: ${why}`);
  }

  /** Its output as text, without the last line's end. */
  async text(args: readonly string[], options: GitOptions = {}): Promise<string> {
    return (await this.run(args, options)).stdout.toString('utf8').replace(/\n$/, '');
  }

  /** Its output, of a command with `-z`, as its parts. */
  async parts(args: readonly string[], options: GitOptions = {}): Promise<string[]> {
    const text = (await this.run(args, options)).stdout.toString('utf8');
    return text === '' ? [] : text.replace(/\0$/, '').split('\0');
  }
}

/** This process' environment without what would make git look elsewhere, ask somebody, or speak another language; and `more`. */
export function gitEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && !/^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|COMMON_DIR|NAMESPACE|PREFIX)$/.test(entry[0]));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', GIT_EDITOR: 'true', ...more };
}

/** The lines that say what went wrong, in one. */
function lastWords(text: string): string {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !/^(?:hint|warning|remote:\s*$)/.test(line));
  return lines.slice(-3).join(' ').slice(0, 400);
}
