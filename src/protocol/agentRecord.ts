// What is written where an agent runs (a tmux pane option, container labels), so that any face can find it again.
import * as z from 'zod';
import { NetworkMode } from './network.ts';

/** An agent's id: also a container name and a label value, so letters, digits, `_`, `.` and `-` only. */
export const AgentId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'An agent id has 1 to 63 letters, digits, "_", "." or "-", and starts with a letter or digit.');

/** Stored as JSON in the pane option `@tmux-agents`. Holds no secret and only the task's title, not its text. */
export const AgentRecord = z.object({
  v: z.literal(1),
  agentId: AgentId,
  name: z.string(),
  aiProvider: z.string(),
  taskTitle: z.string(),
  workingDirectory: z.string(),
  sessionName: z.string(),
  runtimeId: z.string(),
  /** Who spawned it: `user@host`. */
  owner: z.string(),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  autoPilot: z.boolean().optional(),
  model: z.string().optional(),
  /** SHA-256, in hex, of the key that the agent's hooks report with. */
  hookKey: z.string().optional(),
  /** The CLI's own id of its conversation, as known at the spawn. */
  conversation: z.string().optional(),
  /** Absent: `open`. */
  network: NetworkMode.optional(),
});
export type AgentRecord = z.infer<typeof AgentRecord>;

/** A task's first line, cut to 80 characters: what labels, trees and titles show. */
export function taskTitle(task: string | undefined): string {
  const line = (task ?? '').trim().split(/\r?\n/, 1)[0] ?? '';
  const characters = [...line];
  return characters.length > 80 ? `${characters.slice(0, 79).join('')}…` : line;
}
