// What a session is asked to be, in either of the two forms: the README's short one, and the wire's SessionConfig.
import * as z from 'zod';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AgentsError } from '../../base/errors.ts';
import { faultLines } from '../../protocol/config.ts';
import { SessionConfig, type RepoRef } from '../../protocol/sessionConfig.ts';

/** The short form. */
export interface CreateSessionRequest {
  readonly sessionId: string;
  readonly orgId: string;
  readonly providerId: string;
  readonly repo: {
    /** `https://github.com/OWNER/NAME`, the same of GitLab and Bitbucket, git's ssh forms of them, or an absolute path on this machine. */
    readonly url: string;
    readonly branch: string;
    readonly commit?: string | undefined;
  };
  readonly task?: string | undefined;
  /** A folder of one's own to work in, as it is; no workspace is made then. */
  readonly workspacePath?: string | undefined;
  readonly userId?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Runs instead of the provider's own command line. Never parsed by a shell. */
  readonly argv?: readonly string[] | undefined;
  /** See `RunnerConfig.endWhenIdle`. */
  readonly endWhenIdle?: boolean | number | undefined;
  readonly policy?: z.input<typeof SessionConfig>['policy'];
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** A session's config as the wire has it, and what only the library can ask for. */
export interface SessionSpec {
  readonly config: SessionConfig;
  /** What the CLI is given as its first prompt, word for word, where that is not made of the config's task. */
  readonly prompt: string | undefined;
  readonly workspacePath: string | undefined;
  readonly argv: readonly string[] | undefined;
  readonly endWhenIdle: boolean | number | undefined;
  readonly form: 'readme' | 'wire';
}

const ShortForm = z.strictObject({
  sessionId: z.string().min(1).max(200),
  orgId: z.string().min(1),
  providerId: z.string().min(1),
  repo: z.strictObject({ url: z.string().min(1), branch: z.string().min(1), commit: z.string().min(1).optional() }),
  task: z.string().max(100_000).optional(),
  workspacePath: z.string().refine(isAbsolute, 'must be an absolute path').optional(),
  userId: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  argv: z.array(z.string()).min(1).optional(),
  endWhenIdle: z.union([z.boolean(), z.number().min(0)]).optional(),
  policy: z.unknown().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

/** Throws `bad-input` with one line per fault. */
export function sessionSpec(request: unknown): SessionSpec {
  if (typeof request === 'object' && request !== null && 'repoRef' in request) {
    const parsed = SessionConfig.safeParse(request);
    if (!parsed.success) throw invalid(parsed.error);
    return { config: parsed.data, prompt: undefined, workspacePath: undefined, argv: undefined, endWhenIdle: undefined, form: 'wire' };
  }
  const parsed = ShortForm.safeParse(request);
  if (!parsed.success) throw invalid(parsed.error);
  const { repo, task, workspacePath, argv, endWhenIdle, ...rest } = parsed.data;
  const words = task?.trim() === '' ? undefined : task;
  const config = SessionConfig.safeParse({
    ...rest,
    repoRef: repoRefOf(repo.url),
    checkout: repo.commit === undefined ? { type: 'branch', ref: repo.branch } : { type: 'commit', sha: repo.commit },
    task: { title: (words ?? 'Session').trim().split('\n', 1)[0]?.slice(0, 200) ?? 'Session', goal: (words ?? 'Whatever it is asked.').slice(0, 4000) },
  });
  if (!config.success) throw invalid(config.error);
  return { config: config.data, prompt: words, workspacePath, argv, endWhenIdle, form: 'readme' };
}

const hosts: Readonly<Record<string, Exclude<RepoRef['provider'], 'local'>>> = { 'github.com': 'github', 'gitlab.com': 'gitlab', 'bitbucket.org': 'bitbucket' };

/** Throws `bad-input` for what is no repository that a runner knows how to reach. */
export function repoRefOf(url: string): RepoRef {
  if (isAbsolute(url)) return { provider: 'local', path: url };
  if (url.startsWith('file://')) return { provider: 'local', path: fileURLToPath(url) };
  // `git@host:owner/name`, and `scheme://[user@]host[:port]/owner/name`.
  const found = /^(?:[a-z+]+:\/\/)?(?:[^@/\s]+@)?([A-Za-z0-9.-]+)(?::\d+)?[:/](.+)$/.exec(url.trim());
  const provider = hosts[found?.[1]?.toLowerCase().replace(/^www\./, '') ?? ''];
  const parts = (found?.[2] ?? '').replace(/\/+$/, '').replace(/\.git$/, '').split('/').filter((part) => part !== '');
  const name = parts.at(-1);
  if (provider === undefined || name === undefined || parts.length < 2) {
    throw new AgentsError('bad-input', `"${url.replace(/\/\/[^@/]*@/, '//')}" is no repository that can be used here.`, { hint: 'It takes https://github.com/OWNER/NAME, the same of gitlab.com and bitbucket.org, or an absolute path.' });
  }
  return { provider, owner: parts.slice(0, -1).join('/'), name };
}

function invalid(error: z.ZodError): AgentsError {
  return new AgentsError('bad-input', `The session cannot be created: ${faultLines(error).join('; ')}.`, { cause: error });
}
