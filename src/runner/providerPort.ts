// Providers as the runtimes see them: what to launch for a config, and which keys interrupt.
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { AgentsError, messageOf } from '../base/errors.ts';
import { waitFor } from '../base/wait.ts';
import { hookFiles } from '../providers/hooks/hookFiles.ts';
import { gateFiles } from '../providers/hooks/gate.ts';
import { launchArgv, launchEnv, resumeArgv } from '../providers/launch.ts';
import { parseMcpServers, type McpServer } from '../providers/mcpServers.ts';
import { promptEditor, type PromptEditor } from '../providers/prompts/promptEditor.ts';
import { promptInputOf } from '../providers/prompts/promptInput.ts';
import type { PreparedGate, Provider } from '../providers/provider.ts';
import type { ProviderRegistry } from '../providers/providerRegistry.ts';
import { trustedFolders } from './repositoryRoot.ts';
import type { Launch, LaunchPlace, ProviderPort } from '../runtimes/runtimeManager.ts';
import { keptEnv } from '../runtimes/keptHome.ts';
import { currentOwner } from '../runtimes/agentConfig.ts';
import type { AgentConfig, AgentFile } from '../runtimes/types.ts';
import { GATE_FILE, type GateFile } from '../sessions/policy/gate/gateFile.ts';
import { gateProgram } from '../sessions/policy/gate/gateProgram.ts';
import { sessionLogFolder } from '../sessions/policy/sessionLog.ts';

/** Where nobody else listens in a container of the agent's own. */
const CONTAINER_PORT = 4096;

export interface ProviderPortOptions {
  /** The person's consent that CLIs may treat the folders they are spawned in as trusted. Default true. */
  readonly trustFolders?: boolean | undefined;
}

export function providerPort(registry: ProviderRegistry, { trustFolders = true }: ProviderPortOptions = {}): ProviderPort {
  return {
    launch: async (config, place) => launch(registry.get(config.aiProvider), config, place, trustFolders),
    interruptKeys: (aiProvider) => registry.find(aiProvider)?.interruptKeys ?? ['C-c'],
  };
}

/** A provider's launch argv, what it is prepared with, and the hooks that report on it. */
async function launch(provider: Provider, config: AgentConfig, place: LaunchPlace, trusted: boolean): Promise<Launch> {
  const { agentFolder, isolated, workspace, keptHome } = place;
  const { resume } = config;
  const mcpServers = await mcpServersOf(provider, config, agentFolder);
  const gate = gateOf(provider, config, place);
  const hooks = agentFolder !== undefined && (provider.signals?.sources.includes('hooks') === true || gate !== undefined) ? hookFiles() : undefined;
  const prepared =
    agentFolder === undefined
      ? undefined
      : provider.prepare?.({
          agentFolder,
          workspace,
          isolated,
          trusted,
          trustedFolders: isolated ? [workspace] : await trustedFolders(workspace),
          mcpServers,
          autoPilot: config.permissionMode === undefined ? config.autoPilot : undefined,
          report: hooks?.report(agentFolder) ?? [],
          gate: gate?.prepared,
          environment: { ...provider.env, ...config.env },
          ...(provider.port === true ? { listen: { port: isolated ? CONTAINER_PORT : await freePort(), password: randomBytes(16).toString('hex') } } : {}),
        });
  const home = keptHome === undefined ? undefined : provider.home;
  const conversation = resume ?? config.conversation ?? (provider.conversation === undefined ? undefined : randomUUID());
  const request = { ...config, isolated, conversation };
  const argv = resume === undefined ? launchArgv(provider, request, prepared?.argv) : resumeArgv(provider, { ...request, session: resume }, prepared?.argv);
  const editor = promptEditorFor(provider, config, place);
  const files = [...(prepared?.files ?? []), ...(hooks?.files ?? []), ...(gate?.files ?? []), ...(editor?.files ?? [])];
  return {
    argv,
    env: { ...launchEnv(provider, request, home === undefined || keptHome === undefined ? prepared?.env : { ...keptEnv(home, keptHome), ...prepared?.env }), ...editor?.env },
    ...(home === undefined ? {} : { home }),
    ...(provider.variables === undefined ? {} : { inherits: provider.variables }),
    ...(files.length === 0 ? {} : { files }),
    ...(prepared?.homeFiles === undefined ? {} : { homeFiles: prepared.homeFiles }),
    ...(hooks === undefined ? {} : { hookKey: hooks.hookKey }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(provider.hosts === undefined ? {} : { providerHosts: provider.hosts }),
  };
}

interface Gate {
  readonly files: readonly AgentFile[];
  readonly prepared: PreparedGate;
}

/** What holds an agent to its rules. On this machine the gate judges by itself; in a container whoever follows the agent does. */
function gateOf(provider: Provider, { policy, agentId, network }: AgentConfig, { agentFolder, isolated, workspace }: LaunchPlace): Gate | undefined {
  if (policy === undefined || provider.gate === undefined || agentFolder === undefined) return undefined;
  const { files, command } = gateFiles({ agentFolder, dialect: provider.gate, judge: isolated ? undefined : gateProgram() });
  const known: GateFile = { v: 1, agentId, dialect: provider.gate, workspace, policy, controlsEgress: network?.mode === 'restricted', logFolder: sessionLogFolder(), who: currentOwner() };
  return {
    files: [...files, ...(isolated ? [] : [{ name: GATE_FILE, content: `${JSON.stringify(known)}\n` }])],
    prepared: { command, policy },
  };
}

/** What lets prompts reach the CLI byte for byte, where it has a key for the person's editor. */
function promptEditorFor(provider: Provider, config: AgentConfig, { agentFolder, isolated }: LaunchPlace): PromptEditor | undefined {
  if (agentFolder === undefined || promptInputOf(provider.id).editor === undefined) return undefined;
  return promptEditor(agentFolder, { ...provider.env, ...config.env }, isolated ? undefined : process.env['VISUAL'] || process.env['EDITOR']);
}

async function mcpServersOf(provider: Provider, { mcpConfig }: AgentConfig, agentFolder: string | undefined): Promise<Readonly<Record<string, McpServer>>> {
  if (mcpConfig === undefined) return {};
  if (provider.mcp !== true || agentFolder === undefined) {
    throw new AgentsError('unsupported', `${provider.label} cannot be given MCP servers here.`, { hint: 'Set them up in its own settings.' });
  }
  const text = await readFile(mcpConfig, 'utf8').catch((error: unknown) => {
    throw new AgentsError('bad-input', `The MCP configuration ${mcpConfig} cannot be read: ${messageOf(error)}.`, { cause: error });
  });
  return parseMcpServers(text, mcpConfig);
}

/** A port of this machine's loopback that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  const listening = new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address.port);
      else reject(new AgentsError('internal', 'No port of this machine is free.'));
    });
  });
  try {
    return await waitFor(listening, { timeoutMs: 5_000, what: 'a free port' });
  } finally {
    server.close();
  }
}
