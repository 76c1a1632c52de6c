// What a spawn asks for: given by the picker or by a caller of the command, checked either way.
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import { Environment, faultLines, Memory } from '../../protocol/config.ts';

const SpawnRequest = z.strictObject({
  /** What the agent is asked to do. */
  task: z.string().optional(),
  provider: z.string().min(1).optional(),
  /** The runtime's id. */
  runtime: z.string().min(1).optional(),
  /** Absolute path; the first workspace folder when absent. */
  folder: z.string().min(1).optional(),
  /** Where in or beside that folder it works; the setting `tmuxAgents.workspaces.default` when absent. */
  workspace: z.enum(['folder', 'worktree', 'copy']).optional(),
  /** What its worktree begins from: a branch, tag or commit; the current commit when absent. */
  base: z.string().min(1).optional(),
  /** Whether the uncommitted changes of the folder come along into its worktree. */
  withChanges: z.boolean().optional(),
  name: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  autopilot: z.boolean().optional(),
  /** In the agent's own words, such as `acceptEdits`; wins over `autopilot`. */
  permissionMode: z.string().min(1).optional(),
  /** A JSON file with `mcpServers`: absolute path. */
  mcpConfig: z.string().min(1).optional(),
  /** More arguments for the agent's program. */
  args: z.array(z.string()).optional(),
  /** The program to run instead of what the provider would. */
  argv: z.array(z.string()).min(1).optional(),
  memory: Memory.optional(),
  cpus: z.number().positive().optional(),
  env: Environment.optional(),
  /** Whether to open its terminal, whatever the setting says. */
  attach: z.boolean().optional(),
});
export type SpawnRequest = z.infer<typeof SpawnRequest>;

/** Checks the argument of the command. Throws `bad-input` with the keys at fault. */
export function parseSpawnRequest(argument: unknown): SpawnRequest {
  const parsed = SpawnRequest.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw new AgentsError('bad-input', `Spawn Agent was called with arguments it cannot use: ${faultLines(parsed.error).join('; ')}.`, { cause: parsed.error });
}

/** The provider and the lowest number that no other agent has: `claude-1`. */
export function freeName(provider: string, taken: Iterable<string>): string {
  const names = new Set(taken);
  for (let number = 1; ; number++) {
    const name = `${provider}-${number}`;
    if (!names.has(name)) return name;
  }
}
