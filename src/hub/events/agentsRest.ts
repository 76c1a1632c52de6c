// REST of agents: the list, one, its events, and what people do to it. Who may is checked by `Sessions.act`.
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import { ActDone, AgentList, AnswerAct, EventPage, EventsQuery, PromptAct, PromptQueue } from '../../protocol/hubWire/agentsRest.ts';
import { QueuedPrompt, SessionDiff, type SessionRequest } from '../../protocol/hubWire/extension.ts';
import { HubAgent } from '../../protocol/hubWire/hubRest.ts';
import { SessionCommand } from '../../protocol/sessionConfig.ts';
import type { HubBase, Principal, Sessions } from '../parts.ts';
import { answers } from '../server/answers.ts';

const tags = ['agents'];
const params = z.object({ id: z.string().min(1).max(300) });
const promptParams = params.extend({ promptId: z.string().min(1).max(200) });

/** Before the server listens. */
export function openAgentsRest({ http, identity }: HubBase, sessions: Sessions): void {
  const routes = http.withTypeProvider<ZodTypeProvider>();
  const reading = identity.guard('viewer');
  const acting = identity.guard('member');

  const found = async (by: Principal, id: string): Promise<HubAgent> => {
    const agent = await sessions.find(id);
    if (agent === undefined || agent.org_id !== by.orgId) throw new AgentsError('not-found', 'There is no such agent.');
    const { org_id: _org, village_id: _village, ...shown } = agent;
    return shown;
  };
  const done = async (by: Principal, id: string, request: SessionRequest): Promise<ActDone> => ({ ok: true, result: await sessions.act(by, id, request) });
  const parsed = <T>(schema: z.ZodType<T>, answer: unknown): T => {
    const { data, success } = schema.safeParse(answer);
    if (!success) throw new AgentsError('unsupported', 'The runner gave an answer that this hub does not understand.', { hint: 'Bring both to the same version.' });
    return data;
  };

  routes.get('/api/agents', { preValidation: reading, schema: { tags, summary: "My organization's agents, the newest first", response: answers(AgentList) } }, async ({ principal }) => {
    const agents = [...(await sessions.list(principal.orgId))];
    return { agents, total: agents.length };
  });

  routes.get('/api/agents/:id', { preValidation: reading, schema: { tags, summary: 'One agent', params, response: answers(HubAgent) } }, async ({ principal, params: { id } }) => await found(principal, id));

  routes.get('/api/agents/:id/events', { preValidation: reading, schema: { tags, summary: 'Its events after a number, in order', params, querystring: EventsQuery, response: answers(EventPage) } }, async ({ principal, params: { id }, query: { after, limit } }, reply) => {
    const { stored_seq } = await found(principal, id);
    const events = await sessions.eventTexts(id, after, limit);
    const last = events.at(-1)?.seq;
    const next = last === undefined || last >= stored_seq ? null : last;
    // The very texts that are stored: they were checked when they came.
    const body = `{"events":[${events.map(({ text }) => text).join(',')}],"next":${next}}`;
    return reply.serializer((text) => String(text)).type('application/json; charset=utf-8').send(body as unknown as EventPage);
  });

  routes.post('/api/agents/:id/prompt', { preValidation: acting, schema: { tags, summary: 'Gives it a prompt, now or once it is ready', params, body: PromptAct, response: answers(ActDone) } }, async ({ principal, params: { id }, body: { text } }) => await done(principal, id, { method: 'prompt', text }));

  routes.post('/api/agents/:id/answer', { preValidation: acting, schema: { tags, summary: 'Answers what it asks', params, body: AnswerAct, response: answers(ActDone) } }, async ({ principal, params: { id }, body }) => {
    if (body.decision === undefined && body.words === undefined) throw new AgentsError('bad-input', 'An answer has a decision or words.');
    return await done(principal, id, { method: 'answer', ...body });
  });

  for (const method of ['interrupt', 'kill'] as const) {
    const summary = method === 'kill' ? 'Ends it and all that it started' : 'Ends its turn; it stays';
    routes.post(`/api/agents/:id/${method}`, { preValidation: acting, schema: { tags, summary, params, response: answers(ActDone) } }, async ({ principal, params: { id } }) => await done(principal, id, { method }));
  }

  routes.post('/api/agents/:id/command', { preValidation: acting, schema: { tags, summary: "A session's command: input, stop, pause, resume, approve", params, body: SessionCommand, response: answers(ActDone) } }, async ({ principal, params: { id }, body: command }) => {
    if (command.type === 'START') throw new AgentsError('bad-input', 'This agent has begun already.', { hint: 'A new one begins with POST /api/tasks or POST /api/runner/sessions.' });
    return await done(principal, id, { method: 'command', command });
  });

  routes.get('/api/agents/:id/queue', { preValidation: reading, schema: { tags, summary: 'The prompts that wait for it', params, response: answers(PromptQueue) } }, async ({ principal, params: { id } }) => ({ prompts: parsed(z.array(QueuedPrompt), await sessions.act(principal, id, { method: 'queue' })) }));

  routes.delete('/api/agents/:id/queue/:promptId', { preValidation: acting, schema: { tags, summary: 'Takes a waiting prompt back', params: promptParams, response: answers(ActDone) } }, async ({ principal, params: { id, promptId } }) => await done(principal, id, { method: 'unqueue', id: promptId }));

  routes.get('/api/agents/:id/diff', { preValidation: reading, schema: { tags, summary: 'What it changed since it began', params, response: answers(SessionDiff) } }, async ({ principal, params: { id } }) => parsed(SessionDiff, await sessions.act(principal, id, { method: 'diff' })));
}
