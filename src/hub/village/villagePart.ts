// The village runner's side of the hub, put together: its REST and its Socket.IO on the hub's one server.
import { Server } from 'socket.io';
import type { Disposable } from '../../base/disposable.ts';
import { DisposableStore, toDisposable } from '../../base/disposable.ts';
import type { Hub } from '../parts.ts';
import { Announcements } from './announcements.ts';
import { listenTo } from './joins.ts';
import { dropWhenSlow } from './slowClients.ts';
import { allowRequest, guardSockets, type VillageIo } from './socketDoor.ts';
import { addVillageRoutes } from './villageRoutes.ts';
import { Villages } from './villages.ts';
import { streamToVillages } from './villageStream.ts';

/** Clients only say what they join. */
const LARGEST_BYTES = 64 * 1024;
const HANDSHAKE_MS = 15_000;

/** Before the server listens. `env`: where a provider's key is looked for beside the request. */
export function openVillage(hub: Hub, { env = process.env }: { readonly env?: Readonly<Record<string, string | undefined>> } = {}): Disposable {
  const owned = new DisposableStore();
  const villages = new Villages(hub.database);
  const announcements = new Announcements(hub.bus);
  addVillageRoutes({ hub, villages, announcements, env });

  const io: VillageIo = new Server(hub.http.server, {
    path: '/socket.io',
    serveClient: false,
    maxHttpBufferSize: LARGEST_BYTES,
    connectTimeout: HANDSHAKE_MS,
    perMessageDeflate: false,
    // The hub's other sockets are minded by its own router.
    destroyUpgrade: false,
    allowRequest: allowRequest(hub, () => io.engine.clientsCount),
  });
  // The server is not ours to close, so Socket.IO's own close is of no use.
  owned.add(
    toDisposable(() => {
      io.disconnectSockets(true);
      io.engine.close();
    }),
  );
  owned.add(guardSockets(io, hub));
  io.on('connection', (socket) => {
    dropWhenSlow(socket, hub.log);
    listenTo(socket, { hub, villages });
  });
  owned.add(streamToVillages({ io, sessions: hub.sessions, announcements }));
  return owned;
}
