// The hub's sessions: what runners say of theirs is stored and told, what people want is passed on. Puts the parts of this folder together.
import { AgentsError } from '../../base/errors.ts';
import { jsonOf } from '../../base/json.ts';
import type { HubAgent } from '../../protocol/hubWire/hubRest.ts';
import { RunnerEvent } from '../../protocol/runnerEvent.ts';
import type { HubBase, Runners, Sessions } from '../parts.ts';
import { isUniqueFault, storeFault } from '../store/storeFaults.ts';
import { act, mayAct } from './acts.ts';
import { AgentChanges } from './agentChanges.ts';
import { openAgentsRest } from './agentsRest.ts';
import { EventFeed } from './eventFeed.ts';
import { EventIntake } from './eventIntake.ts';
import { EventStore } from './eventStore.ts';
import { checkSessionId, HeldSessions, newRow } from './heldSessions.ts';
import { findAgents, listAgents, markGone, shownAgent } from './sessionRows.ts';
import { Watchers } from './watchers.ts';
import { WriteQueue } from './writeQueue.ts';

export interface OpenSessions extends Sessions {
  /** The runners come later: they are made with this part's intake. */
  useRunners(runners: Runners): void;
  /** Writes what waits. */
  dispose(): Promise<void>;
}

/** Adds /api/agents to the server; before it listens. */
export function openSessions(base: HubBase): OpenSessions {
  const { database, bus, log, audit } = base;
  let known: Runners | undefined;
  const runners = (): Runners => {
    if (known === undefined) throw new AgentsError('internal', 'The hub has no runners yet.');
    return known;
  };

  // With SQLite this process is the only one.
  const store = new EventStore({ database, log, staged: base.options.databaseUrl === undefined });
  const held = new HeldSessions(store);
  const watchers = new Watchers(bus);
  const changes = new AgentChanges({ store, bus, log, watchers });
  const feed = new EventFeed({ store, bus, log, watchers, held });
  const queue = new WriteQueue({
    store,
    log,
    onCommitted: (batches) => {
      for (const { session, rows } of batches) session.stored = Math.max(session.stored, rows.at(-1)?.seq ?? 0);
      feed.committed(batches);
    },
    onFailed: (sessions) => {
      for (const session of sessions) session.accepted = session.stored;
    },
  });
  const intake = new EventIntake({ database, log, held, queue, feed, changes });
  let following: { dispose(): void } | undefined;

  const sessions: OpenSessions = {
    intake,
    onEvents: feed.onEvents,
    onDidChange: changes.onDidChange,
    onTerminal: intake.onTerminal,
    onConnection: intake.onConnection,
    watch: (id) => feed.watch(id),
    settled: (id) => stored(store.settled(id)),
    list: async (orgId): Promise<readonly HubAgent[]> => (await stored(listAgents(store, orgId))).map(shownAgent),
    find: async (id) => {
      const [agent] = await stored(findAgents(store, [id]));
      if (agent === undefined) return undefined;
      return { ...shownAgent(agent), org_id: agent.org_id, village_id: agent.village_id };
    },
    reserve: async ({ id, runnerId, orgId, userId, info, villageId, agentId }) => {
      checkSessionId(id);
      const row = { ...newRow(id, { id: runnerId, name: '', orgId, userId }, info), village_id: villageId ?? null, agent_id: agentId ?? null };
      try {
        await database.insertInto('sessions').values(row).execute();
      } catch (error) {
        if (isUniqueFault(error)) throw new AgentsError('name-taken', `There is a session ${id} already.`, { cause: error });
        throw storeFault(error);
      }
      changes.changed([id]);
    },
    discard: async (id) => {
      await stored(markGone(database, [id], Date.now()));
      changes.changed([id]);
    },
    events: async (id, after, limit) => (await stored(store.page(id, after, limit))).map(({ text }) => RunnerEvent.parse(jsonOf(text))),
    eventTexts: (id, after, limit) => stored(store.page(id, after, limit)),
    act: (by, id, request) => act({ store, audit, runners }, by, id, request),
    mayAct: async (by, id) => {
      const [agent] = await stored(findAgents(store, [id]));
      return agent !== undefined && (await mayAct(runners(), by, agent));
    },
    useRunners: (made) => {
      known = made;
      following = made.onDidChange((change) => {
        if ('runner' in change) changes.ofRunner(change.runner.id, change.runner.status === 'offline');
        else changes.runnerGone(change.gone);
      });
    },
    dispose: async () => {
      following?.dispose();
      await queue.dispose();
      await store.dispose();
      intake.dispose();
      feed.dispose();
      changes.dispose();
      watchers.dispose();
    },
  };
  openAgentsRest(base, sessions);
  return sessions;
}

async function stored<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw storeFault(error);
  }
}
