// What opencode's server says of its sessions, folded into one claim: any question waits, any busy session works. Pure; formats as in `/doc` of opencode 1.18.
import * as z from 'zod';
import type { ApprovalRequest, StatusClaim } from '../../protocol/agentStatus.ts';
import { evidenceOf, type Observation } from './observation.ts';

const SessionStatus = z.discriminatedUnion('type', [z.object({ type: z.literal('idle') }), z.object({ type: z.literal('busy') }), z.object({ type: z.literal('retry'), message: z.string().default('') })]);
type SessionStatus = z.infer<typeof SessionStatus>;

export const OpencodePermission = z.object({
  id: z.string(),
  sessionID: z.string(),
  /** `bash`, `edit`, `webfetch`, `external_directory`... */
  permission: z.string(),
  patterns: z.array(z.string()).default([]),
  metadata: z.object({ command: z.string().optional(), filepath: z.string().optional(), url: z.string().optional() }).catch({}),
});
export type OpencodePermission = z.infer<typeof OpencodePermission>;

export const OpencodeQuestion = z.object({
  id: z.string(),
  sessionID: z.string(),
  questions: z.array(z.object({ question: z.string(), options: z.array(z.object({ label: z.string() })).default([]) })),
});
export type OpencodeQuestion = z.infer<typeof OpencodeQuestion>;

const SessionInfo = z.object({ id: z.string(), parentID: z.string().optional() });

/** Events that matter; the dozens of others are skipped. `v2` names are those of its newer interface. */
const Event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session.status'), properties: z.object({ sessionID: z.string(), status: SessionStatus }) }),
  z.object({ type: z.literal('session.idle'), properties: z.object({ sessionID: z.string() }) }),
  z.object({
    type: z.literal('session.error'),
    properties: z.object({ sessionID: z.string().optional(), error: z.object({ name: z.string(), data: z.object({ message: z.string().optional() }).catch({}) }).optional() }),
  }),
  z.object({ type: z.enum(['session.created', 'session.updated', 'session.deleted']), properties: z.object({ info: SessionInfo }) }),
  z.object({ type: z.literal('permission.asked'), properties: OpencodePermission }),
  z.object({ type: z.literal('permission.replied'), properties: z.object({ requestID: z.string() }) }),
  z.object({ type: z.literal('question.asked'), properties: OpencodeQuestion }),
  z.object({ type: z.enum(['question.replied', 'question.rejected']), properties: z.object({ requestID: z.string() }) }),
]);

/** The answers of `/session/status`, `/permission` and `/question`. */
export const OpencodeSnapshot = z.object({
  sessions: z.record(z.string(), SessionStatus),
  permissions: z.array(OpencodePermission),
  questions: z.array(OpencodeQuestion),
});
export type OpencodeSnapshot = z.infer<typeof OpencodeSnapshot>;

export interface OpencodeState {
  /** Sessions that are not idle. */
  readonly busy: ReadonlyMap<string, SessionStatus>;
  readonly permissions: ReadonlyMap<string, OpencodePermission>;
  readonly questions: ReadonlyMap<string, OpencodeQuestion>;
  /** Of the last turn, until the next begins. */
  readonly error: string | undefined;
  /** Sessions that another one started. */
  readonly children: ReadonlySet<string>;
  /** The session that a person talks with: the last that worked and was started by no other. */
  readonly conversation: string | undefined;
  /** The name of the event that this state comes from; undefined for one that was asked for, which tells of no end of a turn: the server answers before the prompt shows. */
  readonly cause: string | undefined;
}

/** Where it stands when somebody begins to listen. */
export function opencodeState({ sessions, permissions, questions }: OpencodeSnapshot, before?: OpencodeState): OpencodeState {
  return {
    busy: new Map(Object.entries(sessions).filter(([, { type }]) => type !== 'idle')),
    permissions: new Map(permissions.map((permission) => [permission.id, permission])),
    questions: new Map(questions.map((question) => [question.id, question])),
    error: before?.error,
    children: before?.children ?? new Set(),
    conversation: before?.conversation ?? Object.keys(sessions)[0],
    cause: before?.cause,
  };
}

/** The state after one event, given as it came; the same state for an event that does not matter. */
export function afterEvent(state: OpencodeState, json: string): OpencodeState {
  const event = parseEvent(json);
  if (event === undefined) return state;
  const cause = event.type;
  switch (event.type) {
    case 'session.status': {
      const { sessionID, status } = event.properties;
      if (status.type === 'idle') return { ...state, cause, busy: without(state.busy, sessionID) };
      const isRoot = !state.children.has(sessionID);
      return { ...state, cause, busy: new Map(state.busy).set(sessionID, status), error: undefined, ...(isRoot ? { conversation: sessionID } : {}) };
    }
    case 'session.idle':
      return { ...state, cause, busy: without(state.busy, event.properties.sessionID) };
    case 'session.error': {
      const { sessionID, error } = event.properties;
      // A person's interrupt is no failure, and a helper's failure is its parent's to deal with.
      if (error === undefined || error.name === 'MessageAbortedError' || (sessionID !== undefined && state.children.has(sessionID))) return state;
      return { ...state, cause, error: error.data.message ?? error.name };
    }
    case 'session.created':
    case 'session.updated': {
      const { id, parentID } = event.properties.info;
      if (parentID === undefined) return event.type === 'session.created' ? { ...state, cause, conversation: id } : state;
      return state.children.has(id) ? state : { ...state, cause, children: new Set(state.children).add(id), ...(state.conversation === id ? { conversation: parentID } : {}) };
    }
    case 'session.deleted': {
      const { id } = event.properties.info;
      return { ...state, cause, busy: without(state.busy, id), permissions: notOf(state.permissions, id), questions: notOf(state.questions, id) };
    }
    case 'permission.asked':
      return { ...state, cause, permissions: new Map(state.permissions).set(event.properties.id, event.properties) };
    case 'permission.replied':
      return { ...state, cause, permissions: without(state.permissions, event.properties.requestID) };
    case 'question.asked':
      return { ...state, cause, questions: new Map(state.questions).set(event.properties.id, event.properties) };
    case 'question.replied':
    case 'question.rejected':
      return { ...state, cause, questions: without(state.questions, event.properties.requestID) };
  }
}

export function opencodeObservation(state: OpencodeState, at: number): Observation {
  const about = { source: 'channel' as const, at, ...(state.cause === undefined ? {} : { rule: state.cause }), ...(state.conversation === undefined ? {} : { conversation: state.conversation }) };
  const [permission] = state.permissions.values();
  if (permission !== undefined) {
    const request = requestOf(permission);
    const text = `${permission.permission}: ${permission.metadata.command ?? permission.metadata.filepath ?? permission.metadata.url ?? permission.patterns.join(', ')}`;
    return { ...about, claim: { state: 'waiting', kind: 'permission', text }, evidence: evidenceOf(`permission.asked ${text}`), request };
  }
  const [question] = state.questions.values();
  if (question !== undefined) {
    const text = question.questions.map(({ question: asked }) => asked).join('\n');
    return { ...about, claim: { state: 'waiting', kind: 'question', text }, evidence: evidenceOf(`question.asked ${text}`), request: { id: question.id } };
  }
  const [busy] = state.busy.values();
  if (busy !== undefined) return { ...about, claim: { state: 'working' }, evidence: evidenceOf(busy.type === 'retry' ? `It tries again: ${busy.message}` : 'A session is busy.') };
  if (state.cause === undefined) return { ...about, claim: null, evidence: 'No session is busy, nor was one since we listen.' };
  const claim: StatusClaim = state.error === undefined ? { state: 'idle' } : { state: 'error', message: state.error };
  return { ...about, claim, evidence: evidenceOf(state.error ?? 'No session is busy.') };
}

export function requestOf({ id, permission, patterns, metadata }: OpencodePermission): ApprovalRequest {
  const path = metadata.filepath ?? (permission === 'edit' || permission === 'read' || permission === 'external_directory' ? patterns[0] : undefined);
  return { id, tool: permission, ...(metadata.command === undefined ? {} : { command: metadata.command }), ...(path === undefined ? {} : { path }) };
}

function parseEvent(json: string): z.infer<typeof Event> | undefined {
  try {
    return Event.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  if (!map.has(key)) return map;
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

function notOf<T extends { readonly sessionID: string }>(map: ReadonlyMap<string, T>, sessionId: string): ReadonlyMap<string, T> {
  return new Map([...map].filter(([, { sessionID }]) => sessionID !== sessionId));
}
