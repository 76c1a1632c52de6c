// What each frame of a runner does: to its row, to its tasks, to its sessions.
import { unreachable } from '../../base/errors.ts';
import type { RunnerRef, SessionIntake } from '../parts.ts';
import type { RunnerSocket, SocketSink } from './runnerSocket.ts';
import type { RunnerRow } from './rows.ts';
import type { RunnerStore } from './runnerStore.ts';
import type { TaskLife } from './taskLife.ts';
import { CLOSE_AGAIN } from '../../protocol/hubWire/closeCodes.ts';

export interface FrameParts {
  readonly store: RunnerStore;
  readonly life: TaskLife;
  readonly intake: SessionIntake;
  readonly changed: (runner: RunnerRow) => void;
  readonly wake: () => void;
  /** The socket ended, after its frames. */
  readonly ended: () => void;
}

/** `socket` is asked only once frames come. */
export function runnerFrames(runner: RunnerRef, socket: () => RunnerSocket, parts: FrameParts): SocketSink {
  const { store, life, intake } = parts;
  return {
    ended: parts.ended,
    recovered: () => intake.recovered(),
    take: async (frame) => {
      switch (frame.type) {
        case 'heartbeat_ack':
          if (!(await store.heard(socket().connectionId))) socket().close(CLOSE_AGAIN, 'The hub does not know this connection any more');
          return;
        case 'status': {
          const row = await store.reported(socket().connectionId, frame.status, frame.agent_count ?? undefined);
          if (row === undefined) socket().close(CLOSE_AGAIN, 'The hub does not know this connection any more');
          else parts.changed(row);
          socket().agents = frame.agent_count ?? undefined;
          return parts.wake();
        }
        case 'project_register':
          await store.useProject(runner.id, { projectId: frame.project_id, path: frame.worktree_path, branch: frame.worktree_branch ?? '' });
          return void socket().send({ type: 'project_registered', project_id: frame.project_id });
        case 'agent_update':
          return frame.status === 'running' ? await life.progress(runner.id, frame.agent_id, frame.progress ?? null, frame.activity ?? null) : undefined;
        case 'task_ack':
          return await life.acked(runner.id, frame.task_id);
        case 'task_reject':
          return await life.rejected(runner.id, frame.task_id, frame.reason);
        case 'task_complete':
          await life.finished(runner, frame.task_id, frame.result);
          if (socket().extended) socket().send({ type: 'result_ack', task_id: frame.task_id });
          return;
        case 'hello': {
          const sessions = await intake.sessionsOf(runner, frame.sessions);
          socket().send({ type: 'resume', sessions: [...sessions] });
          return await life.runnerCame(runner.id, frame.tasks);
        }
        case 'session':
          return await intake.session(runner, frame.session);
        case 'session_gone':
          return await intake.gone(runner, frame.session_id);
        case 'events': {
          const { seq, gap } = await intake.events(runner, frame.session_id, frame.events);
          if (gap) socket().send({ type: 'resume', sessions: [{ session_id: frame.session_id, after_seq: seq }] });
          else socket().acknowledge(frame.session_id, seq);
          return;
        }
        case 'terminal':
        case 'terminal_ended':
          return intake.terminal(runner, frame);
        default:
          return unreachable(frame);
      }
    },
  };
}
