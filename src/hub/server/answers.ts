// What routes say of their answers: a schema each, and the fault that any may be.
import * as z from 'zod';
import { HubFault } from '../../protocol/hubWire/hubRest.ts';

/** For a route's `schema.response`: what it gives at 200, and at anything else. */
export function answers<Schema extends z.ZodType>(schema: Schema, status: 200 | 201 = 200) {
  return { [status]: schema, '4xx': HubFault, '5xx': HubFault } as { readonly 200: Schema; readonly 201: Schema; readonly '4xx': typeof HubFault; readonly '5xx': typeof HubFault };
}

export const Done = z.object({ ok: z.literal(true) });
