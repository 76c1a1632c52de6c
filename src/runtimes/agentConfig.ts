// What callers ask for, checked before any runtime sees it; and ids for agents that were given none.
import { randomBytes } from 'node:crypto';
import { userInfo, hostname } from 'node:os';
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { AgentsError } from '../base/errors.ts';
import { noNul } from '../base/noNul.ts';
import { AgentId, taskTitle, type AgentRecord } from '../protocol/agentRecord.ts';
import { AllowedHost, NetworkWish } from '../protocol/network.ts';
import { PolicySpec } from '../protocol/sessionConfig.ts';
import { AgentFiles } from './agentFiles.ts';
import type { AgentConfig } from './types.ts';

const Text = z.string().refine(noNul, 'must not contain NUL');

const Config = z.object({
  agentId: AgentId,
  aiProvider: z.string().min(1),
  task: Text.optional(),
  workingDirectory: Text.min(1, 'must name a folder'),
  name: Text.max(200, 'must have at most 200 characters').refine((name) => name.trim() !== '', 'must not be blank').optional(),
  sessionName: Text.min(1, 'must not be empty').optional(),
  autoPilot: z.boolean().optional(),
  model: Text.min(1).optional(),
  resources: z
    .object({
      memory: z.number().int().min(6 * 1024 * 1024, 'must be at least 6 MiB (bytes)').optional(),
      cpus: z.number().positive('must be more than 0').optional(),
    })
    .optional(),
  argv: z
    .array(Text)
    .min(1, 'must name a program')
    .refine((argv) => argv[0] !== '', 'must name a program')
    .optional(),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not a name for an environment variable'), Text).optional(),
  files: AgentFiles.optional(),
  homeFiles: AgentFiles.optional(),
  hookKey: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex').optional(),
  conversation: Text.min(1).max(200).optional(),
  // An id that begins with a dash could be read as an option.
  resume: Text.max(200).regex(/^[^-\s]\S*$/, 'must be the id of a conversation').optional(),
  permissionMode: Text.regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'must be one word').optional(),
  mcpConfig: Text.refine(isAbsolute, 'must be an absolute path').optional(),
  extraArgs: z.array(Text).optional(),
  network: NetworkWish.optional(),
  providerHosts: z.array(AllowedHost).optional(),
  environment: z.enum(['inherit', 'allowlist']).optional(),
  pausable: z.boolean().optional(),
  policy: PolicySpec.optional(),
  inherits: z.array(z.string()).optional(),
});

/** Checks a config. Throws `bad-input` naming each wrong key. */
export function parseAgentConfig(config: AgentConfig): AgentConfig {
  const parsed = Config.safeParse(config);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'config'}: ${issue.message}`);
  throw new AgentsError('bad-input', `The agent cannot be spawned: ${issues.join('; ')}.`);
}

/** For places that cannot keep an agent from the network. Throws `unsupported` where it is to be restricted: it is never let out instead. */
export function refuseRestricted({ network }: Pick<AgentConfig, 'network'>): void {
  if (network?.mode !== 'restricted') return;
  throw new AgentsError('unsupported', 'Only containers can restrict what an agent reaches over the network.', { hint: 'Spawn it in a Docker runtime, or with an open network.' });
}

/** An id nobody has yet: what it is about, readable, and five random letters. */
export function newAgentId(about: string | undefined): string {
  const words = (about ?? '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 24)
    .replace(/-+$/, '');
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  const random = [...randomBytes(5)].map((byte) => letters[byte % letters.length]).join('');
  return `${words === '' ? 'agent' : words}-${random}`;
}

/** What is written where the agent runs. Holds the task's title, never its text or environment. */
export function recordOf(config: AgentConfig, placed: { readonly sessionName: string; readonly runtimeId: string }): AgentRecord {
  return {
    v: 1,
    agentId: config.agentId,
    name: config.name ?? config.agentId,
    aiProvider: config.aiProvider,
    taskTitle: taskTitle(config.task),
    workingDirectory: config.workingDirectory,
    sessionName: placed.sessionName,
    runtimeId: placed.runtimeId,
    owner: currentOwner(),
    createdAt: new Date().toISOString(),
    ...(config.autoPilot === undefined ? {} : { autoPilot: config.autoPilot }),
    ...(config.model === undefined ? {} : { model: config.model }),
    ...(config.hookKey === undefined ? {} : { hookKey: config.hookKey }),
    ...(config.conversation === undefined ? {} : { conversation: config.conversation }),
    ...(config.network?.mode === 'restricted' ? { network: config.network.mode } : {}),
  };
}

/** `user@host` of whoever runs this. */
export function currentOwner(): string {
  return `${userInfo().username}@${hostname()}`;
}
