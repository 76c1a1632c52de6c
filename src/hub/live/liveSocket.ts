// One page's or editor's live socket: what it asks for, and its end. Everything is checked against who it is, at the time of asking.
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, asAgentsError, messageOf, unreachable } from '../../base/errors.ts';
import { jsonOf } from '../../base/json.ts';
import { CLOSE_AGAIN } from '../../protocol/hubWire/closeCodes.ts';
import { LiveRequest } from '../../protocol/hubWire/liveFrames.ts';
import type { Hub, Principal } from '../parts.ts';
import type { FleetStreams } from './fleetStreams.ts';
import { Outbox, type OutboxLimits } from './outbox.ts';
import type { SessionStreams } from './sessionStreams.ts';
import type { TerminalViews } from './terminalViews.ts';

/** Sessions that one socket may follow, and terminals that it may watch. */
const MOST_JOINS = 200;
const MOST_TERMINALS = 20;
/** Requests under way before the socket is left unread, and read again. */
const WAITING = { most: 32, few: 8 } as const;
/** Malformed frames in a row. */
const MOST_FAULTS = 100;
const POLICY = 1008;

export interface LiveSocketParts {
  readonly hub: Hub;
  readonly socket: WebSocket;
  /** What it is made of. */
  readonly stream: Socket;
  readonly limits: OutboxLimits;
  readonly fleets: FleetStreams;
  readonly streams: SessionStreams;
  readonly terminals: TerminalViews;
}

export class LiveSocket implements Disposable {
  readonly #parts: LiveSocketParts;
  readonly #outbox: Outbox;
  readonly #owned = new DisposableStore();
  readonly #joins = new Map<string, Disposable>();
  readonly #views = new Map<string, Disposable>();
  #principal: Principal;
  #fleet: Disposable | undefined;
  #faults = 0;
  #waiting = 0;
  /** Requests take effect in the order in which they came. */
  #turns: Promise<void> = Promise.resolve();

  constructor(principal: Principal, parts: LiveSocketParts) {
    this.#principal = principal;
    this.#parts = parts;
    const { socket, stream, limits } = parts;
    this.#outbox = new Outbox(socket, stream, limits);
    this.#owned.add(toDisposable(() => this.#leaveAll()));
    socket.on('message', (data: Buffer, isBinary) => this.#read(data, isBinary));
    socket.once('close', () => this.dispose());
    if (socket.readyState !== socket.OPEN) this.dispose();
  }

  get principal(): Principal {
    return this.#principal;
  }

  /** Who it is now. With another role it has to come again: what it holds was given to the old one. */
  renew(principal: Principal): void {
    if (principal.role === this.#principal.role) this.#principal = principal;
    else {
      this.#outbox.close(CLOSE_AGAIN, 'Your role has changed');
      this.dispose();
    }
  }

  /** As if it had asked for that. */
  ask(request: LiveRequest): void {
    this.#waiting++;
    if (this.#waiting > WAITING.most) this.#parts.socket.pause();
    this.#turns = this.#turns.then(async () => {
      try {
        if (this.#outbox.isOpen) await this.#take(request);
      } catch (error) {
        this.#tellFault(error, 'session_id' in request ? request.session_id : undefined);
      }
      this.#waiting--;
      if (this.#waiting === WAITING.few && this.#parts.socket.isPaused) this.#parts.socket.resume();
    });
  }

  close(reason: string): void {
    this.#outbox.close(POLICY, reason);
    this.dispose();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #read(data: Buffer, isBinary: boolean): void {
    if (!this.#outbox.isOpen) return;
    const { data: request, error } = LiveRequest.safeParse(isBinary ? undefined : jsonOf(data.toString('utf8')));
    if (request !== undefined) {
      this.#faults = 0;
      return this.ask(request);
    }
    if (++this.#faults >= MOST_FAULTS) return this.close('Too many malformed frames');
    const [issue] = error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
    this.#outbox.send({ type: 'error', message: `This frame is not understood${where}.` });
  }

  async #take(request: LiveRequest): Promise<void> {
    switch (request.type) {
      case 'watch_fleet':
        this.#fleet ??= this.#parts.fleets.watch(this.#principal.orgId, this.#outbox, (error) => {
          this.#fleet?.dispose();
          this.#fleet = undefined;
          this.#away(error);
        });
        return;
      case 'join':
        return await this.#join(request.session_id, request.after);
      case 'leave':
        return this.#leave(this.#joins, request.session_id);
      case 'terminal_join':
        return await this.#joinTerminal(request.session_id, request.after);
      case 'terminal_leave':
        return this.#leave(this.#views, request.session_id);
      case 'terminal_take':
        return await this.#parts.terminals.take(this, request.session_id, this.#principal);
      case 'terminal_write':
        return await this.#parts.terminals.write(this, request.session_id, request.data);
      case 'terminal_resize':
        return await this.#parts.terminals.resize(this, request.session_id, request.columns, request.rows);
      case 'ping':
        return this.#outbox.send({ type: 'pong' });
      default:
        return unreachable(request);
    }
  }

  async #join(id: string, after: number): Promise<void> {
    this.#leave(this.#joins, id);
    if (this.#joins.size >= MOST_JOINS) throw new AgentsError('limit-reached', `One socket follows at most ${MOST_JOINS} agents.`);
    await this.#check(id);
    if (this.#owned.isDisposed) return;
    this.#joins.set(
      id,
      this.#parts.streams.open({
        id,
        outbox: this.#outbox,
        after,
        onFault: (error) => {
          this.#leave(this.#joins, id);
          this.#away(error);
        },
      }),
    );
  }

  async #joinTerminal(id: string, after: number | undefined): Promise<void> {
    this.#leave(this.#views, id);
    if (this.#views.size >= MOST_TERMINALS) throw new AgentsError('limit-reached', `One socket watches at most ${MOST_TERMINALS} terminals.`);
    const agent = await this.#check(id);
    if (!agent.terminal) throw new AgentsError('unsupported', `The terminal of ${agent.name} cannot be opened through the hub.`);
    if (this.#owned.isDisposed) return;
    this.#views.set(id, this.#parts.terminals.open(this, { id, runnerId: agent.runner_id, sessionId: agent.session_id, outbox: this.#outbox, after, onEnd: () => this.#leave(this.#views, id) }));
  }

  async #check(id: string) {
    const agent = await this.#parts.hub.sessions.find(id).catch((error: unknown) => {
      this.#away(error);
      throw error;
    });
    if (agent === undefined || agent.org_id !== this.#principal.orgId) throw new AgentsError('not-found', 'There is no such agent.');
    return agent;
  }

  #leave(joined: Map<string, Disposable>, id: string): void {
    const one = joined.get(id);
    joined.delete(id);
    one?.dispose();
  }

  #leaveAll(): void {
    this.#fleet?.dispose();
    for (const joined of [this.#joins, this.#views]) for (const id of [...joined.keys()]) this.#leave(joined, id);
  }

  /** What was asked for cannot be read now, or not on: whoever comes back later with what they have gets all of it. */
  #away(error: unknown): void {
    this.#parts.hub.log.warn(`A live socket is closed: ${messageOf(error)}`);
    this.#outbox.close(CLOSE_AGAIN, 'The hub cannot read its data now');
  }

  #tellFault(error: unknown, sessionId: string | undefined): void {
    const fault = asAgentsError(error);
    if (fault.reason === 'internal') this.#parts.hub.log.warn(`A live socket's request failed: ${messageOf(error)}`);
    this.#outbox.send({ type: 'error', message: fault.reason === 'internal' ? 'The hub failed; its log says how.' : fault.message, ...(sessionId === undefined ? {} : { session_id: sessionId }) });
  }
}
