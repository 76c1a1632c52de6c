// `tmux-agents network`: what an agent of a restricted network tried to reach, and what became of it.
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import type { EgressEntry } from '../../protocol/network.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentRuntime } from '../../runtimes/types.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions, type Face } from '../face.ts';
import { plainText } from '../plainText.ts';

export interface NetworkOptions extends CommonOptions {
  readonly follow?: boolean;
  readonly denied?: boolean;
}

/** The log of one agent, and the runtime that has it. */
interface Audit {
  readonly agentId: string;
  readonly runtime: AgentRuntime;
  readonly entries: readonly EgressEntry[];
  /** False where its container is gone. */
  readonly lives: boolean;
}

export const network: Command<NetworkOptions> = (face, options, [wanted = '']) =>
  withManager(
    face,
    options.runtime,
    async ({ manager }) => {
      const began = Date.now();
      const audit = await findAudit(manager, wanted);
      const shown = (entry: EgressEntry): boolean => options.denied !== true || entry.verdict === 'denied';
      if (options.follow === true) return follow(face, audit, shown, began);
      const entries = audit.entries.filter(shown);
      face.output.answer({ agentId: audit.agentId, entries }, () => (entries.length === 0 ? 'It tried to reach nothing.' : entries.map((entry) => lineOf(face, entry)).join('\n')));
      return ExitCode.OK;
    },
    { tidiesUp: true },
  );

/** A living agent's by its id or name, or that of one that is gone by its id. */
async function findAudit(manager: RuntimeManager, wanted: string): Promise<Audit> {
  const listings = await manager.listByRuntime();
  try {
    const agent = findAgent(listings, wanted);
    const runtime = manager.get(agent.handle.runtimeId ?? agent.runtimeId);
    if (runtime?.readAudit === undefined || agent.network !== 'restricted') {
      throw new AgentsError('unsupported', `The network of "${agent.agentId}" is open: nothing is written down.`, { hint: 'Spawn an agent with --network restricted.' });
    }
    return { agentId: agent.agentId, runtime, entries: await runtime.readAudit(agent.agentId), lives: true };
  } catch (error) {
    if (!isAgentsError(error, 'not-found')) throw error;
    for (const runtimeId of manager.runtimeIds) {
      const runtime = manager.get(runtimeId);
      const entries = (await runtime?.readAudit?.(wanted).catch(() => [])) ?? [];
      if (runtime !== undefined && entries.length > 0) return { agentId: wanted, runtime, entries, lives: false };
    }
    throw error;
  }
}

/** One line each, JSON where that was asked for, until the agent's network ends or Ctrl-C is pressed. */
async function follow(face: Face, { agentId, runtime, entries, lives }: Audit, shown: (entry: EgressEntry) => boolean, sinceMs: number): Promise<number> {
  const { output, around } = face;
  const known = new Set(entries.map((entry) => JSON.stringify(entry)));
  const show = (entry: EgressEntry): void => {
    if (shown(entry)) around.stdout.write(`${output.json ? JSON.stringify(entry) : lineOf(face, entry)}\n`);
  };
  entries.forEach(show);
  if (!lives) return ExitCode.OK;
  // What came between the reading and the following is in both.
  await runtime.followAudit?.(agentId, (entry) => known.has(JSON.stringify(entry)) || show(entry), { signal: around.signal, sinceMs });
  return ExitCode.OK;
}

function lineOf({ output }: Face, entry: EgressEntry): string {
  const target = `${plainText(entry.host)}:${entry.port}`;
  if (entry.verdict === 'denied') return `${entry.at}  ${output.paint('red', 'denied ')}  ${target}  (${entry.reason ?? 'not-listed'})`;
  if (entry.event === 'opened') return `${entry.at}  opened   ${target}  (${entry.rule ?? ''})`;
  const outcome = entry.error ?? `${entry.sent} B sent, ${entry.received} B received, ${entry.ms} ms`;
  return `${entry.at}  allowed  ${target}  (${entry.rule ?? ''}; ${outcome})`;
}
