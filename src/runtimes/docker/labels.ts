// The labels that make a container an agent's: written once at creation, read back by every listing.
import * as z from 'zod';
import { AgentId, type AgentRecord } from '../../protocol/agentRecord.ts';
import { NetworkMode } from '../../protocol/network.ts';

/** On every agent container. */
const AGENT_LABEL = 'tmux-agents';

/** On networks that we made. */
export const NETWORK_LABEL = 'tmux-agents.network';

export const OWNER_LABEL = 'tmux-agents.owner';

const Labels = z
  .object({
    'tmux-agents': z.literal('true'),
    'tmux-agents.agent-id': AgentId,
    'tmux-agents.session-name': z.string().min(1),
    'tmux-agents.ai-provider': z.string().min(1),
    'tmux-agents.created-at': z.iso.datetime(),
    // Absent on containers of other makers that only know the labels above.
    'tmux-agents.runtime-id': z.string().default(''),
    'tmux-agents.owner': z.string().default(''),
    'tmux-agents.working-directory': z.string().default(''),
    'tmux-agents.task': z.string().default(''),
    'tmux-agents.name': z.string().optional(),
    'tmux-agents.auto-pilot': z.enum(['true', 'false']).optional(),
    'tmux-agents.model': z.string().optional(),
    'tmux-agents.hook-key': z.string().optional(),
    'tmux-agents.conversation': z.string().optional(),
    'tmux-agents.network-mode': NetworkMode.optional(),
  })
  .transform(
    (labels): AgentRecord => ({
      v: 1,
      agentId: labels['tmux-agents.agent-id'],
      name: labels['tmux-agents.name'] ?? labels['tmux-agents.agent-id'],
      aiProvider: labels['tmux-agents.ai-provider'],
      taskTitle: labels['tmux-agents.task'],
      workingDirectory: labels['tmux-agents.working-directory'],
      sessionName: labels['tmux-agents.session-name'],
      runtimeId: labels['tmux-agents.runtime-id'],
      owner: labels['tmux-agents.owner'],
      createdAt: labels['tmux-agents.created-at'],
      ...given('autoPilot', labels['tmux-agents.auto-pilot'] === undefined ? undefined : labels['tmux-agents.auto-pilot'] === 'true'),
      ...given('model', labels['tmux-agents.model']),
      ...given('hookKey', labels['tmux-agents.hook-key']),
      ...given('conversation', labels['tmux-agents.conversation']),
      ...given('network', labels['tmux-agents.network-mode']),
    }),
  );

export function labelsOf(record: AgentRecord): Record<string, string> {
  return {
    [AGENT_LABEL]: 'true',
    'tmux-agents.agent-id': record.agentId,
    'tmux-agents.session-name': record.sessionName,
    'tmux-agents.ai-provider': record.aiProvider,
    'tmux-agents.created-at': record.createdAt,
    'tmux-agents.runtime-id': record.runtimeId,
    [OWNER_LABEL]: record.owner,
    'tmux-agents.working-directory': record.workingDirectory,
    'tmux-agents.task': record.taskTitle,
    'tmux-agents.name': record.name,
    ...given('tmux-agents.auto-pilot', record.autoPilot?.toString()),
    ...given('tmux-agents.model', record.model),
    ...given('tmux-agents.hook-key', record.hookKey),
    ...given('tmux-agents.conversation', record.conversation),
    ...given('tmux-agents.network-mode', record.network),
  };
}

/** The entry, or nothing where its value is not known. */
function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;
}

/** The record in a container's labels, or what is wrong with them. */
export function recordOfLabels(labels: unknown): { readonly record: AgentRecord } | { readonly fault: string } {
  const parsed = Labels.safeParse(labels);
  if (parsed.success) return { record: parsed.data };
  return { fault: parsed.error.issues.map((issue) => `${issue.path.join('.') || 'labels'}: ${issue.message}`).join('; ') };
}

/** The engine's filter for agents: of one owner, or all. */
export function labelFilter(owner: string | undefined): string[] {
  return [`${AGENT_LABEL}=true`, ...ownerFilter(owner)];
}

export function ownerFilter(owner: string | undefined): string[] {
  return owner === undefined ? [] : [`${OWNER_LABEL}=${owner}`];
}
