// The file that remembers which sessions of the user's own tmux server were adopted: nothing may be written into that server.
import * as z from 'zod';
import { AgentRecord } from './agentRecord.ts';

export const AdoptedSession = AgentRecord.extend({
  /** tmux's id of the session, unique while its server lives. */
  sessionId: z.templateLiteral(['$', z.number().int().nonnegative()]),
  /** When tmux created it, Unix seconds: tells it from a session with the same id on a later server. */
  sessionCreated: z.number().int(),
});
export type AdoptedSession = z.infer<typeof AdoptedSession>;

export const AdoptedSessionsFile = z.object({ v: z.literal(1), sessions: z.array(AdoptedSession) });
