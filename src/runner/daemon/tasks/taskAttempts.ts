// A task's record at its beginning, and at each new attempt that its hub asks for: the hub names attempts by their agents.
import { createHash } from 'node:crypto';
import type { TaskRecord } from '../../../protocol/taskRecord.ts';
import type { AssignedTask } from '../../hubLink/ports.ts';

/** Names of earlier attempts that are remembered. */
const MOST = 50;

export function newRecord({ taskId, agentId, projectId, config }: AssignedTask, now: number): TaskRecord {
  return { v: 1, taskId, agentId, earlierAgents: [], ...(projectId === undefined ? {} : { projectId }), config, sessionId: sessionIdOf(taskId, agentId), state: 'accepted', acceptedAt: now };
}

export function nextAttempt(before: TaskRecord, task: AssignedTask, now: number): TaskRecord {
  return { ...newRecord(task, now), earlierAgents: earlier(before) };
}

/** The same run, which its hub calls by another name by now. */
export function renamedAttempt(before: TaskRecord, agentId: string): TaskRecord {
  return { ...before, agentId, earlierAgents: earlier(before) };
}

/** The same attempt from its beginning, in another session: the one before never started anything. */
export function begunAgain({ startedAt: _start, deadline: _deadline, command: _command, worktreePath: _path, worktreeBranch: _branch, unstarted = 0, ...before }: TaskRecord): TaskRecord {
  return { ...before, state: 'accepted', sessionId: `${sessionIdOf(before.taskId, before.agentId)}-${unstarted + 2}`, unstarted: unstarted + 1 };
}

function earlier({ earlierAgents, agentId }: TaskRecord): string[] {
  return [...earlierAgents, agentId].slice(-MOST);
}

/** The same for the same attempt, in every process, so that a session that was made is found again. Also the name of its agent and its tmux session. */
export function sessionIdOf(taskId: string, agentId: string): string {
  const first = taskId.slice(0, 8);
  const readable = /^[A-Za-z0-9_-]{1,8}$/.test(first) ? `${first}-` : '';
  return `sibyl-${readable}${createHash('sha256').update(JSON.stringify([taskId, agentId])).digest('hex').slice(0, 10)}`;
}
