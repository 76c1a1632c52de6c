// REST of the village runner: /api/runner/sessions, to the letter of protocols/village.md.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import { ApprovalBody, InputBody, SessionRuntimeState, StartedSession, StartSession, StopBody } from '../../protocol/hubWire/villageRest.ts';
import type { SessionCommand } from '../../protocol/sessionConfig.ts';
import type { HubAgent } from '../../protocol/hubWire/hubRest.ts';
import type { Principal } from '../parts.ts';
import { answers, Done } from '../server/answers.ts';
import { HttpFault } from '../server/faults.ts';
import { runtimeStateOf } from './runtimeState.ts';
import { ProviderAuthMissing, startSession, type StartParts } from './startSession.ts';

const tags = ['village'];
const path = '/api/runner/sessions';
const Id = z.object({ id: z.string() });
const ApprovalId = Id.extend({ approvalId: z.string() });

/** Bodies are looked at once it is known who calls, and their faults told as the village's clients expect. */
const unchecked = { validatorCompiler: () => (value: unknown) => ({ value }) };

export function addVillageRoutes(parts: StartParts): void {
  const { hub } = parts;
  const { http, identity, sessions } = hub;
  const routes = http.withTypeProvider<ZodTypeProvider>();
  const acting = identity.guard('member');

  /** Of another organization: not there. */
  const found = async (by: Principal, id: string): Promise<HubAgent> => {
    // What no id can be is not asked for: a database may not even take it.
    const agent = /[\p{Cc}\p{Cs}]/u.test(id) ? undefined : await sessions.find(id);
    if (agent === undefined || agent.org_id !== by.orgId) throw new HttpFault(404, 'SESSION_NOT_FOUND', 'session not found');
    return agent;
  };
  const command = async ({ principal, params }: { readonly principal: Principal; readonly params: { readonly id: string } }, makeCommand: (sessionId: string) => SessionCommand): Promise<{ readonly ok: true }> => {
    const { id, session_id } = await found(principal, params.id);
    await sessions.act(principal, id, { method: 'command', command: makeCommand(session_id) });
    return { ok: true };
  };

  routes.post(path, { ...unchecked, preValidation: acting, schema: { tags, summary: 'Begins a session in a village, on the hub\'s own runner or on a connected one', body: StartSession, response: answers(StartedSession, 201) } }, async (request, reply) => {
    const body = parsed(StartSession, request.body);
    try {
      return await reply.code(201).send(await startSession(parts, request.principal, body));
    } catch (error) {
      if (error instanceof ProviderAuthMissing) return plain(reply, 400, { error: error.message, code: error.code, providerId: error.providerId, missing: error.missing, detail: error.message, details: error.details });
      throw error;
    }
  });

  routes.get(`${path}/:id`, { ...unchecked, preValidation: acting, schema: { tags, summary: "A session's state", params: Id, response: answers(SessionRuntimeState) } }, async ({ principal, params }, reply) => {
    try {
      const agent = await found(principal, params.id);
      if (!(await sessions.mayAct(principal, agent.id))) throw new AgentsError('policy-denied', 'Only who began this session, the owner of its runner and administrators see it here.');
      await hub.sessions.settled(agent.id);
      return await runtimeStateOf(hub.database, agent);
    } catch (error) {
      if (error instanceof HttpFault && error.status === 404) return plain(reply, 404, { error: error.message });
      throw error;
    }
  });

  routes.post(`${path}/:id/input`, { ...unchecked, preValidation: acting, schema: { tags, summary: 'Types into its terminal, byte for byte', params: Id, body: InputBody, response: answers(Done) } }, async (request) => {
    const { data } = parsed(InputBody, request.body);
    return await command(request, (sessionId) => ({ type: 'INPUT', input: { sessionId, data, mode: 'raw' } }));
  });

  routes.post(`${path}/:id/stop`, { ...unchecked, preValidation: acting, schema: { tags, summary: 'Stops it', params: Id, body: StopBody.optional(), response: answers(Done) } }, async (request) => {
    const { graceful = true } = parsed(StopBody, request.body);
    return await command(request, () => ({ type: 'STOP', graceful }));
  });

  routes.post(`${path}/:id/approvals/:approvalId`, { ...unchecked, preValidation: acting, schema: { tags, summary: 'Answers what it asks', params: ApprovalId, body: ApprovalBody, response: answers(Done) } }, async (request) => {
    const { decision, note } = parsed(ApprovalBody, request.body);
    return await command(request, () => ({ type: 'APPROVE', approvalId: request.params.approvalId, decision, ...(note === undefined ? {} : { note }) }));
  });
}

/** Throws 400 `invalid body`. Without a body: an empty one. */
function parsed<Schema extends z.ZodType>(schema: Schema, body: FastifyRequest['body']): z.output<Schema> {
  const { success, data, error } = schema.safeParse(body ?? {});
  if (success) return data;
  throw new HttpFault(400, 'BAD_INPUT', 'invalid body', { details: z.flattenError(error) });
}

/** A body that is no HubFault. */
function plain(reply: FastifyReply, status: number, body: Readonly<Record<string, unknown>>): never {
  return reply.code(status).type('application/json; charset=utf-8').serializer((payload: unknown) => JSON.stringify(payload)).send(body) as never;
}
