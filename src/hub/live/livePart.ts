// The live socket of pages and editors: /api/live, and /api/live/sessions/{id}?after=N for one session's events.
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { LiveRequest } from '../../protocol/hubWire/liveFrames.ts';
import type { Hub, Principal } from '../parts.ts';
import { FleetStreams } from './fleetStreams.ts';
import { LiveSocket } from './liveSocket.ts';
import { usualLimits, type OutboxLimits } from './outbox.ts';
import { SessionStreams } from './sessionStreams.ts';
import { TerminalHost } from './terminalHost.ts';
import { TerminalViews } from './terminalViews.ts';

const MAX_PAYLOAD = 1024 * 1024;
/** How often each socket's token is looked at again: it may have run out. */
const RENEW_MS = 60_000;
const POLICY = 1008;

export interface LiveOptions {
  readonly limits?: Partial<OutboxLimits>;
  readonly renewMs?: number;
  /** Milliseconds that a terminal stays open after its last watcher. */
  readonly lingerMs?: number;
}

export function openLive(hub: Hub, { limits = {}, renewMs = RENEW_MS, lingerMs }: LiveOptions = {}): Disposable {
  const things = new DisposableStore();
  const fleets = things.add(new FleetStreams(hub));
  const streams = things.add(new SessionStreams(hub.sessions));
  const host = things.add(new TerminalHost(hub, lingerMs));
  const terminals = things.add(new TerminalViews(hub, host));
  const open = new Map<LiveSocket, IncomingMessage>();

  const accept = async (socket: WebSocket, request: IncomingMessage, first: LiveRequest | undefined): Promise<void> => {
    // Nothing is read before it is known who speaks.
    socket.pause();
    const principal = await identify(hub, request);
    if (typeof principal === 'string') {
      socket.resume();
      return socket.close(POLICY, principal);
    }
    const live = new LiveSocket(principal, { hub, socket, stream: request.socket, limits: { ...usualLimits, ...limits }, fleets, streams, terminals });
    open.set(live, request);
    socket.once('close', () => open.delete(live));
    if (socket.readyState !== socket.OPEN) open.delete(live);
    if (first !== undefined) live.ask(first);
    socket.resume();
  };
  const look = (live: LiveSocket, request: IncomingMessage, refusal?: string): void => {
    identify(hub, request).then(
      (principal) => (typeof principal === 'string' ? live.close(refusal ?? principal) : live.renew(principal)),
      // The database is away: nobody is signed out for that.
      (error: unknown) => hub.log.debug(`A live socket's token was not looked at: ${messageOf(error)}`),
    );
  };
  const handle = (socket: WebSocket, request: IncomingMessage, first?: LiveRequest): void => {
    accept(socket, request, first).catch((error: unknown) => {
      hub.log.warn(`A live socket was not opened: ${messageOf(error)}`);
      socket.resume();
      socket.close(1011, 'The hub failed');
    });
  };

  things.add(hub.upgrades.on(/^\/api\/live$/, (socket, request) => handle(socket, request), { maxPayload: MAX_PAYLOAD }));
  things.add(
    hub.upgrades.on(
      /^\/api\/live\/sessions\/(?<id>[^/]+)$/,
      (socket, request, { id = '' }) => {
        const first = firstJoin(id, request.url ?? '');
        if (first === undefined) return socket.close(POLICY, 'The address is not understood');
        handle(socket, request, first);
      },
      { maxPayload: MAX_PAYLOAD },
    ),
  );

  things.add(
    hub.identity.onDidEnd((end) => {
      for (const [live, request] of open) {
        const { userId, tokenId } = live.principal;
        const isMeant = end.runnerId === undefined && (end.userId === undefined || end.userId === userId) && (end.tokenId === undefined || end.tokenId === tokenId);
        if (!isMeant) continue;
        if (end.tokenId !== undefined) live.close('Signed out');
        // Its user was changed: what a name or a password leaves good stays open.
        else look(live, request, 'Signed out');
      }
    }),
  );
  const renewing = setInterval(() => {
    for (const [live, request] of open) look(live, request);
  }, renewMs);
  things.add(toDisposable(() => clearInterval(renewing)));
  things.add(toDisposable(() => [...open.keys()].forEach((live) => live.dispose())));
  return things;
}

/** Who opens it, or why nobody may. Only by header: an address with a token in it would be kept in logs. */
async function identify({ identity }: Hub, request: IncomingMessage): Promise<Principal | string> {
  const principal = await identity.authenticate(request);
  if (principal === undefined || principal.runnerId !== undefined) return 'Authentication required';
  if (principal.via === 'cookie' && !identity.sameOrigin(request)) return 'Another site may not open this';
  return principal;
}

function firstJoin(id: string, url: string): LiveRequest | undefined {
  const after = new URL(url, 'http://hub').searchParams.get('after') ?? '0';
  if (!/^\d{1,15}$/.test(after)) return undefined;
  try {
    return LiveRequest.safeParse({ type: 'join', session_id: decodeURIComponent(id), after: Number(after) }).data;
  } catch {
    return undefined;
  }
}
