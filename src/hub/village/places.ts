// Where a session can run: on the runner that was asked for, else the hub's own, else the best of those that are connected.
import { AgentsError } from '../../base/errors.ts';
import type { Hub, Principal } from '../parts.ts';

export interface Place {
  readonly runnerId: string;
  /** The hub's own: on this machine, with the hub's environment. */
  readonly embedded: boolean;
  /** Whose the runner is. */
  readonly ownerId: string;
}

/** The best first; the others are for when it turns out not to know sessions. Throws `not-found` for a runner that is none of the organization's, `disconnected`, `runtime-unavailable`. */
export async function placesFor(hub: Hub, by: Principal, wish: { readonly runnerId?: string | undefined; readonly providerId: string }): Promise<readonly Place[]> {
  if (wish.runnerId !== undefined) return [await askedFor(hub, by, wish.runnerId)];
  const own = await embeddedOf(hub, by.orgId);
  if (own.length > 0) return own;
  const { scores, reason } = await hub.tasks.preview(by.orgId, { prompt: wish.providerId, required_capabilities: [wish.providerId], create_worktree: true, max_attempts: 1 });
  const places = [];
  for (const { runner_id, viable } of scores) {
    const runner = viable ? await hub.runners.find(runner_id) : undefined;
    if (runner !== undefined) places.push({ runnerId: runner.id, embedded: false, ownerId: runner.user_id });
  }
  if (places.length === 0) throw new AgentsError('runtime-unavailable', `No runner can take this session. ${reason}`, { hint: 'Start the hub with its own runner, or connect one: "tmux-agents runner register".' });
  return places;
}

async function askedFor({ runners, database }: Hub, by: Principal, runnerId: string): Promise<Place> {
  const runner = await runners.find(runnerId);
  if (runner?.org_id !== by.orgId) throw new AgentsError('not-found', 'Runner not found');
  if (runner.status === 'offline') throw new AgentsError('disconnected', `${runner.name} is not connected to the hub.`, { hint: 'Choose another, or leave "runnerId" out.' });
  const row = await database.selectFrom('runners').select('embedded').where('id', '=', runnerId).executeTakeFirst();
  const embedded = row?.embedded === 1;
  if (runner.status === 'draining' && !embedded) throw new AgentsError('runtime-unavailable', `${runner.name} takes nothing new: it is draining.`, { hint: 'Choose another, or leave "runnerId" out.' });
  return { runnerId, embedded, ownerId: runner.user_id };
}

/** Those that are connected, this process's before those of the hub's others. It says that it is draining: it takes no tasks. Sessions it takes. */
async function embeddedOf({ runners, database, bus }: Hub, orgId: string): Promise<readonly Place[]> {
  const rows = await database.selectFrom('runners').select(['id', 'user_id', 'connected_to']).where('org_id', '=', orgId).where('embedded', '=', 1).execute();
  if (rows.length === 0) return [];
  const statuses = new Map((await runners.list(orgId)).map(({ id, status }) => [id, status]));
  const here = (row: (typeof rows)[number]): number => (row.connected_to === bus.processId ? 0 : 1);
  return rows
    .filter(({ id }) => (statuses.get(id) ?? 'offline') !== 'offline')
    .sort((a, b) => here(a) - here(b))
    .map(({ id, user_id }) => ({ runnerId: id, embedded: true, ownerId: user_id }));
}
