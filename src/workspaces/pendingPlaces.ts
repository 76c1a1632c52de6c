// What a preparation is about to make, noted before it is made: a process that dies in the middle leaves a note that the next one undoes.
import * as z from 'zod';
import { silentLog } from '../base/log.ts';
import { RecordFolder } from '../base/recordFolder.ts';
import { WorkspaceRecord } from '../protocol/workspaceRecord.ts';

export const PendingPlace = z.object({
  id: WorkspaceRecord.shape.id,
  kind: WorkspaceRecord.shape.kind,
  /** The folder that is ours to delete; absent for the user's own. */
  path: z.string().optional(),
  repository: z.string().optional(),
  branch: z.string().optional(),
  /** What the branch began at: it is deleted only while it still is that. */
  commit: z.string().optional(),
  ports: WorkspaceRecord.shape.ports,
});
export type PendingPlace = z.infer<typeof PendingPlace>;

export class PendingPlaces {
  readonly #places: RecordFolder<PendingPlace>;

  constructor(folder: string) {
    const isId = (id: string): boolean => PendingPlace.shape.id.safeParse(id).success;
    this.#places = new RecordFolder({ folder, isId, parse: (value) => PendingPlace.parse(value), idOf: ({ id }) => id, what: () => 'The workspace that is about to be made', log: silentLog });
  }

  write(place: PendingPlace): void {
    this.#places.write(place);
  }

  remove(id: string): void {
    this.#places.remove(id);
  }

  read(id: string): PendingPlace | undefined {
    return this.#places.read(id);
  }

  list(): PendingPlace[] {
    return this.#places.list();
  }
}
