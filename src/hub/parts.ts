// What the hub's parts are to each other. `startWholeHub` (server/wholeHub.ts) makes them in this order and ends them in reverse.
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, preValidationAsyncHookHandler } from 'fastify';
import type { WebSocket } from 'ws';
import type { Disposable } from '../base/disposable.ts';
import type { Event } from '../base/event.ts';
import type { Log } from '../base/log.ts';
import type { RunnerExtensionFrame, SessionRequest } from '../protocol/hubWire/extension.ts';
import type { HubAgent, HubTask, NewTask, Placement, Role } from '../protocol/hubWire/hubRest.ts';
import type { Runner } from '../protocol/hubWire/sibylRest.ts';
import type { RunnerEvent } from '../protocol/runnerEvent.ts';
import type { SharedSession } from '../protocol/hubWire/sharedSession.ts';
import type { Database } from './store/tables.ts';

export interface HubOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Absolute. Holds the database and the secret; made with mode 0700. */
  readonly dataFolder: string;
  /** PostgreSQL instead of SQLite. */
  readonly databaseUrl?: string | undefined;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Behind this proxy or these, `X-Forwarded-*` are believed. */
  readonly trustProxy?: boolean | string | undefined;
  /** Signs tokens; made and kept in the data folder (or the database, with PostgreSQL) when absent. At least 8 characters. */
  readonly jwtSecret?: string | undefined;
  /** The login helper of end-to-end tests, GET /test/login/{id}. */
  readonly testMode?: boolean | undefined;
  /** Folder of the built page; without one only the API is served. */
  readonly pageFolder?: string | undefined;
  /** Folders of this machine below which repositories may be named for the hub's own runner. Default: none; in test mode any. */
  readonly localRoots?: readonly string[] | undefined;
  readonly log: Log;
}

/** Who a call or a socket is. */
export interface Principal {
  readonly userId: string;
  readonly name: string;
  readonly orgId: string;
  readonly role: Role;
  /** Of a runner's own token: it may connect as this runner, and nothing else. */
  readonly runnerId?: string | undefined;
  readonly via: 'cookie' | 'bearer';
  /** `jti`, where the token has one. */
  readonly tokenId?: string | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `identity.guard`. */
    principal: Principal;
  }
}

export interface Identity {
  /** By bearer header, or by the `access_token` cookie (of same-origin requests: see `guard`). Undefined: nobody, expired, revoked, disabled. */
  authenticate(request: Pick<IncomingMessage, 'headers'>): Promise<Principal | undefined>;
  /** As above for a bare token, such as Socket.IO's `auth.token`. */
  authenticateToken(token: string): Promise<Principal | undefined>;
  /** For `preValidation`: before anything is said of the body, and after the limits by rate. 401 without a principal, 403 for a role below `least` (viewer < member < admin), for a runner's token (unless `runners`), and for a cookie with a foreign Origin on anything but GET and HEAD. */
  guard(least: Role, options?: { readonly runners?: boolean }): preValidationAsyncHookHandler;
  /** Whether a cookie-carrying socket upgrade comes from the hub's own page. Bearer tokens need none. */
  sameOrigin(request: Pick<IncomingMessage, 'headers' | 'socket'>): boolean;
  /** A token for a runner: claims `rid`, `scp`; 24 h by Sibyl's book, renewed by the hub with each registration. */
  issueRunnerToken(runner: { readonly id: string; readonly orgId: string; readonly userId: string; readonly name: string }, lifetimeMs?: number): Promise<string>;
  /** All tokens of a runner end, with its deletion. */
  revokeRunnerTokens(runnerId: string): Promise<void>;
  /** Fires with what ended: open sockets of a token or a runner are to be closed. With `userId` alone the user was changed: open sockets are to be closed where `authenticate` knows them no more, or with another role. */
  readonly onDidEnd: Event<{ readonly userId?: string; readonly tokenId?: string; readonly runnerId?: string }>;
}

export interface AuditLog {
  /** Never fails the caller: what cannot be written is logged. `detail` holds no secret. */
  note(entry: { readonly by: Principal | string; readonly orgId?: string; readonly action: string; readonly target?: string; readonly detail?: Readonly<Record<string, unknown>>; readonly ip?: string }): void;
}

/** One place for all upgrades of the one server: by path, so that Socket.IO, Sibyl's sockets and the live socket live beside each other. */
export interface Upgrades {
  /** `pattern` is matched against the path alone; its groups are given. The socket is accepted first; the handler decides and closes. `maxPayload` in bytes. */
  on(pattern: RegExp, handler: (socket: WebSocket, request: IncomingMessage, groups: Readonly<Record<string, string>>) => void, options: { readonly maxPayload: number }): Disposable;
}

/** Says things to the hub's other processes, and to itself: with PostgreSQL by LISTEN/NOTIFY, with SQLite in memory. */
export interface Bus {
  /** This process, unique among the hub's. */
  readonly processId: string;
  /** Reaches every process, this one too, in order per publisher. JSON. */
  publish(topic: string, message: unknown): void;
  subscribe(topic: string, listener: (message: unknown) => void): Disposable;
  /** Asks one process and waits for its answer. Throws the remote fault, `timeout`, `disconnected`. */
  call(processId: string, method: string, params: unknown, options?: { readonly timeoutMs?: number }): Promise<unknown>;
  serve(method: string, answer: (params: unknown) => Promise<unknown>): Disposable;
  /** Another process that is gone: it said so, or nothing was heard of it for seconds. */
  readonly onDidLose: Event<string>;
  /** The connection between the processes was broken and is back: what others published meanwhile was missed, and is to be read again. */
  readonly onDidMiss: Event<void>;
}

/** The connected runners, of this process and of others. Part: src/hub/sibyl. */
export interface Runners {
  list(orgId: string): Promise<readonly Runner[]>;
  find(runnerId: string): Promise<(Runner & { readonly org_id: string; readonly user_id: string }) | undefined>;
  /** Passes a request on to wherever the runner is connected. Throws `not-found`, `disconnected`, `unsupported` (a base runner), `timeout`, or the runner's own fault. */
  request(runnerId: string, sessionId: string, request: SessionRequest, by: string): Promise<unknown>;
  /** Sends a terminal frame; lost when the runner is not connected. */
  terminal(runnerId: string, frame: { readonly type: 'terminal_open' | 'terminal_close'; readonly session_id: string } | { readonly type: 'terminal_input'; readonly session_id: string; readonly data: string; readonly by: string } | { readonly type: 'terminal_resize'; readonly session_id: string; readonly columns: number; readonly rows: number }): void;
  readonly onDidChange: Event<{ readonly orgId: string; readonly runner: Runner } | { readonly orgId: string; readonly gone: string }>;
  /** A runner row and its token, without REST: for the embedded runner. `runnerId`: the row that it had, however it is called by now; another one where that is gone. */
  register(owner: { readonly orgId: string; readonly userId: string }, runner: { readonly runnerId?: string | undefined; readonly name: string; readonly hostname: string; readonly capabilities: readonly string[]; readonly maxAgents: number; readonly embedded: boolean }): Promise<{ readonly runner: Runner; readonly token: string }>;
}

/** Part: src/hub/sibyl. */
export interface Tasks {
  create(by: Principal, task: NewTask): Promise<HubTask>;
  /** As `onDidChange` has them: long prompts cut, without results. */
  list(orgId: string): Promise<readonly HubTask[]>;
  /** The whole of it. Throws `not-found`, also for another organization's. */
  find(orgId: string, taskId: string): Promise<HubTask>;
  /** The runners with their scores for it, as they are now. */
  placement(orgId: string, taskId: string): Promise<Placement>;
  preview(orgId: string, task: NewTask): Promise<Placement>;
  /** Throws `not-found`, `policy-denied`, `invalid-transition`. */
  cancel(by: Principal, taskId: string): Promise<HubTask>;
  /** A dead letter, or a canceled one, once more. Throws as `cancel`. */
  retry(by: Principal, taskId: string): Promise<HubTask>;
  readonly onDidChange: Event<{ readonly orgId: string; readonly task: HubTask }>;
}

/** What a runner's socket tells of sessions goes here. Part: src/hub/events. */
export interface SessionIntake {
  /** Its hello: stores what it shares, marks the rest gone; resolves to the number up to which each session's events are here. */
  sessionsOf(runner: RunnerRef, sessions: readonly SharedSession[]): Promise<readonly { readonly session_id: string; readonly after_seq: number }[]>;
  session(runner: RunnerRef, session: SharedSession): Promise<void>;
  gone(runner: RunnerRef, sessionId: string): Promise<void>;
  /** Resolves once on disk, to the number up to which all is there: to ack; behind the batch's first, less one, where there is a gap: the socket then says `resume`. Idempotent. */
  events(runner: RunnerRef, sessionId: string, events: readonly RunnerEvent[]): Promise<{ readonly seq: number; readonly gap: boolean }>;
  terminal(runner: RunnerRef, frame: TerminalFrame): void;
  /** After a fault of the database: resolves once it takes writes again, a second later at the earliest. What was not stored is to be said again then. Never, once the hub ends. */
  recovered(): Promise<void>;
  /** Its socket came or went, at this process; one that is replaced by another does not go. */
  connection(runner: RunnerRef, connected: boolean): void;
}

export interface RunnerRef {
  readonly id: string;
  readonly name: string;
  readonly orgId: string;
  readonly userId: string;
}

export type TerminalFrame = Extract<RunnerExtensionFrame, { type: 'terminal' | 'terminal_ended' }>;

/** Events of one session that follow each other. `id` is the hub's. */
export interface CommittedEvents {
  readonly id: string;
  readonly orgId: string;
  readonly villageId: string | null;
  readonly agentId: string | null;
  /** Whose the session and its runner are. */
  readonly ownerIds: readonly string[];
  readonly events: readonly RunnerEvent[];
  /** The same, each in its JSON text, and the number of the first. */
  readonly texts: readonly string[];
  readonly from: number;
}

/** Sessions as people see them. Part: src/hub/events. */
export interface Sessions {
  list(orgId: string): Promise<readonly HubAgent[]>;
  /** By the hub's id. */
  find(id: string): Promise<(HubAgent & { readonly org_id: string; readonly village_id: string | null }) | undefined>;
  /** A row before its runner says anything of it: for sessions that the hub starts. Throws `name-taken`. */
  reserve(session: { readonly id: string; readonly runnerId: string; readonly orgId: string; readonly userId: string; readonly info: SharedSession; readonly villageId?: string; readonly agentId?: string }): Promise<void>;
  /** A reserved row whose session its runner did not begin: gone. */
  discard(id: string): Promise<void>;
  /** At most `limit`, and fewer where they are large: there is more until none comes. */
  events(id: string, after: number, limit: number): Promise<readonly RunnerEvent[]>;
  /** As `events`, in the JSON text that they are kept in. */
  eventTexts(id: string, after: number, limit: number): Promise<readonly { readonly seq: number; readonly text: string }[]>;
  /** Live ones, once on disk: in order per session, each once. Those that other processes take in come for sessions of a village, and for what `watch` names here. */
  readonly onEvents: Event<CommittedEvents>;
  /** Resolves once all events of it that were told are in the table `events`: for whoever asks that table itself. */
  settled(id: string): Promise<void>;
  /** As long as this is held, `onEvents` tells of this session from wherever its runner is connected. Once `ready`, nothing is missed that is not yet on disk; it throws the database's faults. */
  watch(id: string): Disposable & { readonly ready: Promise<void> };
  readonly onDidChange: Event<{ readonly orgId: string; readonly agent: HubAgent } | { readonly orgId: string; readonly gone: string }>;
  /** Passes a person's act on; checks that they may: the same organization, and for anything but reading the session's or the runner's owner or an admin. Throws `not-found`, `policy-denied`, and as `Runners.request`. */
  act(by: Principal, id: string, request: SessionRequest): Promise<unknown>;
  /** Whether `by` may do more than read: see `act`. False for what is not there. */
  mayAct(by: Principal, id: string): Promise<boolean>;
  /** What runners of this process say of terminals. `id` is the hub's. */
  readonly onTerminal: Event<{ readonly id: string; readonly runnerId: string; readonly frame: TerminalFrame }>;
  /** A runner's socket came or went, at this process. */
  readonly onConnection: Event<{ readonly runner: RunnerRef; readonly connected: boolean }>;
  readonly intake: SessionIntake;
}

/** What every part is made with. */
export interface HubBase {
  readonly options: HubOptions;
  readonly log: Log;
  readonly database: Database;
  readonly bus: Bus;
  readonly http: FastifyInstance;
  readonly upgrades: Upgrades;
  readonly identity: Identity;
  readonly audit: AuditLog;
}

export interface Hub extends HubBase {
  readonly runners: Runners;
  readonly tasks: Tasks;
  readonly sessions: Sessions;
}

