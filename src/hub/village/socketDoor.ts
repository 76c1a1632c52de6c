// Who may come in to the village's Socket.IO, and for how long: by token or by the page's cookie, until either ends.
import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'socket.io';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import type { VillageClientEvents, VillageServerEvents } from '../../protocol/hubWire/villageSocket.ts';
import type { HubBase, Identity, Principal } from '../parts.ts';

export interface SocketData {
  principal: Principal;
}
type Nothing = Record<string, never>;
export type VillageIo = Server<VillageClientEvents, VillageServerEvents, Nothing, SocketData>;
export type VillageClient = Socket<VillageClientEvents, VillageServerEvents, Nothing, SocketData>;

/** Sockets of one process. */
const MOST_SOCKETS = 5_000;
/** Roles change and tokens run out without anybody saying so. */
const AGAIN_MS = 60_000;

/** For engine.io's `allowRequest`: another site's page does not get as far as a handshake. */
export function allowRequest({ identity }: Pick<HubBase, 'identity'>, countOf: () => number): (request: IncomingMessage, answer: (fault: string | null | undefined, allowed: boolean) => void) => void {
  return (request, answer) => {
    if (!identity.sameOrigin(request)) answer('This request comes from another site.', false);
    else if (countOf() >= MOST_SOCKETS) answer('Too many are connected.', false);
    else answer(null, true);
  };
}

export function guardSockets(io: VillageIo, { identity, log }: Pick<HubBase, 'identity' | 'log'>): Disposable {
  const owned = new DisposableStore();
  const look = (socket: VillageClient): void => void lookAgain(identity, socket).catch((error: unknown) => log.debug(messageOf(error)));
  io.use((socket, next) => {
    principalOf(identity, socket).then(
      (principal) => {
        if (principal === undefined) return next(refusal());
        socket.data.principal = principal;
        next();
      },
      (error: unknown) => {
        log.warn(`A socket could not be let in: ${messageOf(error)}`);
        next(Object.assign(new Error('The hub failed at this.'), { data: { code: 'INTERNAL' } }));
      },
    );
  });
  owned.add(
    identity.onDidEnd(({ userId, tokenId }) => {
      for (const socket of io.sockets.sockets.values()) {
        const { principal } = socket.data;
        if (tokenId !== undefined && principal.tokenId === tokenId) socket.disconnect(true);
        else if (principal.userId === userId) look(socket);
      }
    }),
  );
  const again = setInterval(() => {
    for (const socket of io.sockets.sockets.values()) look(socket);
  }, AGAIN_MS);
  owned.add(toDisposable(() => clearInterval(again)));
  return owned;
}

/** As it is now; undefined closes the door. */
export async function lookAgain(identity: Identity, socket: VillageClient): Promise<Principal | undefined> {
  const principal = await principalOf(identity, socket);
  // Its rooms are those of its organization, its user and its role.
  if (principal === undefined || principal.orgId !== socket.data.principal.orgId || principal.userId !== socket.data.principal.userId || principal.role !== socket.data.principal.role) {
    socket.disconnect(true);
    return undefined;
  }
  socket.data.principal = principal;
  return principal;
}

/** A token that is given counts, and no cookie beside it. A runner's own token opens nothing here. */
async function principalOf(identity: Identity, { handshake }: VillageClient): Promise<Principal | undefined> {
  const token: unknown = handshake.auth['token'];
  let principal: Principal | undefined;
  if (typeof token === 'string' && token !== '') principal = await identity.authenticateToken(token.replace(/^bearer +/i, '').trim());
  else if (token === undefined || token === null || token === '') principal = await identity.authenticate(handshake);
  return principal?.runnerId === undefined ? principal : undefined;
}

function refusal(): Error {
  return Object.assign(new Error('Authentication required.'), { data: { code: 'UNAUTHORIZED' } });
}
