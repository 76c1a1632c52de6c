// What every command of the command line starts from: its surroundings, its settings, and a manager that is let go at the end.
import { AgentsError } from '../base/errors.ts';
import { waitFor } from '../base/wait.ts';
import type { Config } from '../protocol/config.ts';
import { createRuntimeManager, type Managed } from '../runner/createRuntimeManager.ts';
import type { RuntimeListing } from '../runtimes/runtimeManager.ts';
import { readConfigFile } from './configFile.ts';
import { Output, type Stream } from './output.ts';

/** The process, as the commands see it. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Takes the second one, which ends the process otherwise. */
  readonly atSecondSignal?: ((act: () => void) => void) | undefined;
  /** The name that it was called by. Default `tmux-agents`. */
  readonly program?: string | undefined;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly config?: string;
  /** Only this runtime is asked. */
  readonly runtime?: string;
}

/** One command's run: surroundings, voice and settings. Its result is the exit code. */
export interface Face {
  readonly around: Surroundings;
  readonly output: Output;
  readonly config: Config;
}

export type Command<Options> = (face: Face, options: Options, operands: readonly string[]) => Promise<number>;

export async function openFace(around: Surroundings, options: CommonOptions): Promise<Face> {
  const output = new Output(options.json === true, around);
  return { around, output, config: await readConfigFile(options.config, around.env) };
}

/**
 * Runs `work` with a manager of the wanted runtimes, then lets go of every connection; agents go on. A Ctrl-C ends the wait with
 * `cancelled`, unless the work `tidiesUp`: then it minds the signal itself, and is waited for.
 */
export async function withManager<T>(face: Face, runtime: string | undefined, work: (managed: Managed) => Promise<T>, { tidiesUp = false }: { readonly tidiesUp?: boolean } = {}): Promise<T> {
  const { signal } = face.around;
  const managed = createRuntimeManager(runtime === undefined ? face.config : onlyRuntime(face.config, runtime), { face: 'command' });
  const told = new Set<string>();
  const failing = managed.conversations.onDidFail((error) => {
    if (!told.has(error.message)) face.output.warn(error);
    told.add(error.message);
  });
  try {
    return await (tidiesUp ? work(managed) : waitFor(work(managed), { signal, what: 'the command' }));
  } finally {
    failing.dispose();
    // Work that was left under way (a kill) would take its lost connection for an answer and go on: it ends with the process.
    if (tidiesUp || !signal.aborted) {
      const { prompts, approvals, conversations, status, rules, manager } = managed;
      for (const part of [prompts, approvals, conversations, status, rules, manager]) part.dispose();
    }
  }
}

/** Notes, for people, which runtimes did not answer. */
export function noteSilentRuntimes(output: Output, listings: readonly RuntimeListing[]): void {
  if (output.json) return;
  for (const { runtimeId, error } of listings) if (error !== undefined) output.note(output.paint('dim', `${runtimeId}: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`));
}

function onlyRuntime(config: Config, runtimeId: string): Config {
  const runtime = config.runtimes[runtimeId];
  if (runtime !== undefined) return { ...config, runtimes: { [runtimeId]: runtime } };
  throw new AgentsError('not-found', `There is no runtime "${runtimeId}".`, { hint: `Known runtimes: ${Object.keys(config.runtimes).join(', ') || 'none'}.` });
}
