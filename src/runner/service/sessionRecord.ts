// What a runner must know of a session to take it up again, as it stands in the session's file: no value of its environment, no secret.
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { SessionConfig } from '../../protocol/sessionConfig.ts';
import type { SessionMeta } from '../../protocol/sessionMeta.ts';
import { WorkspaceRecord } from '../../protocol/workspaceRecord.ts';
import type { SessionStore, StoredSession } from '../../sessions/store/sessionStore.ts';
import { agentIdOf } from '../adapters/cliAdapter.ts';
import type { SessionSpec } from './sessionRequest.ts';

export const Ending = z.object({
  final: z.enum(['COMPLETED', 'FAILED']),
  reason: z.string().optional(),
  exitCode: z.int().optional(),
  /** Why it failed, for programs: an ErrorReason, or `cut-off` where its runner ended before its agent was started. */
  fault: z.string().optional(),
});
export type Ending = z.infer<typeof Ending>;

const RunnerPart = z.object({
  /** Without `env`. */
  config: SessionConfig,
  folder: z.string().optional(),
  endWhenIdle: z.union([z.boolean(), z.number()]).optional(),
  form: z.enum(['readme', 'wire']),
  owner: z.string().optional(),
  workspace: WorkspaceRecord.optional(),
  /** What it is to end as, once that is decided. */
  ending: Ending.optional(),
  /** Unix time in ms at which SESSION_ENDED was written. */
  endedAt: z.number().optional(),
});

export interface SessionRecord {
  readonly spec: SessionSpec;
  /** Unix time in ms. */
  readonly createdAt: number;
  readonly runtimeId: string;
  /** See `RunnerConfig.owner`. */
  readonly owner?: string | undefined;
  readonly workspace?: WorkspaceRecord | undefined;
  readonly ending?: Ending | undefined;
  readonly endedAt?: number | undefined;
}

/** `redact` takes secrets out of what people wrote. */
export function metaOf({ spec, createdAt, runtimeId, owner, workspace, ending, endedAt }: SessionRecord, redact: (text: string) => string): SessionMeta {
  const { env: _, task, ...config } = spec.config;
  const words = { ...task, title: redact(task.title).slice(0, 200), goal: redact(task.goal).slice(0, 4000), constraints: task.constraints.map(redact), acceptance: task.acceptance.map(redact) };
  const path = workspace?.path ?? spec.workspacePath;
  return {
    v: 1,
    sessionId: config.sessionId,
    orgId: config.orgId,
    ...(config.userId === undefined ? {} : { userId: config.userId }),
    providerId: config.providerId,
    repoRef: config.repoRef,
    title: words.title,
    createdAt,
    ...(workspace === undefined ? {} : { workspaceId: workspace.id }),
    ...(path === undefined ? {} : { workspacePath: path }),
    runtimeId,
    agentId: agentIdOf(config.sessionId),
    runner: {
      config: { ...config, task: words },
      ...(spec.workspacePath === undefined ? {} : { folder: spec.workspacePath }),
      ...(spec.endWhenIdle === undefined ? {} : { endWhenIdle: spec.endWhenIdle }),
      form: spec.form,
      ...(owner === undefined ? {} : { owner }),
      ...(workspace === undefined ? {} : { workspace }),
      ...(ending === undefined ? {} : { ending }),
      ...(endedAt === undefined ? {} : { endedAt }),
    },
  };
}

/** Undefined for a session that no runner made. */
export function recordOfStored({ meta }: StoredSession): SessionRecord | undefined {
  const parsed = RunnerPart.safeParse(meta.runner);
  if (!parsed.success) return undefined;
  const { config, folder, endWhenIdle, form, owner, workspace, ending, endedAt } = parsed.data;
  return { spec: { config, prompt: undefined, workspacePath: folder, argv: undefined, endWhenIdle, form }, createdAt: meta.createdAt, runtimeId: meta.runtimeId ?? 'local', owner, workspace, ending, endedAt };
}

/** Where sessions are put whose id is used again. */
export function earlierFolder(store: SessionStore): string {
  return `${store.folder}-earlier`;
}

/** Puts aside what an earlier session of this id left: beside the store, under a name that is free. Resolves with how many there were. */
export function putAside(store: SessionStore, sessionId: string): number {
  const folder = store.folderOf(sessionId);
  const earlier = earlierFolder(store);
  let count = 0;
  while (existsSync(join(earlier, `${basename(folder)}~${count + 1}`))) count++;
  if (!existsSync(folder)) return count;
  mkdirSync(earlier, { recursive: true, mode: 0o700 });
  renameSync(folder, join(earlier, `${basename(folder)}~${count + 1}`));
  return count + 1;
}
