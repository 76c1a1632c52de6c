// What an agent is doing, as it crosses wires and lands on disk: a claim, since when, and the source that decided.
import * as z from 'zod';

/** Who can tell what an agent does, the most trustworthy first. */
export const statusSources = ['process', 'gate', 'channel', 'osc7501', 'hooks', 'statusFile', 'title', 'screen', 'remembered'] as const;
export const StatusSource = z.enum(statusSources);
export type StatusSource = z.infer<typeof StatusSource>;

export const WaitingKind = z.enum(['permission', 'question', 'trust', 'login', 'other']);
export type WaitingKind = z.infer<typeof WaitingKind>;

export const StatusClaim = z.discriminatedUnion('state', [
  z.object({ state: z.literal('starting') }),
  z.object({ state: z.literal('working') }),
  /** `text` is what it asks, for people; empty where the source does not tell. */
  z.object({ state: z.literal('waiting'), kind: WaitingKind, text: z.string() }),
  /** Its turn is over; it takes a prompt. */
  z.object({ state: z.literal('idle') }),
  /** Its last turn failed; it takes a prompt. */
  z.object({ state: z.literal('error'), message: z.string() }),
  z.object({ state: z.literal('exited'), exitCode: z.int().nullable(), signal: z.string().optional() }),
  z.object({ state: z.literal('unknown'), reason: z.string() }),
]);
export type StatusClaim = z.infer<typeof StatusClaim>;
export type StatusState = StatusClaim['state'];

/** What a permission dialog is about, as far as its source tells. */
export const ApprovalRequest = z.object({
  /** The CLI's own id of the request, or one made of what it asks: the same request has the same id. */
  id: z.string(),
  /** The CLI's name of the tool: `Bash`, `Write`, `exec_command`. */
  tool: z.string().optional(),
  /** The command line that would run. */
  command: z.string().optional(),
  /** The file that would be touched. */
  path: z.string().optional(),
  /** The folder that the request names to run in, where it is not the agent's own: what is relative starts there. */
  folder: z.string().optional(),
});
export type ApprovalRequest = z.infer<typeof ApprovalRequest>;

/** The decision, and the one observation it rests on. */
export const AgentStatus = z.intersection(
  StatusClaim,
  z.object({
    /** Unix time in ms at which this state began. */
    since: z.number(),
    source: StatusSource,
    /** The rule or event that matched: `claude/permission`, `Stop`. */
    rule: z.string().optional(),
    /** The line, title or event that says so, at most 200 characters, without control characters. */
    evidence: z.string(),
    request: ApprovalRequest.optional(),
  }),
);
export type AgentStatus = z.infer<typeof AgentStatus>;
