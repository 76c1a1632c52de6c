// Where a watched terminal is: at this process, or at the one that has its runner's socket. The same to those who watch it.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Bus, Hub } from '../parts.ts';
import type { TerminalHost } from './terminalHost.ts';
import { CALL, TerminalJoined, TerminalMessage, TOPIC, type TerminalCall } from './terminalMessages.ts';

export interface WatchedSession {
  /** The hub's. */
  readonly id: string;
  readonly runnerId: string;
  /** The runner's. */
  readonly sessionId: string;
}

export interface TerminalSource extends Disposable {
  /** The process that has it. */
  readonly owner: string;
  /** Messages come from now on, also before this resolves. Throws `timeout`, `disconnected`. */
  join(after: number | undefined, onMessage: (message: TerminalMessage) => void): Promise<TerminalJoined>;
  /** Resolves to the name of whoever wrote before. */
  take(name: string): Promise<string | null>;
  /** These throw `policy-denied` where another writes. */
  write(data: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
}

/** Undefined while the runner is connected to no process. */
export async function terminalSource(hub: Hub, host: TerminalHost, session: WatchedSession, key: string): Promise<TerminalSource | undefined> {
  const row = await hub.database.selectFrom('runners').select('connected_to').where('id', '=', session.runnerId).executeTakeFirst();
  const owner = row?.connected_to ?? undefined;
  if (owner === undefined) return undefined;
  return owner === hub.bus.processId ? hereSource(host, session, key, owner) : awaySource(hub.bus, owner, session.id, key);
}

function hereSource(host: TerminalHost, session: WatchedSession, key: string, owner: string): TerminalSource {
  const { id } = session;
  const listening = new DisposableStore();
  return {
    owner,
    join: (after, onMessage) => {
      const joined = host.join(session, key, after);
      const messages = host.messagesOf(id);
      if (messages !== undefined) listening.add(messages(onMessage));
      return joined;
    },
    take: (name) => promised(() => host.take(id, key, name)),
    write: (data) => promised(() => host.write(id, key, data)),
    resize: (columns, rows) => promised(() => host.resize(id, key, columns, rows)),
    dispose: () => {
      listening.dispose();
      host.leave(id, key);
    },
  };
}

/** What is thrown is thrown by the promise. */
function promised<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

function awaySource(bus: Bus, owner: string, id: string, key: string): TerminalSource {
  const listening = new DisposableStore();
  const call = (params: TerminalCall): Promise<unknown> => bus.call(owner, CALL, params);
  return {
    owner,
    join: async (after, onMessage) => {
      listening.add(
        bus.subscribe(`${TOPIC}${id}`, (message) => {
          const { data } = TerminalMessage.safeParse(message);
          if (data !== undefined) onMessage(data);
        }),
      );
      return TerminalJoined.parse(await call({ what: 'join', id, key, ...(after === undefined ? {} : { after }) }));
    },
    take: async (name) => {
      const before = await call({ what: 'take', id, key, name });
      return typeof before === 'string' ? before : null;
    },
    write: async (data) => void (await call({ what: 'write', id, key, data })),
    resize: async (columns, rows) => void (await call({ what: 'resize', id, key, columns, rows })),
    dispose: () => {
      listening.dispose();
      // It leaves by itself where that process is gone.
      call({ what: 'leave', id, key }).catch(() => undefined);
    },
  };
}
