// Where an agent works, as the picker chooses it and as it is remembered.

export interface Place {
  readonly workspace: 'folder' | 'worktree' | 'copy';
  /** A branch or tag; the current commit when undefined. */
  readonly base: string | undefined;
  readonly withChanges: boolean;
}

/** How a worktree that takes uncommitted changes along is remembered. */
export const CARRIED = 'worktree+changes';

/** The place of an id that was remembered; a branch is chosen anew each time. */
export function rememberedPlace(id: string): Place {
  return { workspace: id.startsWith('worktree') ? 'worktree' : id === 'copy' ? 'copy' : 'folder', base: undefined, withChanges: id === CARRIED };
}

export function placeId({ workspace, withChanges }: Place): string {
  return workspace === 'worktree' && withChanges ? CARRIED : workspace;
}
