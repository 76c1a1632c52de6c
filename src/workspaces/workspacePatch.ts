// How a folder differs from the commit that its work began from, as a unified diff: committed, uncommitted and untracked. No longer than asked for.
import { AgentsError } from '../base/errors.ts';
import { LocalExecutor } from '../exec/localExecutor.ts';
import { waitFor } from '../base/wait.ts';
import { Git, gitEnvironment } from './git.ts';
import { lfsArguments } from './lfs.ts';
import { withOwnIndex } from './snapshot.ts';

export interface PatchOptions {
  /** Bytes after which it is cut, at a line's end. */
  readonly maxBytes: number;
  /** Milliseconds. Default: 60,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Patch {
  readonly diff: string;
  readonly cut: boolean;
}

/** Throws `git-failed` where the folder is in no repository or does not know the commit, `timeout`, `cancelled`. */
export async function workspacePatch(folder: string, commit: string, { maxBytes, timeoutMs = 60_000, signal }: PatchOptions): Promise<Patch> {
  const top = new Git(await new Git(folder).text(['rev-parse', '--show-toplevel'], { signal }));
  await top.run(['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`], { signal });
  return withOwnIndex(
    top,
    async (env) => {
      const untracked = (await top.parts(['ls-files', '--others', '--exclude-standard', '-z'], { env, signal })).filter((path) => !path.endsWith('/'));
      const lfs = await lfsArguments();
      if (untracked.length > 0) await top.run(['--literal-pathspecs', ...lfs, 'add', '--intent-to-add', '--pathspec-from-file=-', '--pathspec-file-nul'], { env, signal, input: `${untracked.join('\0')}\0` });
      return firstBytes(['git', '-C', top.folder, ...lfs, 'diff', '--find-renames', '--no-ext-diff', '--no-textconv', '--ignore-submodules=dirty', '--no-color', commit, '--'], { maxBytes, timeoutMs, signal, env: gitEnvironment(env) });
    },
    signal,
  );
}

/** Reads no more than is shown: the program is ended then. */
async function firstBytes(argv: readonly string[], { maxBytes, timeoutMs, signal, env }: PatchOptions & { readonly env: Readonly<Record<string, string>> }): Promise<Patch> {
  const stream = await new LocalExecutor().open(argv, { env });
  const chunks: Buffer[] = [];
  let bytes = 0;
  let said = '';
  try {
    const full = new Promise<'full'>((resolve) => {
      stream.onStdout((chunk) => {
        if (bytes <= maxBytes) chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) resolve('full');
      });
      stream.onStderr((chunk) => (said = (said + chunk.toString('utf8')).slice(-400)));
    });
    stream.end();
    const end = await waitFor(Promise.race([full, stream.exited]), { timeoutMs, signal, what: 'git to tell what was changed' });
    if (end !== 'full' && end.code !== 0) throw new AgentsError('git-failed', `git diff failed: ${said.trim() || `exit ${end.code ?? end.signal ?? 'unknown'}`}`);
    return textOf(Buffer.concat(chunks), maxBytes);
  } finally {
    stream.dispose();
  }
}

function textOf(bytes: Buffer, maxBytes: number): Patch {
  if (bytes.length <= maxBytes) return { diff: bytes.toString('utf8'), cut: false };
  const end = bytes.lastIndexOf(0x0a, maxBytes - 1);
  return { diff: bytes.subarray(0, end === -1 ? 0 : end + 1).toString('utf8'), cut: true };
}
