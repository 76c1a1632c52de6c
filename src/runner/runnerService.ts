// Runs sessions: takes requests and commands, owns the sessions' lives, tells what happens, and takes up after a restart what an earlier process began.
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { AgentsError, isAgentsError, messageOf } from '../base/errors.ts';
import { Emitter, type Event } from '../base/event.ts';
import { silentLog, type Log } from '../base/log.ts';
import { NamedEvents } from '../base/namedEvents.ts';
import { Redactor } from '../base/redact.ts';
import { waitFor } from '../base/wait.ts';
import { faultLines, parseConfig } from '../protocol/config.ts';
import type { RunnerEvent } from '../protocol/runnerEvent.ts';
import { SessionCommand, type SessionConfig } from '../protocol/sessionConfig.ts';
import { readJournal } from '../sessions/journal/readJournal.ts';
import type { Session } from '../sessions/manager/managedSession.ts';
import { CastRecorder } from '../sessions/recording/castRecorder.ts';
import { isFacadeState, sessionState } from '../sessions/states/facadeNames.ts';
import type { SessionFilter } from '../sessions/sessionManager.ts';
import { SessionStore, type StoredSession } from '../sessions/store/sessionStore.ts';
import type { RemovalReport } from '../workspaces/types.ts';
import { AdapterRegistry } from './adapters/adapterRegistry.ts';
import { agentIdOf, CliAdapter, unlisted, type AdapterHost } from './adapters/cliAdapter.ts';
import type { ProviderAdapter, ProviderEvent } from './adapters/providerAdapter.ts';
import { createRuntimeManager, type Managed } from './createRuntimeManager.ts';
import { tellFacade, type RunnerServiceEvents } from './service/facadeEvents.ts';
import { runnerSettings, type RunnerConfig, type RunnerSettings } from './service/runnerConfig.ts';
import { RunnerSession } from './service/runnerSession.ts';
import type { SessionPorts } from './service/sessionPorts.ts';
import { limitsOf, minutesToday, refuseOver } from './service/sessionLimits.ts';
import { earlierFolder, metaOf, putAside, recordOfStored, type SessionRecord } from './service/sessionRecord.ts';
import { sessionSpec, type CreateSessionRequest } from './service/sessionRequest.ts';
import { lookAt, lookAtStored, type SessionLook, type SessionRuntimeState } from './service/sessionView.ts';
import type { WorkspacePort } from './service/workspacePort.ts';
import { runnerWorkspaces } from './service/runnerWorkspaces.ts';

/** Milliseconds that a start waits for the agents of an earlier process; those that cannot be reached by then are taken up later. */
const TAKE_UP_MS = 15_000;
const COLUMNS = 200;
const ROWS = 50;

export class RunnerService extends NamedEvents<RunnerServiceEvents> {
  readonly #config: RunnerConfig;
  readonly #settings: RunnerSettings;
  readonly #log: Log;
  readonly #store: SessionStore;
  readonly #adapters = new AdapterRegistry();
  readonly #events = new Emitter<RunnerEvent>();
  readonly #forgotten = new Emitter<string>();
  readonly #live = new Map<string, RunnerSession>();
  /** Their journals are being opened; by id, with their organisation. */
  readonly #coming = new Map<string, string>();
  readonly #ended = new Map<string, SessionLook>();
  /** Sessions of this process: an id of theirs is taken for good. */
  readonly #own = new Set<string>();
  readonly #onProviderEvent = (event: ProviderEvent): void => this.#live.get(event.sessionId)?.take(event);
  #parts: { readonly host: AdapterHost; readonly workspaces: WorkspacePort; readonly owned: DisposableStore } | undefined;
  #ownRedactor: Redactor | undefined;
  #starting: Promise<void> | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  /** Touches nothing yet. Throws `bad-input` with one line per fault. */
  constructor(config: RunnerConfig = {}) {
    super();
    this.#config = config;
    this.#settings = runnerSettings(config);
    this.#log = config.log ?? silentLog;
    this.#store = new SessionStore(this.#settings.stateFolder, this.#log);
    for (const id of this.#settings.providers) this.#adapters.register(new CliAdapter(id, { autoPilot: this.#settings.autoPilot }));
  }

  /** Every event of every session, once it is on disk; in order within a session. */
  readonly onEvent: Event<RunnerEvent> = this.#events.event;

  /** Fires with a session that ended long ago, once nothing of it is kept any more. */
  readonly onDidForget: Event<string> = this.#forgotten.event;

  /** Takes up the sessions of an earlier process. Calling it twice is no error. */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  /** `stop` (the default) ends every session, `keep` leaves the agents running for the next runner. */
  async stop({ sessions = 'stop' }: { readonly sessions?: 'stop' | 'keep' } = {}): Promise<void> {
    if (this.#starting === undefined) return;
    await this.#starting;
    this.#starting = undefined;
    await this.#sweeping;
    const live = [...this.#live.values()];
    await Promise.allSettled(live.map((session) => (sessions === 'keep' ? session.release() : session.stop({ reason: 'The runner was stopped.' }))));
    this.#live.clear();
    for (const adapter of this.#adapters.list()) {
      adapter.offEvent(this.#onProviderEvent);
      if (adapter instanceof CliAdapter) adapter.dispose();
    }
    this.#parts?.owned.dispose();
    this.#parts = undefined;
    this.emit('stopped', undefined);
  }

  /** Adds a provider, or takes the place of its adapter for the sessions to come. */
  registerAdapter(adapter: ProviderAdapter): void {
    this.#adapters.register(adapter);
    if (this.#parts !== undefined) this.#use(adapter);
  }

  get adapters(): readonly ProviderAdapter[] {
    return this.#adapters.list();
  }

  /**
   * Creates a session, in the README's form or the wire's. Resolves as soon as it is accepted and on disk; preparing and starting it are told as events, a
   * provider that cannot be started as SESSION_ENDED. Throws `bad-input`, `limit-reached`, `name-taken`, and `not-found` for a provider that is not enabled.
   */
  async createSession(request: CreateSessionRequest | SessionConfig): Promise<Session> {
    const parts = this.#running();
    const spec = sessionSpec(request);
    const { sessionId, orgId, providerId } = spec.config;
    if (this.#live.has(sessionId) || this.#coming.has(sessionId) || this.#own.has(sessionId)) throw new AgentsError('name-taken', `Session ${sessionId} already exists`);
    const adapter = this.#adapterFor(sessionId, providerId);
    this.#refuseOver(spec.config);
    const runtimeId = adapter.runtimeFor?.(spec.config.policy) ?? parts.host.runtimeId;
    this.#coming.set(sessionId, spec.config.billing?.orgId ?? orgId);
    try {
      await this.#sweeping;
      const stored = this.#store.read(sessionId);
      if (stored !== undefined && !this.#ended.has(sessionId)) throw new AgentsError('name-taken', `Session ${sessionId} already exists`, { hint: 'Another runner has it.' });
      const before = putAside(this.#store, sessionId);
      const redactor = Redactor.fromEnvironment(process.env, spec.config.env ?? {}, adapter.secrets?.() ?? {});
      const record: SessionRecord = { spec, createdAt: Date.now(), runtimeId, owner: this.#settings.owner };
      this.#keep(record, redactor);
      const session = await this.#open(record, { adapter, redactor, workspaceId: before === 0 ? agentIdOf(sessionId) : `${agentIdOf(sessionId)}-${before + 1}` });
      this.#ended.delete(sessionId);
      this.#own.add(sessionId);
      const { session: created } = lookAt(session);
      this.emit('session_created', created);
      session.begin();
      return created;
    } finally {
      this.#coming.delete(sessionId);
    }
  }

  /** Gives a command, as it comes from a wire. `by` names who gave it. Throws `bad-input`, `not-found`, and as `RunnerSession.command` does. */
  async handleCommand(sessionId: string, command: unknown, { by }: { readonly by?: string } = {}): Promise<void> {
    const parsed = SessionCommand.safeParse(command);
    if (!parsed.success) throw new AgentsError('bad-input', `This is no command of a session: ${faultLines(parsed.error).join('; ')}.`, { cause: parsed.error });
    if (parsed.data.type === 'START') {
      if (parsed.data.config.sessionId !== sessionId) throw new AgentsError('bad-input', `The config is that of session ${parsed.data.config.sessionId}, not of ${sessionId}.`);
      await this.createSession(parsed.data.config);
      return;
    }
    this.#running();
    const session = this.#live.get(sessionId);
    if (session === undefined) throw this.#notLive(sessionId);
    await session.command(parsed.data, by);
  }

  /** Gives a person's answer to an approval. As `handleCommand` with APPROVE. */
  approve(sessionId: string, approvalId: string, decision: 'allow' | 'deny', { note, by }: { readonly note?: string; readonly by?: string } = {}): Promise<void> {
    return this.handleCommand(sessionId, { type: 'APPROVE', approvalId, decision, ...(note === undefined ? {} : { note }) }, by === undefined ? {} : { by });
  }

  /** Resolves when the session has ended and nothing of it runs. */
  async stopSession(sessionId: string, { graceful = true }: { readonly graceful?: boolean } = {}): Promise<void> {
    await this.handleCommand(sessionId, { type: 'STOP', graceful });
  }

  /** What the sessions' agents are reached through: their terminals, prompts and approvals. Undefined before `start`. */
  get managed(): Managed | undefined {
    return this.#parts?.host.managed;
  }

  /** Knows the secrets of a session's environment while it lives, and those of this process in any case. */
  redactorOf(sessionId: string): Redactor {
    return this.#live.get(sessionId)?.redactor ?? (this.#ownRedactor ??= Redactor.fromEnvironment(process.env));
  }

  /** Undefined where no such session is known. */
  getSession(sessionId: string): SessionRuntimeState | undefined {
    const live = this.#live.get(sessionId);
    return live === undefined ? this.#ended.get(sessionId)?.runtime : lookAt(live).runtime;
  }

  /** As `listSessions` has it. */
  findSession(sessionId: string): Session | undefined {
    const live = this.#live.get(sessionId);
    return live === undefined ? this.#ended.get(sessionId)?.session : lookAt(live).session;
  }

  /** The oldest first; those that have ended are among them. */
  listSessions({ orgId, providerId, state }: SessionFilter = {}): Session[] {
    const looks = [...this.#ended.values(), ...[...this.#live.values()].map(lookAt)];
    const fits = ({ session, runtime }: SessionLook): boolean => state === undefined || (isFacadeState(state) ? session.state === state : runtime.state === sessionState(state));
    return looks.filter((look) => (orgId === undefined || look.session.orgId === orgId) && (providerId === undefined || look.session.providerId === providerId) && fits(look)).map(({ session }) => session).sort((a, b) => a.createdAt - b.createdAt);
  }

  /** The events from that number on that are on disk now, of sessions that have ended, too. Throws `not-found`. */
  readEvents(sessionId: string, fromSeq = 1): AsyncIterable<RunnerEvent> {
    if (this.getSession(sessionId) === undefined) throw notFound(sessionId);
    return readJournal(this.#store.folderOf(sessionId), fromSeq, { log: this.#log });
  }

  /** The terminal as an asciicast v2. */
  recordingPath(sessionId: string): string {
    if (this.getSession(sessionId) === undefined) throw notFound(sessionId);
    return this.#store.recordingOf(sessionId);
  }

  /** Removes the workspace of a session that has ended; no work is lost by it: see the report. */
  async removeWorkspace(sessionId: string): Promise<RemovalReport> {
    const { workspaces } = this.#running();
    const look = this.#ended.get(sessionId);
    if (look === undefined) throw this.#live.has(sessionId) ? new AgentsError('unsupported', `The session ${sessionId} still works in its workspace.`, { hint: 'Stop it first.' }) : notFound(sessionId);
    if (look.runtime.workspace === undefined) throw new AgentsError('not-found', `The session ${sessionId} has no workspace.`);
    return workspaces.remove(look.runtime.workspace);
  }

  async #start(): Promise<void> {
    const owned = new DisposableStore();
    const { managed } = this.#config;
    const own = managed ?? this.#ownManaged(owned);
    const host: AdapterHost = { managed: own, runtimeId: this.#settings.runtime, approvalTimeoutMs: this.#settings.approvalTimeout, log: this.#log };
    const workspaces = this.#config.workspaces ?? (await runnerWorkspaces(this.#settings, this.#log));
    this.#parts = { host, workspaces, owned };
    for (const adapter of this.#adapters.list()) this.#use(adapter);
    await this.#takeUp();
    this.#sweeping = this.#sweep();
    this.emit('started', undefined);
  }

  /** Takes away what ended long ago, also of ids that were used again. Never fails. */
  async #sweep(): Promise<void> {
    const { keepEnded } = this.#settings;
    if (keepEnded === 0) return;
    try {
      for (const sessionId of await this.#store.sweep(keepEnded)) {
        this.#ended.delete(sessionId);
        this.#forgotten.fire(sessionId);
      }
      await new SessionStore(earlierFolder(this.#store), this.#log).sweep(keepEnded);
    } catch (error) {
      this.#log.warn(`Sessions that ended long ago could not be taken away: ${messageOf(error)}`);
    }
  }

  #ownManaged(owned: DisposableStore): Managed {
    const { runtimes = {}, providerSettings = {} } = this.#config;
    const managed = createRuntimeManager(parseConfig({ runtimes: { docker: false, ...runtimes }, providers: { ...unlisted, ...providerSettings } }, "the runner's configuration"), { face: 'runner', log: this.#log });
    for (const part of [managed.manager, managed.status, managed.approvals, managed.prompts]) owned.add(part);
    return managed;
  }

  #use(adapter: ProviderAdapter): void {
    if (this.#parts === undefined) return;
    if (adapter instanceof CliAdapter) adapter.bind(this.#parts.host);
    adapter.onEvent(this.#onProviderEvent);
  }

  /** The sessions on disk: those that have ended are known, the others go on. */
  async #takeUp(): Promise<void> {
    const open: Promise<void>[] = [];
    for (const stored of await this.#store.list()) {
      const record = recordOfStored(stored);
      if (record === undefined || record.owner !== this.#settings.owner || this.#live.has(stored.meta.sessionId)) continue;
      if (record.endedAt !== undefined) this.#ended.set(stored.meta.sessionId, lookAtStored(stored, record));
      else open.push(this.#recover(stored, record));
    }
    await waitFor(Promise.allSettled(open), { timeoutMs: TAKE_UP_MS, what: 'the sessions of an earlier runner' }).catch((error: unknown) => this.#log.warn(messageOf(error)));
  }

  async #recover({ meta }: StoredSession, record: SessionRecord): Promise<void> {
    const { sessionId } = meta;
    const { providerId, env } = record.spec.config;
    try {
      const adapter = this.#adapters.find(providerId) ?? this.#absent(providerId);
      const redactor = Redactor.fromEnvironment(process.env, env ?? {}, adapter.secrets?.() ?? {});
      const session = await this.#open(record, { adapter, redactor, workspaceId: record.workspace?.id ?? agentIdOf(sessionId) });
      await session.recover();
    } catch (error) {
      if (isAgentsError(error, 'name-taken')) this.#log.info(`${sessionId} belongs to another runner.`);
      else this.#log.error(`${sessionId} cannot be taken up: ${messageOf(error)}`);
    }
  }

  /** For a session whose provider is not enabled any more: it can only end. */
  #absent(providerId: string): ProviderAdapter {
    const adapter = new CliAdapter(providerId);
    this.#use(adapter);
    return adapter;
  }

  async #open(record: SessionRecord, parts: Pick<SessionPorts, 'adapter' | 'redactor' | 'workspaceId'>): Promise<RunnerSession> {
    const { workspaces } = this.#running();
    const { config } = record.spec;
    const { redactor } = parts;
    const journal = await this.#store.openJournal({ sessionId: config.sessionId, orgId: config.orgId, repoRef: config.repoRef, redact: redactor.text });
    const session = new RunnerSession(journal, record, {
      ...parts,
      workspaces,
      recorder: this.#recorder(config.sessionId, config.task.title, redactor),
      measure: parts.adapter.measure?.bind(parts.adapter, config.sessionId),
      limits: limitsOf(config, this.#settings),
      minutesToday: () => minutesToday(this.listSessions(), config.billing?.orgId ?? config.orgId),
      keep: (kept) => {
        try {
          this.#keep(kept, redactor);
        } catch (error) {
          this.#log.error(`${config.sessionId}: its record could not be kept: ${messageOf(error)}`);
        }
      },
      settings: this.#settings,
      log: this.#log,
    });
    this.#live.set(config.sessionId, session);
    journal.onEvent((event) => this.#told(session, event));
    return session;
  }

  /** A recording is for people: without one the session goes on. */
  #recorder(sessionId: string, title: string, redactor: Redactor): CastRecorder | undefined {
    try {
      return new CastRecorder(this.#store.recordingOf(sessionId), { columns: COLUMNS, rows: ROWS, title: redactor.text(title), redactor, log: this.#log });
    } catch (error) {
      this.#log.warn(`${sessionId} is not recorded: ${messageOf(error)}`);
      return undefined;
    }
  }

  #told(session: RunnerSession, event: RunnerEvent): void {
    if (event.type === 'SESSION_ENDED') {
      this.#live.delete(session.id);
      const look = lookAt(session);
      this.#ended.set(session.id, { ...look, session: { ...look.session, endedAt: event.ts } });
    }
    this.#events.fire(event);
    tellFacade(this, event, () => this.#ended.get(session.id)?.session ?? lookAt(session).session);
  }

  #keep(record: SessionRecord, redactor: Redactor): void {
    this.#store.write(metaOf(record, redactor.text));
  }

  #refuseOver(config: SessionConfig): void {
    const liveOrgs = [...this.#coming.values(), ...[...this.#live.values()].map(({ record }) => record.spec.config.billing?.orgId ?? record.spec.config.orgId)];
    refuseOver(config, { maxConcurrentSessions: this.#settings.maxConcurrentSessions, liveOrgs, sessions: this.listSessions() });
  }

  #adapterFor(sessionId: string, providerId: string): ProviderAdapter {
    const adapter = this.#adapters.find(providerId);
    if (adapter !== undefined) return adapter;
    throw new AgentsError('not-found', `No adapter for session ${sessionId}`, { hint: `The provider "${providerId}" is not enabled; enabled: ${this.#adapters.ids().join(', ') || 'none'}.` });
  }

  #running(): { readonly host: AdapterHost; readonly workspaces: WorkspacePort; readonly owned: Disposable } {
    if (this.#parts !== undefined) return this.#parts;
    throw new AgentsError('unsupported', 'SessionManager not initialized', { hint: 'Call start() of the RunnerService first.' });
  }

  #notLive(sessionId: string): AgentsError {
    const ended = this.#ended.get(sessionId);
    return ended === undefined ? notFound(sessionId) : new AgentsError('invalid-transition', `The session ${sessionId} has ended: it is ${ended.runtime.state} and takes no commands.`);
  }
}

function notFound(sessionId: string): AgentsError {
  return new AgentsError('not-found', `Session ${sessionId} not found`);
}
