// `tmux-agents resume`: continues the conversation of an agent that has ended, and lists those that could go on.
import { resolve } from 'node:path';
import { AgentsError } from '../../base/errors.ts';
import type { ConversationEntry } from '../../protocol/conversationEntry.ts';
import type { Managed } from '../../runner/createRuntimeManager.ts';
import { shortAge } from '../../runtimes/agentText.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { lastUse } from '../../sessions/conversations/conversationStore.ts';
import { resumeAgent } from '../../sessions/conversations/resumeAgent.ts';
import { readEnvFile } from '../envFile.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions } from '../face.ts';
import { cutText, plainText, textWidth } from '../plainText.ts';
import { afterStart, spawned } from './spawn.ts';

export interface ResumeCommandOptions extends CommonOptions {
  readonly list?: boolean;
  readonly envFile?: string;
}

export const resume: Command<ResumeCommandOptions> = async (face, options, [wanted]) => {
  const { output, around } = face;
  if (options.list === true && wanted !== undefined) throw new AgentsError('bad-input', '--list goes without a name.', { hint: 'Leave out the one or the other.' });
  if (options.list === true) return withManager(face, options.runtime, (managed) => list(managed, options.runtime, output));
  if (wanted === undefined) throw new AgentsError('bad-input', 'No agent is named.', { hint: 'Name one, or see what can go on with --list.' });
  const env = options.envFile === undefined ? undefined : await readEnvFile(resolve(around.cwd, options.envFile));
  const go = async (managed: Managed): Promise<number> => {
    const agentId = await idOf(managed, wanted);
    const handle = await resumeAgent(managed, agentId, { signal: around.signal, env, onProgress: (_step, message) => output.progress(`${message}...`) });
    const agent = await afterStart(managed.manager, handle, around.signal);
    output.answer(agent, () => spawned(agent));
    if (agent.status !== 'failed') return ExitCode.OK;
    if (!output.json) output.fail(new AgentsError('command-not-found', `The agent could not start: ${agent.reason}.`));
    return ExitCode.FAILURE;
  };
  return withManager(face, options.runtime, go, { tidiesUp: true });
};

/** By exact id, else by exact name when one has it: of those that show, and of those that are only written down. */
async function idOf({ manager, conversations }: Managed, wanted: string): Promise<string> {
  const agents = await manager.listAllAgents();
  const known: readonly { readonly agentId: string; readonly name: string }[] = [...agents, ...conversations.list()];
  if (known.some(({ agentId }) => agentId === wanted)) return wanted;
  const ids = [...new Set(known.filter(({ name }) => name === wanted).map(({ agentId }) => agentId))];
  if (ids.length > 1) throw new AgentsError('bad-input', `Several agents are called "${wanted}": ${ids.join(', ')}.`, { hint: 'Use the id.' });
  return ids[0] ?? wanted;
}

async function list({ manager, conversations }: Managed, runtime: string | undefined, output: Parameters<Command<ResumeCommandOptions>>[0]['output']): Promise<number> {
  const running = new Set((await manager.listAllAgents()).filter(isAlive).map(({ agentId }) => agentId));
  const entries = conversations.list().filter((entry) => entry.conversations.length > 0 && !running.has(entry.agentId) && (runtime === undefined || entry.runtimeId === runtime));
  output.answer(
    entries.map((entry) => ({ ...entry, conversation: entry.conversations.at(-1)?.id })),
    () => (entries.length === 0 ? 'Nothing to resume: no agent that has ended told of a conversation.' : table(entries, output.columns).join('\n')),
  );
  return ExitCode.OK;
}

function isAlive({ status }: AgentInfo): boolean {
  return status === 'running' || status === 'starting';
}

function table(entries: readonly ConversationEntry[], width: number | undefined): string[] {
  const rows = entries.map((entry) => [entry.agentId, entry.aiProvider, entry.runtimeId, shortAge(new Date(lastUse(entry)).toISOString(), Date.now()), entry.workingDirectory, cutText(entry.taskTitle, 40)]);
  const cells = [['AGENT', 'PROVIDER', 'RUNTIME', 'LAST', 'FOLDER', 'TASK'], ...rows].map((row) => row.map((cell) => plainText(cell)));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => textWidth(row[column] ?? ''))));
  return cells.map((row) => cutText(row.map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - textWidth(cell)))).join('  ').trimEnd(), width ?? Infinity));
}
