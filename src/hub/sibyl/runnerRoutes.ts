// REST of the runners, to the letter of protocols/sibyl.md: /api/runners.
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import { PatchRunner, RegisteredRunner, RegisterRunner, RouteAnswer, RouteRequest, Runner, RunnerList, RunnerProject, RunnerScore, RunnerStatus } from '../../protocol/hubWire/sibylRest.ts';
import type { HubBase, Principal } from '../parts.ts';
import type { Connections } from './connections.ts';
import { candidatesOf } from './fleet.ts';
import { projectOf, runnerOf, statusOf, type RunnerRow } from './rows.ts';
import type { RunnerStore } from './runnerStore.ts';
import { choose, scoreAll, type Scored, type Wish } from './scoring.ts';
import type { SibylTimers } from './timers.ts';

export interface RunnerRoutesParts {
  readonly base: HubBase;
  readonly store: RunnerStore;
  readonly connections: Connections;
  readonly timers: SibylTimers;
  readonly changed: (row: RunnerRow) => void;
  readonly removed: (row: RunnerRow) => void;
}

const Id = z.object({ id: z.string().min(1).max(255) });
/** Of a runner that does not say. */
const DEFAULT_AGENTS = 3;
const Deleted = z.object({ status: z.literal('deleted'), runner_id: z.string() });
const ScoresQuery = z.object({ project_id: z.string().max(255).optional(), capabilities: z.string().max(10_000).optional() });

export function runnerRoutes({ base, store, connections, timers, changed, removed }: RunnerRoutesParts): void {
  const { identity, audit } = base;
  const routes = base.http.withTypeProvider<ZodTypeProvider>();
  const tags = ['runners'];
  const { offlineMs } = timers;
  const wire = (row: RunnerRow): Runner => runnerOf(row, Date.now(), offlineMs);

  const own = async (principal: Principal, id: string): Promise<RunnerRow> => {
    const row = await store.find(id);
    if (row?.org_id !== principal.orgId) throw new AgentsError('not-found', 'Runner not found');
    return row;
  };
  const mayChange = (principal: Principal, row: RunnerRow): void => {
    if (principal.role !== 'admin' && row.user_id !== principal.userId) throw new AgentsError('policy-denied', 'Only the runner\'s owner or an admin may do that.');
  };
  /** By the book: only those that are online or busy are looked at. */
  const scores = async (principal: Principal, wish: Wish): Promise<readonly Scored[]> => {
    const candidates = await candidatesOf(store, principal.orgId, Date.now(), offlineMs, wish.projectId);
    return scoreAll(candidates.filter(({ status }) => status === 'online' || status === 'busy'), wish, Date.now(), timers.staleMs);
  };

  routes.post('/api/runners/register', { preValidation: identity.guard('member', { runners: true }), schema: { tags, summary: 'Registers a runner, or renews one of the same name and host; answers with a token for it', body: RegisterRunner, response: { 200: RegisteredRunner } } }, async ({ principal, body, ip }) => {
    const registered = await store.register(principal, { name: body.name, hostname: body.hostname, capabilities: body.capabilities ?? [], maxAgents: body.max_concurrent_agents ?? DEFAULT_AGENTS, version: body.client_version ?? null, embedded: false, only: principal.runnerId });
    if (registered === undefined) throw new AgentsError('policy-denied', 'A runner\'s token renews that runner alone.', { hint: 'Register others with a person\'s token.' });
    const { row, isNew } = registered;
    audit.note({ by: principal, orgId: row.org_id, action: isNew ? 'runner.registered' : 'runner.renewed', target: row.id, detail: { name: row.name, hostname: row.hostname }, ip });
    changed(row);
    return { ...wire(row), token: await identity.issueRunnerToken({ id: row.id, orgId: row.org_id, userId: row.user_id, name: row.name }) };
  });

  routes.get('/api/runners', { preValidation: identity.guard('viewer', { runners: true }), schema: { tags, summary: 'The runners of the organization', querystring: z.object({ status: z.union([RunnerStatus, z.literal('')]).optional() }), response: { 200: RunnerList } } }, async ({ principal, query }) => {
    const runners = (await store.ofOrg(principal.orgId)).map(wire).filter(({ status }) => (query.status ?? '') === '' || status === query.status);
    return { runners, total: runners.length };
  });

  routes.get('/api/runners/scores', { preValidation: identity.guard('viewer'), schema: { tags, summary: 'The scores that routing rests on', querystring: ScoresQuery, response: { 200: z.array(RunnerScore) } } }, async ({ principal, query }) => {
    const capabilities = (query.capabilities ?? '').split(',').map((word) => word.trim()).filter((word) => word !== '');
    return (await scores(principal, { projectId: query.project_id, requiredCapabilities: capabilities })).map(({ score }) => score);
  });

  routes.post('/api/runners/route', { preValidation: identity.guard('viewer'), schema: { tags, summary: 'Which runner would take it', body: RouteRequest, response: { 200: RouteAnswer } } }, async ({ principal, body }) => {
    const scored = await scores(principal, { projectId: body.project_id, requiredCapabilities: body.required_capabilities ?? [], preferredRunnerId: body.preferred_runner_id, excludeRunners: body.exclude_runners ?? [] });
    const { best, reason } = choose(scored);
    return { success: best !== undefined, runner_id: best?.score.runner_id ?? null, runner_name: best?.score.runner_name ?? null, score: best?.score.total_score ?? null, all_scores: scored.map(({ score }) => score), reason };
  });

  routes.get('/api/runners/:id', { preValidation: identity.guard('viewer', { runners: true }), schema: { tags, summary: 'One runner', params: Id, response: { 200: Runner } } }, async ({ principal, params }) => wire(await own(principal, params.id)));

  routes.patch('/api/runners/:id', { preValidation: identity.guard('member'), schema: { tags, summary: 'Changes a runner: its owner or an admin', params: Id, body: PatchRunner, response: { 200: Runner } } }, async ({ principal, params, body, ip }) => {
    mayChange(principal, await own(principal, params.id));
    const row = await store.patch(params.id, body);
    if (row === undefined) throw new AgentsError('not-found', 'Runner not found');
    audit.note({ by: principal, orgId: row.org_id, action: 'runner.changed', target: row.id, detail: { ...body }, ip });
    changed(row);
    base.bus.publish('sibyl.wake', {});
    return wire(row);
  });

  routes.delete('/api/runners/:id', { preValidation: identity.guard('member'), schema: { tags, summary: 'Removes a runner that is offline, and ends its tokens', params: Id, response: { 200: Deleted } } }, async ({ principal, params, ip }) => {
    const row = await own(principal, params.id);
    mayChange(principal, row);
    if (statusOf(row, Date.now(), offlineMs) !== 'offline' || connections.get(row.id) !== undefined) throw new AgentsError('bad-input', 'Only a runner that is offline can be deleted.', { hint: 'Stop it first.' });
    await store.remove(row.id);
    await identity.revokeRunnerTokens(row.id);
    audit.note({ by: principal, orgId: row.org_id, action: 'runner.deleted', target: row.id, detail: { name: row.name }, ip });
    removed(row);
    return { status: 'deleted' as const, runner_id: row.id };
  });

  routes.get('/api/runners/:id/projects', { preValidation: identity.guard('viewer', { runners: true }), schema: { tags, summary: 'The projects that it has a worktree of', params: Id, response: { 200: z.array(RunnerProject) } } }, async ({ principal, params }) => (await store.projects((await own(principal, params.id)).id)).map(projectOf));
}
