// The sessions of one process: who may begin, which state follows which, how long they may take. In memory, with a journal each where a folder is given.
import { join } from 'node:path';
import type { Disposable } from '../base/disposable.ts';
import { AgentsError, asAgentsError } from '../base/errors.ts';
import { silentLog, type Log } from '../base/log.ts';
import { NamedEvents } from '../base/namedEvents.ts';
import { UsageMetrics, type EventApproval, type RunnerEventBody, type SessionState } from '../protocol/runnerEvent.ts';
import { SessionJournal } from './journal/sessionJournal.ts';
import type { NewSession, Session, SessionEventsByName } from './manager/managedSession.ts';
import { SessionEvents } from './manager/sessionEvents.ts';
import { facadeState, isFacadeState, sessionState, type FacadeState } from './states/facadeNames.ts';
import { canTransition, checkTransition, finalStateOf, invalidTransition, isFinal, isLive, pathToEnd, transitions, type FinalState } from './states/transitions.ts';
import { sessionFolderName } from './store/sessionFolder.ts';

export interface SessionManagerConfig {
  /** Live sessions at most. Default: 10. */
  readonly maxConcurrentSessions?: number | undefined;
  /** Milliseconds that a session may take, from its first run (or its making) to its end. Default: one hour; 0 is for ever. */
  readonly sessionTimeout?: number | undefined;
  /** Milliseconds between two rounds that forget sessions which ended long ago. Default: one minute. */
  readonly cleanupInterval?: number | undefined;
  /** Milliseconds that an ended session is still shown. Default: one hour. */
  readonly keepEnded?: number | undefined;
  /** Keeps a journal for each session in a folder of its own below this one. */
  readonly journalFolder?: string | undefined;
  /** Takes secrets out of journals. */
  readonly redact?: ((text: string) => string) | undefined;
  readonly log?: Log | undefined;
}

export interface SessionManagerEvents extends SessionEventsByName {
  /** Its time was over; it is FAILED already. Whoever runs it ends its process. */
  session_timeout: Session;
  /** It ended long ago and is forgotten; its journal stays. */
  session_removed: Session;
  journal_failed: { readonly sessionId: string; readonly error: AgentsError };
}

export interface SessionFilter {
  readonly orgId?: string | undefined;
  readonly providerId?: string | undefined;
  readonly state?: FacadeState | SessionState | undefined;
}

interface Entry {
  readonly asked: NewSession;
  readonly events: SessionEvents;
  readonly createdAt: number;
  state: SessionState;
  usage: UsageMetrics;
  startedAt?: number;
  endedAt?: number;
  exitCode?: number;
  reason?: string;
  adapter?: unknown;
  timeout?: NodeJS.Timeout;
}

/** The longest time that a timer of Node takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

export class SessionManager extends NamedEvents<SessionManagerEvents> implements Disposable {
  readonly #sessions = new Map<string, Entry>();
  /** Journals that are being closed: their sessions have ended. */
  readonly #closing = new Map<SessionEvents, Promise<void>>();
  #config: SessionManagerConfig | undefined;
  #cleaning: NodeJS.Timeout | undefined;

  /** Without a config the manager is to be initialized before its first use. */
  constructor(config?: SessionManagerConfig) {
    super();
    if (config !== undefined) this.initialize(config);
  }

  initialize(config: SessionManagerConfig): void {
    this.#config = config;
  }

  /** Throws `limit-reached`, or `name-taken` for an id that is known, also of a session that has ended and is still shown. */
  createSession(asked: NewSession): Session {
    const { maxConcurrentSessions = 10, journalFolder, redact, log = silentLog } = this.#initialized();
    const { sessionId, orgId } = asked;
    if (this.#sessions.has(sessionId)) throw new AgentsError('name-taken', `Session ${sessionId} already exists`);
    if (this.liveCount >= maxConcurrentSessions) throw new AgentsError('limit-reached', `Maximum sessions (${maxConcurrentSessions}) reached`, { hint: 'End a session, or allow more of them.' });
    const open = journalFolder === undefined ? undefined : () => SessionJournal.open(join(journalFolder, sessionFolderName(sessionId)), { sessionId, orgId, redact, log, ...(asked.repo === undefined ? {} : { repoRef: asked.repo }) });
    const events = new SessionEvents({ sessionId, orgId, open, tell: (event) => void this.emit('event', event), failed: (error) => void this.emit('journal_failed', { sessionId, error }) });
    const entry: Entry = { asked: { ...asked }, events, createdAt: Date.now(), state: 'CREATED', usage: UsageMetrics.parse({}) };
    this.#sessions.set(sessionId, entry);
    this.#limitTime(entry);
    this.#keepClean();
    const session = shown(entry);
    this.emit('session_created', session);
    return session;
  }

  /** Of either vocabulary. Throws `invalid-transition` naming both states, in the words that were used. */
  transitionState(sessionId: string, to: FacadeState | SessionState, reason?: string): Session {
    const entry = this.#entry(sessionId);
    const next = sessionState(to);
    const own = isFacadeState(to) ? facadeState : (state: SessionState) => state;
    if (isFacadeState(to) && !canTransition(entry.state, next)) throw invalidTransition(sessionId, facadeState(entry.state), to, transitions[entry.state].map(own));
    checkTransition(sessionId, entry.state, next, own);
    this.#change(entry, next, reason);
    return shown(entry);
  }

  /** Brings a session to its end by the states that lead there, and says its last event. Exit code 0 alone is COMPLETED. Nothing happens to one that has ended. */
  endSession(sessionId: string, { exitCode, finalState = finalStateOf(exitCode), reason }: { readonly exitCode?: number; readonly finalState?: FinalState; readonly reason?: string } = {}): Session {
    const entry = this.#entry(sessionId);
    if (exitCode !== undefined && isLive(entry.state)) entry.exitCode = exitCode;
    for (const state of pathToEnd(entry.state, finalState)) this.#change(entry, state, reason);
    return shown(entry);
  }

  /** Replaces the given numbers; the others stay. */
  updateUsage(sessionId: string, usage: Partial<UsageMetrics>): UsageMetrics {
    const entry = this.#entry(sessionId);
    const next = UsageMetrics.safeParse({ ...entry.usage, ...usage });
    if (!next.success) throw new AgentsError('bad-input', `This is no usage of session ${sessionId}: numbers from 0 on are expected.`, { cause: next.error });
    const intervalMs = Date.now() - (entry.startedAt ?? entry.createdAt);
    entry.usage = next.data;
    if (isLive(entry.state)) entry.events.append({ type: 'USAGE_TICK', providerId: entry.asked.providerId, units: entry.usage, intervalMs });
    return entry.usage;
  }

  /** A session waits: RUNNING goes to WAITING_FOR_APPROVAL. */
  requireApproval(sessionId: string, approval: EventApproval): Session {
    const entry = this.#entry(sessionId);
    this.#refuseEnded(entry);
    entry.usage = { ...entry.usage, approvalsRequested: entry.usage.approvalsRequested + 1 };
    entry.events.append({ type: 'APPROVAL_REQUESTED', approval });
    if (canTransition(entry.state, 'WAITING_FOR_APPROVAL')) this.#change(entry, 'WAITING_FOR_APPROVAL', approval.summary);
    this.emit('approval_required', { sessionId, approval, session: shown(entry) });
    return shown(entry);
  }

  /** Terminal output of a session that has not ended. */
  addOutput(sessionId: string, data: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    const entry = this.#entry(sessionId);
    this.#refuseEnded(entry);
    entry.usage = { ...entry.usage, terminalKb: entry.usage.terminalKb + Buffer.byteLength(data) / 1024 };
    entry.events.append({ type: 'TERMINAL_CHUNK', data, stream });
    this.emit('output', { sessionId, data, stream });
  }

  /** Any other event of a session: numbered, and in its journal where there is one. */
  addEvent(sessionId: string, body: RunnerEventBody): void {
    const entry = this.#entry(sessionId);
    this.#refuseEnded(entry);
    entry.events.append(body);
  }

  getSession(sessionId: string): Session | undefined {
    const entry = this.#sessions.get(sessionId);
    return entry === undefined ? undefined : shown(entry);
  }

  /** The oldest first. */
  listSessions({ orgId, providerId, state }: SessionFilter = {}): Session[] {
    const wanted = state === undefined ? undefined : isFacadeState(state) ? (one: SessionState) => facadeState(one) === state : (one: SessionState) => one === sessionState(state);
    return [...this.#sessions.values()]
      .filter(({ asked, state: is }) => (orgId === undefined || asked.orgId === orgId) && (providerId === undefined || asked.providerId === providerId) && (wanted === undefined || wanted(is)))
      .map(shown);
  }

  get liveCount(): number {
    let count = 0;
    for (const { state } of this.#sessions.values()) if (isLive(state)) count++;
    return count;
  }

  attachAdapter(sessionId: string, adapter: unknown): void {
    this.#entry(sessionId).adapter = adapter;
  }

  /** Throws `not-found` where none was attached. */
  adapterOf(sessionId: string): unknown {
    const { adapter } = this.#entry(sessionId);
    if (adapter === undefined) throw new AgentsError('not-found', `No adapter for session ${sessionId}`);
    return adapter;
  }

  /** Forgets a session that has ended; its journal stays on disk. */
  removeSession(sessionId: string): void {
    const entry = this.#entry(sessionId);
    if (isLive(entry.state)) throw new AgentsError('bad-input', `Session ${sessionId} has not ended.`, { hint: 'End it first.' });
    this.#forget(entry);
  }

  /** Resolves when every event so far is on the disk; throws `disk-full` when some cannot be written. */
  async flush(): Promise<void> {
    await Promise.all([...[...this.#sessions.values()].map(({ events }) => events), ...this.#closing.keys()].map((events) => events.flush()));
    await Promise.all(this.#closing.values());
  }

  /** Ends every timer and closes every journal. Sessions that live stay as they are in their journals. */
  async close(): Promise<void> {
    const entries = [...this.#sessions.values()];
    const closing = [...this.#closing.keys()];
    this.dispose();
    await Promise.allSettled([...entries.map(({ events }) => events), ...closing].map((events) => events.closeNow()));
  }

  override dispose(): void {
    clearInterval(this.#cleaning);
    this.#cleaning = undefined;
    for (const entry of this.#sessions.values()) {
      clearTimeout(entry.timeout);
      this.#close(entry);
    }
    for (const events of this.#closing.keys()) void events.closeNow().catch(() => undefined);
    this.#sessions.clear();
    this.#config = undefined;
    super.dispose();
  }

  #initialized(): SessionManagerConfig {
    if (this.#config === undefined) throw new AgentsError('bad-input', 'SessionManager not initialized', { hint: 'Give it a config, and do not use it after its end.' });
    return this.#config;
  }

  #entry(sessionId: string): Entry {
    this.#initialized();
    const entry = this.#sessions.get(sessionId);
    if (entry === undefined) throw new AgentsError('not-found', `Session ${sessionId} not found`);
    return entry;
  }

  #refuseEnded({ asked, state }: Entry): void {
    if (isFinal(state)) throw new AgentsError('stale', `Session ${asked.sessionId} has ended: ${state} is final.`);
  }

  #change(entry: Entry, next: SessionState, reason: string | undefined): void {
    const previous = entry.state;
    const now = Date.now();
    entry.state = next;
    delete entry.reason;
    if (reason !== undefined) entry.reason = reason;
    const started = next === 'RUNNING' && entry.startedAt === undefined;
    if (started) {
      entry.startedAt = now;
      this.#limitTime(entry);
    }
    const because = reason === undefined ? {} : { reason };
    entry.events.append({ type: 'SESSION_STATE_CHANGED', previousState: previous, newState: next, ...because });
    if (isFinal(next)) this.#ended(entry, next, now);
    const session = shown(entry);
    this.emit('state_changed', { sessionId: entry.asked.sessionId, previousState: facadeState(previous), newState: facadeState(next), previousRunnerState: previous, newRunnerState: next, ...because, session });
    if (started) this.emit('session_started', session);
    if (next === 'COMPLETED') this.emit('session_completed', session);
    if (next === 'FAILED') this.emit('session_failed', session);
  }

  #ended(entry: Entry, finalState: FinalState, now: number): void {
    entry.endedAt = now;
    clearTimeout(entry.timeout);
    const { exitCode } = entry;
    entry.events.append({ type: 'SESSION_ENDED', finalState, ...(exitCode === undefined ? {} : { exitCode }), totalDurationMs: now - (entry.startedAt ?? entry.createdAt), totalUsage: entry.usage });
    // Its journal is complete.
    this.#close(entry);
  }

  #close({ asked: { sessionId }, events }: Entry): void {
    if (this.#closing.has(events)) return;
    const closing = events.closeWhenWritten().catch((error: unknown) => void this.emit('journal_failed', { sessionId, error: asAgentsError(error) }));
    this.#closing.set(events, closing);
    void closing.finally(() => this.#closing.delete(events));
  }

  #limitTime(entry: Entry): void {
    const { sessionTimeout = 3_600_000 } = this.#initialized();
    clearTimeout(entry.timeout);
    if (sessionTimeout <= 0 || sessionTimeout > LONGEST_TIMER) return;
    entry.timeout = setTimeout(() => this.#timedOut(entry, sessionTimeout), sessionTimeout).unref();
  }

  #timedOut(entry: Entry, sessionTimeout: number): void {
    this.endSession(entry.asked.sessionId, { finalState: 'FAILED', reason: `It took longer than ${sessionTimeout} ms.` });
    this.emit('session_timeout', shown(entry));
  }

  /** Runs while there are sessions. */
  #keepClean(): void {
    const { cleanupInterval = 60_000 } = this.#initialized();
    this.#cleaning ??= setInterval(() => this.#clean(), Math.min(cleanupInterval, LONGEST_TIMER)).unref();
  }

  #clean(): void {
    const { keepEnded = 3_600_000 } = this.#initialized();
    const before = Date.now() - keepEnded;
    for (const entry of this.#sessions.values()) if (entry.endedAt !== undefined && entry.endedAt <= before) this.#forget(entry);
    if (this.#sessions.size > 0) return;
    clearInterval(this.#cleaning);
    this.#cleaning = undefined;
  }

  #forget(entry: Entry): void {
    this.#sessions.delete(entry.asked.sessionId);
    this.emit('session_removed', shown(entry));
  }
}

function shown({ asked, events, createdAt, state, usage, startedAt, endedAt, exitCode, reason }: Entry): Session {
  return { ...asked, state: facadeState(state), runnerState: state, createdAt, startedAt, endedAt, usage: { ...usage }, exitCode, reason, lastEventSeq: events.lastSeq };
}
