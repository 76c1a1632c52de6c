// What a preparation is about to make, noted before it is made: a process that dies in the middle leaves a note that the next one undoes.
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { writeStateFile } from '../base/stateFile.ts';
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
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  write(place: PendingPlace): void {
    writeStateFile(this.#path(place.id), JSON.stringify(place), 'The workspace that is about to be made');
  }

  remove(id: string): void {
    rmSync(this.#path(id), { force: true });
  }

  read(id: string): PendingPlace | undefined {
    try {
      return PendingPlace.parse(JSON.parse(readFileSync(this.#path(id), 'utf8')));
    } catch {
      return undefined;
    }
  }

  list(): PendingPlace[] {
    try {
      return readdirSync(this.#folder).flatMap((name) => (name.endsWith('.json') ? (this.read(name.slice(0, -'.json'.length)) ?? []) : []));
    } catch {
      return [];
    }
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}
