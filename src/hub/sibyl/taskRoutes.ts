// REST of the tasks: /api/tasks.
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { HubTask, NewTask, Placement } from '../../protocol/hubWire/hubRest.ts';
import type { HubBase, Tasks } from '../parts.ts';

const Id = z.object({ id: z.string().min(1).max(255) });

export function taskRoutes({ http, identity }: HubBase, tasks: Tasks): void {
  const routes = http.withTypeProvider<ZodTypeProvider>();
  const tags = ['tasks'];
  routes.get('/api/tasks', { preValidation: identity.guard('viewer'), schema: { tags, summary: 'The queue: the newest first, each with why it waits; long prompts cut, without results', response: { 200: z.object({ tasks: z.array(HubTask) }) } } }, async ({ principal }) => ({ tasks: [...(await tasks.list(principal.orgId))] }));
  routes.post('/api/tasks', { preValidation: identity.guard('member'), schema: { tags, summary: 'Queues a task', body: NewTask, response: { 201: HubTask } } }, async ({ principal, body }, reply) => reply.code(201).send(await tasks.create(principal, body)));
  routes.post('/api/tasks/preview', { preValidation: identity.guard('viewer'), schema: { tags, summary: 'Who would take it, and why the others would not', body: NewTask, response: { 200: Placement } } }, async ({ principal, body }) => await tasks.preview(principal.orgId, body));
  routes.get('/api/tasks/:id', { preValidation: identity.guard('viewer'), schema: { tags, summary: 'One task, with its whole prompt and its result', params: Id, response: { 200: HubTask } } }, async ({ principal, params }) => await tasks.find(principal.orgId, params.id));
  routes.get('/api/tasks/:id/placement', { preValidation: identity.guard('viewer'), schema: { tags, summary: 'The runners with their scores for it', params: Id, response: { 200: Placement } } }, async ({ principal, params }) => await tasks.placement(principal.orgId, params.id));
  routes.post('/api/tasks/:id/cancel', { preValidation: identity.guard('member'), schema: { tags, summary: 'Ends it, wherever it is', params: Id, response: { 200: HubTask } } }, async ({ principal, params }) => await tasks.cancel(principal, params.id));
  routes.post('/api/tasks/:id/retry', { preValidation: identity.guard('member'), schema: { tags, summary: 'Queues a dead letter anew', params: Id, response: { 200: HubTask } } }, async ({ principal, params }) => await tasks.retry(principal, params.id));
}
