// What a session needs of workspaces: a place to work in, what was changed there, and its end.
import type { Disposable } from '../../base/disposable.ts';
import type { DiffTotals } from '../../protocol/runnerEvent.ts';
import type { WorkspaceRecord } from '../../protocol/workspaceRecord.ts';
import type { PrepareOptions, RemovalReport, Workspace, WorkspaceRequest } from '../../workspaces/types.ts';

export interface TouchedFile {
  /** Relative to the workspace. */
  readonly path: string;
  readonly reason: 'read' | 'write' | 'delete' | 'diff';
}

export interface WorkspacePort {
  /** Fails with an AgentsError and leaves nothing behind; cancelled by the signal. */
  prepare(request: WorkspaceRequest, options?: PrepareOptions): Promise<Workspace>;
  /** Never loses work: the report says what became of it. */
  remove(record: WorkspaceRecord): Promise<RemovalReport>;
  /** Against its base, untracked files included. */
  diffTotals(record: WorkspaceRecord): Promise<DiffTotals>;
  watchFiles(record: WorkspaceRecord, onTouch: (file: TouchedFile) => void): Disposable;
}
