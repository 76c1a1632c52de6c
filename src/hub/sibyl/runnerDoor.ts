// Where runners' sockets come in: who may, which of two stays, and what is asked first of one that knows our extension.
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { messageOf } from '../../base/errors.ts';
import { CLOSE_AGAIN } from '../../protocol/hubWire/closeCodes.ts';
import { EXTENSION_HEADER, EXTENSION_VERSION } from '../../protocol/hubWire/extension.ts';
import { CLOSE } from '../../protocol/hubWire/sibylFrames.ts';
import type { HubBase, Principal, RunnerRef } from '../parts.ts';
import type { Connections } from './connections.ts';
import { readFrame } from './readFrame.ts';
import { runnerFrames, type FrameParts } from './runnerFrames.ts';
import { RunnerSocket, type Message } from './runnerSocket.ts';
import type { RunnerRow } from './rows.ts';
import type { SibylTimers } from './timers.ts';

const PATH = /^\/api\/runners\/ws\/(?<id>[^/]{1,255})$/;
/** More than a frame may have: what is larger is answered, and only what is much larger ends the socket (1009). */
const LARGEST_BYTES = 16 * 1024 * 1024;
const ALREADY = 'Runner is already connected';

export interface DoorParts extends Omit<FrameParts, 'ended'> {
  readonly connections: Connections;
  readonly timers: SibylTimers;
  readonly gone: (row: RunnerRow) => void;
}

export function openRunnerDoor(base: HubBase, parts: DoorParts) {
  return base.upgrades.on(PATH, (socket, request, { id = '' }) => {
    enter(base, parts, socket, request, id).catch((error: unknown) => {
      base.log.warn(`A runner could not connect: ${messageOf(error)}`);
      socket.close(CLOSE_AGAIN, 'The hub cannot take it now');
    });
  }, { maxPayload: LARGEST_BYTES });
}

async function enter(base: HubBase, parts: DoorParts, socket: WebSocket, request: IncomingMessage, id: string): Promise<void> {
  // What it sends meanwhile is kept in the socket.
  socket.on('error', (error) => base.log.debug(`A runner's socket failed: ${messageOf(error)}`));
  socket.pause();
  const principal = await whoAsks(base, request);
  if (principal === undefined) return refuse(base, socket, request, undefined, CLOSE.noAuthentication);
  const row = await parts.store.find(id);
  if (row === undefined || row.org_id !== principal.orgId) return refuse(base, socket, request, principal, CLOSE.notFound);
  if (!mayConnect(principal, row)) return refuse(base, socket, request, principal, CLOSE.notAuthorized);
  const inbox = new Inbox(socket);
  const instance = request.headers[EXTENSION_HEADER] === undefined ? undefined : await inbox.hello(parts.timers.helloMs);
  if (socket.readyState !== socket.OPEN) return;
  if (!(await parts.connections.makeRoom(id, instance))) return refuse(base, socket, request, principal, ALREADY);
  await admit(base, parts, socket, request, row, principal, instance, inbox);
}

async function admit(base: HubBase, parts: DoorParts, socket: WebSocket, request: IncomingMessage, row: RunnerRow, principal: Principal, instance: string | undefined, inbox: Inbox): Promise<void> {
  const runner: RunnerRef = { id: row.id, name: row.name, orgId: row.org_id, userId: row.user_id };
  const ended = (): void => {
    parts.connections.remove(connection);
    endings.dispose();
    clearInterval(renewing);
    const isReplaced = (): boolean => parts.connections.get(row.id) !== undefined;
    // First written, then told: whoever hears of it reads what is written.
    void parts.store
      .disconnected(connection.connectionId)
      .then(
        (gone) => gone !== undefined && parts.gone(gone),
        (error: unknown) => base.log.warn(`That runner ${row.id} is gone was not written: ${messageOf(error)}`),
      )
      .then(() => !isReplaced() && parts.intake.connection(runner, false));
  };
  const connection: RunnerSocket = new RunnerSocket({ socket, stream: request.socket, runnerId: row.id, instance, extended: instance !== undefined, sink: runnerFrames(runner, () => connection, { ...parts, ended }), timers: parts.timers, log: base.log });
  const endings = base.identity.onDidEnd((what) => {
    if (what.runnerId === row.id || (what.tokenId !== undefined && what.tokenId === principal.tokenId)) connection.close(CLOSE.policy, CLOSE.noAuthentication);
    // Its user was changed: a name or a password costs no runner its connection.
    else if (what.userId === principal.userId) look(() => connection.close(CLOSE.policy, CLOSE.noAuthentication));
  });
  /** `refused`: what to do once its token opens this no more. */
  const look = (refused: () => void): void => {
    whoAsks(base, request).then(
      (now) => (now === undefined || !mayConnect(now, row)) && refused(),
      // The database is away: nobody is shut out for that.
      (error: unknown) => base.log.debug(`A runner's token was not looked at: ${messageOf(error)}`),
    );
  };
  // Not final: it may have a newer token by now. With the old one it is refused at the door.
  const renewing = setInterval(() => look(() => connection.close(CLOSE_AGAIN, 'The token has run out')), parts.timers.renewMs);
  const connected = await parts.store.connected(row.id, base.bus.processId, connection.connectionId);
  if (connected === undefined) {
    endings.dispose();
    clearInterval(renewing);
    return socket.close(CLOSE.policy, CLOSE.notFound);
  }
  // It went while that was written: what its end wrote came before.
  if (socket.readyState !== socket.OPEN) return ended();
  // Two that came at the same time: the later one has the place.
  parts.connections.get(row.id)?.close(CLOSE.replaced, CLOSE.replacedText);
  parts.connections.add(connection);
  parts.intake.connection(runner, true);
  parts.changed(connected);
  base.audit.note({ by: principal, orgId: row.org_id, action: 'runner.connected', target: row.id });
  connection.start(inbox.handOver());
  socket.resume();
  if (instance === undefined) await parts.life.runnerCame(row.id, undefined);
  parts.wake();
}

/** By its token, or by the page's cookie from the hub's own page; as it is now. */
async function whoAsks({ identity }: HubBase, request: IncomingMessage): Promise<Principal | undefined> {
  const principal = await identity.authenticate(request);
  return principal?.via === 'cookie' && !identity.sameOrigin(request) ? undefined : principal;
}

/** Only who registered it, with their own token or with the runner's. */
function mayConnect(principal: Principal, row: RunnerRow): boolean {
  if (principal.userId !== row.user_id || principal.role === 'viewer') return false;
  return principal.runnerId === undefined || principal.runnerId === row.id;
}

/** What a socket says before its connection is made: nothing of it is lost. */
class Inbox {
  readonly #socket: WebSocket;
  readonly #messages: Message[] = [];
  #heard: ((message: Message) => void) | undefined;
  readonly #listen = (data: Buffer, isBinary: boolean): void => {
    this.#messages.push({ data, isBinary });
    this.#heard?.({ data, isBinary });
  };

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', this.#listen);
  }

  /** Says hello. Resolves to the instance that the answer names, whatever else comes before it; undefined for a client that does not answer in time: it gets the base protocol. */
  async hello(timeoutMs: number): Promise<string | undefined> {
    const socket = this.#socket;
    socket.send(JSON.stringify({ type: 'hello', protocol: EXTENSION_VERSION, server_time: Date.now() }));
    const instance = await new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), timeoutMs);
      const done = (said: string | undefined): void => {
        clearTimeout(timer);
        resolve(said);
      };
      this.#heard = ({ data, isBinary }) => {
        const { frame } = readFrame(data, isBinary);
        // How many agents it runs is said as soon as the socket is open.
        if (frame?.type === 'hello') done(frame.instance);
      };
      socket.once('close', () => done(undefined));
      socket.resume();
    });
    this.#heard = undefined;
    socket.pause();
    return instance;
  }

  /** All that came, for whoever reads from now on. */
  handOver(): readonly Message[] {
    this.#socket.off('message', this.#listen);
    return this.#messages;
  }
}

/** Accepted first, closed then: so the client learns why. */
function refuse(base: HubBase, socket: WebSocket, request: IncomingMessage, principal: Principal | undefined, reason: string): void {
  base.audit.note({ by: principal ?? 'nobody', ...(principal === undefined ? {} : { orgId: principal.orgId }), action: 'runner.refused', detail: { reason }, ...(request.socket.remoteAddress === undefined ? {} : { ip: request.socket.remoteAddress }) });
  socket.resume();
  socket.close(CLOSE.policy, reason);
}
