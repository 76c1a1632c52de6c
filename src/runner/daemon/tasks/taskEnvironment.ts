// What a task's program finds in its environment beside the workspace's own: Sibyl's variables, and no token of a hub.
import type { TaskRecord } from '../../../protocol/taskRecord.ts';

/** Bytes: one variable holds no more than 128 KB on Linux. */
const LONGEST = 120_000;

export function taskEnvironment({ taskId, agentId, projectId, config }: Pick<TaskRecord, 'taskId' | 'agentId' | 'projectId' | 'config'>, worktreePath: string): Record<string, string> {
  return {
    SIBYL_TASK_ID: plain(taskId),
    SIBYL_AGENT_ID: plain(agentId),
    SIBYL_PROJECT_ID: plain(projectId ?? ''),
    SIBYL_TASK_PROMPT: cut(plain(config.prompt)),
    SIBYL_WORKTREE_PATH: worktreePath,
  };
}

/** No variable can hold a NUL. */
function plain(text: string): string {
  return text.replaceAll('\0', '');
}

/** Whole characters, as far as they fit. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= LONGEST ? text : bytes.subarray(0, LONGEST).toString('utf8').replace(/\ufffd$/, '');
}
