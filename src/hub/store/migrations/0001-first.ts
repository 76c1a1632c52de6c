// The first tables. A migration that was released is never changed: what comes later is a migration of its own.
import { sql, type CreateTableBuilder, type Kysely } from 'kysely';
import type { DatabaseKind } from '../migrate.ts';
import { MILESTONES } from '../milestones.ts';

export async function first(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const sqlite = kind === 'sqlite';
  const table = (name: string) => db.schema.createTable(name);

  await table('orgs').addColumn('id', 'text', (c) => c.primaryKey()).addColumn('name', 'text', (c) => c.notNull()).addColumn('created_at', 'bigint', (c) => c.notNull()).execute();

  await table('users')
    .addColumn('id', 'text', (c) => c.primaryKey()).addColumn('org_id', 'text', (c) => c.notNull()).addColumn('name', 'text', (c) => c.notNull().unique()).addColumn('role', 'text', (c) => c.notNull())
    .addColumn('password', 'text').addColumn('disabled', 'integer', (c) => c.notNull().defaultTo(0)).addColumn('created_at', 'bigint', (c) => c.notNull()).execute();
  await db.schema.createIndex('users_org').on('users').column('org_id').execute();

  await table('tokens')
    .addColumn('id', 'text', (c) => c.primaryKey()).addColumn('org_id', 'text', (c) => c.notNull()).addColumn('user_id', 'text', (c) => c.notNull()).addColumn('runner_id', 'text').addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull()).addColumn('created_at', 'bigint', (c) => c.notNull()).addColumn('expires_at', 'bigint').addColumn('last_used_at', 'bigint').addColumn('revoked_at', 'bigint').execute();
  await db.schema.createIndex('tokens_user').on('tokens').column('user_id').execute();
  await db.schema.createIndex('tokens_runner').on('tokens').column('runner_id').execute();

  await table('settings').addColumn('name', 'text', (c) => c.primaryKey()).addColumn('value', 'text', (c) => c.notNull()).execute();

  await numbered(table('audit'), sqlite)
    .addColumn('org_id', 'text').addColumn('at', 'bigint', (c) => c.notNull()).addColumn('actor', 'text', (c) => c.notNull()).addColumn('action', 'text', (c) => c.notNull())
    .addColumn('target', 'text').addColumn('detail', 'text').addColumn('ip', 'text').execute();
  await db.schema.createIndex('audit_org').on('audit').columns(['org_id', 'id']).execute();

  await table('runners')
    .addColumn('id', 'text', (c) => c.primaryKey()).addColumn('org_id', 'text', (c) => c.notNull()).addColumn('user_id', 'text', (c) => c.notNull()).addColumn('name', 'text', (c) => c.notNull()).addColumn('hostname', 'text', (c) => c.notNull())
    .addColumn('graph_runner_id', 'text', (c) => c.notNull()).addColumn('capabilities', 'text', (c) => c.notNull()).addColumn('max_concurrent_agents', 'integer', (c) => c.notNull()).addColumn('client_version', 'text')
    .addColumn('status', 'text', (c) => c.notNull()).addColumn('agent_count', 'integer', (c) => c.notNull().defaultTo(0)).addColumn('last_heartbeat', 'bigint').addColumn('last_assigned_at', 'bigint')
    .addColumn('connected_to', 'text').addColumn('connection_id', 'text').addColumn('embedded', 'integer', (c) => c.notNull().defaultTo(0)).addColumn('created_at', 'bigint', (c) => c.notNull()).addColumn('updated_at', 'bigint', (c) => c.notNull()).execute();
  await db.schema.createIndex('runners_org').on('runners').column('org_id').execute();

  await table('runner_projects')
    .addColumn('id', 'text', (c) => c.primaryKey()).addColumn('runner_id', 'text', (c) => c.notNull()).addColumn('project_id', 'text', (c) => c.notNull()).addColumn('worktree_path', 'text', (c) => c.notNull())
    .addColumn('worktree_branch', 'text', (c) => c.notNull()).addColumn('last_used_at', 'bigint', (c) => c.notNull()).execute();
  await db.schema.createIndex('runner_projects_path').on('runner_projects').columns(['runner_id', 'project_id', 'worktree_path']).unique().execute();

  await table('tasks')
    .addColumn('id', 'text', (c) => c.primaryKey()).addColumn('org_id', 'text', (c) => c.notNull()).addColumn('created_by', 'text', (c) => c.notNull()).addColumn('title', 'text', (c) => c.notNull()).addColumn('prompt', 'text', (c) => c.notNull())
    .addColumn('project_id', 'text').addColumn('agent_type', 'text').addColumn('required_capabilities', 'text', (c) => c.notNull()).addColumn('preferred_runner_id', 'text').addColumn('config', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull()).addColumn('attempts', 'integer', (c) => c.notNull()).addColumn('max_attempts', 'integer', (c) => c.notNull()).addColumn('runner_id', 'text').addColumn('agent_id', 'text')
    .addColumn('progress', 'double precision').addColumn('activity', 'text').addColumn('reason', 'text').addColumn('result', 'text').addColumn('not_before', 'bigint').addColumn('dispatched_at', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull()).addColumn('updated_at', 'bigint', (c) => c.notNull()).execute();
  await db.schema.createIndex('tasks_org').on('tasks').columns(['org_id', 'created_at']).execute();
  await db.schema.createIndex('tasks_state').on('tasks').columns(['state', 'created_at']).execute();
  await db.schema.createIndex('tasks_runner').on('tasks').columns(['runner_id', 'state']).execute();

  await table('sessions')
    .addColumn('id', 'text', (c) => c.primaryKey()).addColumn('runner_id', 'text', (c) => c.notNull()).addColumn('session_id', 'text', (c) => c.notNull()).addColumn('org_id', 'text', (c) => c.notNull()).addColumn('user_id', 'text', (c) => c.notNull())
    .addColumn('info', 'text', (c) => c.notNull()).addColumn('gone', 'integer', (c) => c.notNull().defaultTo(0)).addColumn('village_id', 'text').addColumn('agent_id', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull()).addColumn('updated_at', 'bigint', (c) => c.notNull()).execute();
  await db.schema.createIndex('sessions_runner').on('sessions').columns(['runner_id', 'session_id']).unique().execute();
  await db.schema.createIndex('sessions_org').on('sessions').columns(['org_id', 'gone']).execute();
  await db.schema.createIndex('sessions_village').on('sessions').column('village_id').execute();
  await db.schema.createIndex('sessions_agent').on('sessions').column('agent_id').execute();

  const events = table('events')
    .addColumn('session', 'text', (c) => c.notNull()).addColumn('seq', 'bigint', (c) => c.notNull()).addColumn('ts', 'bigint', (c) => c.notNull()).addColumn('type', 'text', (c) => c.notNull()).addColumn('event', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('events_pk', ['session', 'seq']);
  // A session's events lie beside each other: what a client missed is one stretch of the file.
  await (sqlite ? events.modifyEnd(sql`without rowid`) : events).execute();
  if (sqlite) {
    await table('event_log')
      .addColumn('id', 'integer', (c) => c.primaryKey()).addColumn('session', 'text', (c) => c.notNull()).addColumn('seq', 'bigint', (c) => c.notNull()).addColumn('ts', 'bigint', (c) => c.notNull()).addColumn('type', 'text', (c) => c.notNull()).addColumn('event', 'text', (c) => c.notNull()).execute();
  }
  // The few that say how a session is, among its many. Who looks for them says this very condition.
  await sql`create index events_milestones on events (session, seq) where ${MILESTONES}`.execute(db);

  await table('villages').addColumn('id', 'text', (c) => c.primaryKey()).addColumn('org_id', 'text', (c) => c.notNull()).addColumn('created_at', 'bigint', (c) => c.notNull()).execute();

  await numbered(table('bus_messages'), sqlite).addColumn('at', 'bigint', (c) => c.notNull()).addColumn('body', 'text', (c) => c.notNull()).execute();
}

function numbered(table: CreateTableBuilder<string>, sqlite: boolean) {
  return sqlite ? table.addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement()) : table.addColumn('id', 'bigint', (c) => c.primaryKey().generatedAlwaysAsIdentity());
}
