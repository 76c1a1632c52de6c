// The hub's tables, as Kysely sees them; the same in SQLite and PostgreSQL. Times are Unix ms (bigint), JSON is text, truths are 0 or 1.
import type { Generated, Kysely } from 'kysely';

export interface Tables {
  orgs: { id: string; name: string; created_at: number };
  /** A user belongs to one organization. `password` is a scrypt hash; null where only tokens and links sign in. */
  users: { id: string; org_id: string; name: string; role: string; password: string | null; disabled: number; created_at: number };
  /** What can be revoked: bearer tokens and browser sessions, by their `jti`. `kind`: api, runner, session. */
  tokens: { id: string; org_id: string; user_id: string; runner_id: string | null; kind: string; name: string; created_at: number; expires_at: number | null; last_used_at: number | null; revoked_at: number | null };
  /** One row per name: the signing secret, the setup token's hash, ... */
  settings: { name: string; value: string };
  audit: { id: Generated<number>; org_id: string | null; at: number; actor: string; action: string; target: string | null; detail: string | null; ip: string | null };

  runners: {
    id: string; org_id: string; user_id: string; name: string; hostname: string; graph_runner_id: string; capabilities: string; max_concurrent_agents: number; client_version: string | null;
    /** As the runner last said; `offline` is told by `connected_to` and `last_heartbeat`. */
    status: string; agent_count: number; last_heartbeat: number | null; last_assigned_at: number | null;
    /** The hub process that holds its socket, and which of its sockets it is: a replaced socket's end changes nothing. */
    connected_to: string | null; connection_id: string | null;
    /** 1 where it is the hub's own. */
    embedded: number; created_at: number; updated_at: number;
  };
  runner_projects: { id: string; runner_id: string; project_id: string; worktree_path: string; worktree_branch: string; last_used_at: number };
  tasks: {
    id: string; org_id: string; created_by: string; title: string; prompt: string; project_id: string | null; agent_type: string | null; required_capabilities: string; preferred_runner_id: string | null;
    /** The rest of a NewTask, as JSON. */
    config: string; state: string; attempts: number; max_attempts: number; runner_id: string | null; agent_id: string | null; progress: number | null; activity: string | null; reason: string | null; result: string | null;
    /** Unix ms: not before that. */
    not_before: number | null; dispatched_at: number | null; created_at: number; updated_at: number;
  };

  /** A session of a runner. `info` is its SharedSession as JSON. How many of its events are here the events themselves say. */
  sessions: { id: string; runner_id: string; session_id: string; org_id: string; user_id: string; info: string; gone: number; village_id: string | null; agent_id: string | null; created_at: number; updated_at: number };
  events: { session: string; seq: number; ts: number; type: string; event: string };
  /** SQLite alone: events in the order in which they came, on their way to the table above. */
  event_log: { id: number; session: string; seq: number; ts: number; type: string; event: string };

  villages: { id: string; org_id: string; created_at: number };
  /** What is too large for a NOTIFY. */
  bus_messages: { id: Generated<number>; at: number; body: string };
}

export type Database = Kysely<Tables>;
