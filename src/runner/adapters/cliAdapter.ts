// The adapter of a terminal CLI: its provider record, and the runtimes that start it as an agent in tmux.
import { createHash } from 'node:crypto';
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { AgentId } from '../../protocol/agentRecord.ts';
import { parseConfig } from '../../protocol/config.ts';
import type { UsageMetrics, Verdict } from '../../protocol/runnerEvent.ts';
import type { PolicySpec, SessionTask } from '../../protocol/sessionConfig.ts';
import type { Provider } from '../../providers/provider.ts';
import { newAgentId } from '../../runtimes/agentConfig.ts';
import type { AgentConfig, AgentHandle } from '../../runtimes/types.ts';
import { createRuntimeManager, type Managed } from '../createRuntimeManager.ts';
import { findProviders } from '../findProviders.ts';
import { noGateAlert } from '../../sessions/policy/policyAlerts.ts';
import { queueFirstPrompt } from '../firstPrompt.ts';
import { CliSession, followAll } from './cliSession.ts';
import type { Detection, InputOptions, ProviderAdapter, ProviderCapabilities, ProviderEvent, ProviderListener, StartedSession, StartRequest, StopOptions } from './providerAdapter.ts';
import { apiKeyVariable, ownVariables, providerOf } from './providerNames.ts';
import { gateFault, ruledConfig, runtimeFor } from './sessionPolicy.ts';

/** How an adapter's CLI is started. */
export interface AdapterOptions {
  /** Reaches the agent's environment, under the name that its provider knows, and nothing else: no argument, label, log or event. */
  readonly apiKey?: string | undefined;
  /** The model, as its CLI names it. */
  readonly modelVersion?: string | undefined;
  /** True: it acts without asking. Default false: it asks, and its requests are approvals. */
  readonly autoPilot?: boolean | undefined;
  /** In the CLI's own words; wins over `autoPilot`. */
  readonly permissionMode?: string | undefined;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Added to its arguments. */
  readonly extraArgs?: readonly string[] | undefined;
}

/** Where its agents run, and what is shared with other adapters. */
export interface AdapterHost {
  readonly managed: Managed;
  readonly runtimeId: string;
  /** Milliseconds that an approval may wait. */
  readonly approvalTimeoutMs?: number | undefined;
  readonly log?: Log | undefined;
}

export class CliAdapter implements ProviderAdapter {
  readonly id: string;
  readonly #provider: string;
  readonly #options: AdapterOptions;
  readonly #sessions = new Map<string, CliSession>();
  readonly #listeners = new Map<ProviderListener, Disposable>();
  readonly #events = new Emitter<ProviderEvent>();
  #host: AdapterHost | undefined;
  #own: (AdapterHost & Disposable) | undefined;
  #latest: string | undefined;

  constructor(id: string, options: AdapterOptions = {}) {
    this.id = id;
    this.#provider = providerOf(id);
    this.#options = options;
    if (options.apiKey !== undefined && apiKeyVariable(this.#provider) === undefined) {
      throw new AgentsError('bad-input', `The provider "${id}" has no one variable for an API key.`, { hint: 'Give the variable that it reads in "env" instead.' });
    }
  }

  /** Runs its agents there from now on; without it, on this machine by itself. */
  bind(host: AdapterHost): void {
    this.#host = host;
  }

  async detect(): Promise<Detection> {
    const { managed, runtimeId } = this.#place();
    const runtime = managed.manager.get(runtimeId);
    const provider = this.#record(managed);
    if (runtime === undefined) return { installed: false, details: `There is no runtime "${runtimeId}".` };
    const presence = (await findProviders({ ...managed.providers, all: [provider] }, runtime)).get(provider.id);
    if (presence === undefined || presence.state === 'unknown') return { installed: false, details: `Whether ${provider.label} is there cannot be told for the runtime "${runtimeId}".` };
    if (presence.state === 'missing') return { installed: false, details: `${provider.executables.join(', ')}: not found. ${provider.installHint}` };
    return { installed: true, ...(presence.version === undefined ? {} : { version: presence.version }) };
  }

  capabilities(): ProviderCapabilities {
    const provider = this.#record(this.#place().managed);
    return {
      ptyStreaming: true,
      structuredEdits: 'none',
      supportsMCP: provider.mcp === true,
      supportsNonInteractive: false,
      supportsPlanAndExecute: provider.permission !== undefined && provider.id === 'claude',
      supportsPRFlow: 'none',
    };
  }

  async startSession({ sessionId = newAgentId(this.id), repoPath, task, policy, env, argv, signal, runtimeId = this.runtimeFor(policy) }: StartRequest): Promise<StartedSession> {
    const { managed } = this.#place();
    const { apiKey, modelVersion, autoPilot = false, permissionMode, extraArgs } = this.#options;
    const runtime = managed.manager.get(runtimeId);
    const variable = apiKeyVariable(this.#provider);
    const config: AgentConfig = {
      agentId: agentIdOf(sessionId),
      aiProvider: this.#record(managed).id,
      workingDirectory: repoPath,
      autoPilot,
      environment: 'allowlist',
      pausable: runtime?.isolates !== true,
      env: { ...ownVariables(this.#provider), ...(apiKey === undefined || variable === undefined ? {} : { [variable]: apiKey }), ...this.#options.env, ...env },
      ...(task === undefined ? {} : { task: taskText(task) }),
      ...(modelVersion === undefined ? {} : { model: modelVersion }),
      ...(permissionMode === undefined ? {} : { permissionMode }),
      ...(extraArgs === undefined ? {} : { extraArgs }),
      ...(argv === undefined ? {} : { argv }),
      ...ruledConfig(policy),
    };
    const handle = await managed.manager.spawnAgent(runtimeId, config, { signal });
    try {
      const started = await this.#attach(sessionId, handle, { recovered: false, env: config.env });
      if (started === undefined) throw new AgentsError('not-found', `The agent of session ${sessionId} was gone as soon as it was started.`);
      const ungated = gateFault(policy, this.#record(managed), { ownArgv: argv !== undefined, isolated: runtime?.isolates === true });
      if (ungated !== undefined) this.#sessions.get(sessionId)?.tell({ type: 'alert', alert: noGateAlert(ungated) });
      const agent = managed.manager.find(handle.agentId);
      if (agent !== undefined && agent.status !== 'exited' && agent.status !== 'failed') {
        if (await queueFirstPrompt(managed, agent, config)) this.#session(sessionId).drainSoon();
      }
      return started;
    } catch (error) {
      this.#forget(sessionId);
      await managed.manager.killAgent(handle, { graceMs: 0 }).catch(() => undefined);
      throw error;
    }
  }

  async sendInput(data: string, { sessionId, mode = 'line' }: InputOptions = {}): Promise<void> {
    const session = this.#session(sessionId);
    await (mode === 'raw' ? session.type(data) : session.prompt(data));
  }

  async stop({ sessionId = this.#latest, graceMs }: StopOptions = {}): Promise<void> {
    const session = sessionId === undefined ? undefined : this.#sessions.get(sessionId);
    if (session === undefined || sessionId === undefined) return;
    await this.#place().managed.manager.killAgent(session.handle, graceMs === undefined ? {} : { graceMs });
    this.#forget(sessionId);
  }

  onEvent(listener: ProviderListener): void {
    if (!this.#listeners.has(listener)) this.#listeners.set(listener, this.#events.event(listener));
  }

  offEvent(listener: ProviderListener): void {
    this.#listeners.get(listener)?.dispose();
    this.#listeners.delete(listener);
  }

  answer(sessionId: string, approvalId: string, decision: Verdict, note?: string): Promise<void> {
    return this.#session(sessionId).answer(approvalId, decision, note);
  }

  pause(sessionId: string): Promise<void> {
    return this.#session(sessionId).pause();
  }

  resume(sessionId: string): Promise<void> {
    return this.#session(sessionId).resume();
  }

  runtimeFor(policy: PolicySpec | undefined): string {
    const { managed, runtimeId } = this.#place();
    return runtimeFor(policy, managed.manager, runtimeId);
  }

  /** Fails where the runtime cannot be reached: then nothing is known of the session, and it is not gone. */
  async recover(sessionId: string, { runtimeId = this.#place().runtimeId }: { readonly runtimeId?: string | undefined } = {}): Promise<StartedSession | undefined> {
    const { managed } = this.#place();
    const listing = (await managed.manager.listByRuntime()).find((one) => one.runtimeId === runtimeId);
    if (listing?.error !== undefined) throw listing.error;
    const agent = listing?.agents.find(({ agentId }) => agentId === agentIdOf(sessionId));
    return agent === undefined ? undefined : this.#attach(sessionId, agent.handle, { recovered: true });
  }

  async measure(sessionId: string): Promise<Partial<UsageMetrics>> {
    return (await this.#sessions.get(sessionId)?.measure()) ?? {};
  }

  secrets(): Record<string, string> {
    const { apiKey, env } = this.#options;
    return { ...env, ...(apiKey === undefined ? {} : { API_KEY: apiKey }) };
  }

  dispose(): void {
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
    for (const listener of [...this.#listeners.keys()]) this.offEvent(listener);
    this.#own?.dispose();
    this.#own = undefined;
  }

  async #attach(sessionId: string, handle: AgentHandle, { recovered, env = ownVariables(this.#provider) }: { readonly recovered: boolean; readonly env?: Readonly<Record<string, string>> | undefined }): Promise<StartedSession | undefined> {
    const { managed, approvalTimeoutMs, log } = this.#place();
    const agent = managed.manager.find(handle.agentId);
    if (agent === undefined) return undefined;
    this.#sessions.get(sessionId)?.dispose();
    // Its first events may come while it is being attached: whoever started it hears of them only once it knows that it has.
    const early: ProviderEvent[] = [];
    let isEarly = true;
    const tell = (event: ProviderEvent): void => (isEarly ? void early.push(event) : this.#events.fire(event));
    const session = await CliSession.attach({ sessionId, agent, managed, tell, approvalTimeoutMs, env: { ...process.env, ...env }, log }, { recovered });
    this.#sessions.set(sessionId, session);
    this.#latest = sessionId;
    setImmediate(() => {
      isEarly = false;
      for (const event of early) this.#events.fire(event);
    });
    return { sessionId, sessionPid: session.pid ?? 0 };
  }

  #session(sessionId = this.#latest): CliSession {
    const session = sessionId === undefined ? undefined : this.#sessions.get(sessionId);
    if (session !== undefined) return session;
    throw new AgentsError('not-found', sessionId === undefined ? `No session of "${this.id}" was started.` : `Session ${sessionId} not found`);
  }

  #forget(sessionId: string): void {
    this.#sessions.get(sessionId)?.dispose();
    this.#sessions.delete(sessionId);
    if (this.#latest === sessionId) this.#latest = undefined;
  }

  #place(): AdapterHost {
    return this.#host ?? (this.#own ??= ownHost());
  }

  #record({ providers }: Managed): Provider {
    try {
      return providers.get(this.#provider);
    } catch (error) {
      if (!isAgentsError(error, 'not-found')) throw error;
      throw new AgentsError('not-found', `There is no provider "${this.id}".`, { hint: error.hint ?? '', cause: error });
    }
  }
}

/** This machine alone, for an adapter that nobody gave a place. */
function ownHost(): AdapterHost & Disposable {
  const managed = createRuntimeManager(parseConfig({ runtimes: { docker: false }, providers: unlisted }, 'the adapter'), { face: 'library' });
  const following = followAll(managed);
  return {
    managed,
    runtimeId: 'local',
    log: silentLog,
    dispose() {
      following.dispose();
      managed.prompts.dispose();
      managed.approvals.dispose();
      managed.status.dispose();
      managed.manager.dispose();
    },
  };
}

/** Providers of the runner's world that are no built-in ones here: started by their name where that is a program, and honestly missing where it is not. */
export const unlisted = { omnara: { label: 'Omnara', argv: ['omnara'], installHint: 'Install the "omnara" program; it is not tried out with this version.' } } as const;

/** The agent of a session: the same for the same session, in every process. */
export function agentIdOf(sessionId: string): string {
  if (AgentId.safeParse(sessionId).success) return sessionId;
  const words = sessionId.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40);
  return `${words === '' ? 'session' : words}-${createHash('sha256').update(sessionId).digest('hex').slice(0, 12)}`;
}

/** A task as the CLI's first prompt. */
export function taskText(task: string | SessionTask): string {
  if (typeof task === 'string') return task;
  const list = (title: string, items: readonly string[]): string => (items.length === 0 ? '' : `\n\n${title}:\n${items.map((item) => `- ${item}`).join('\n')}`);
  const head = task.goal.startsWith(task.title) ? task.goal : `${task.title}\n\n${task.goal}`;
  return head + list('Constraints', task.constraints) + list('It is done when', task.acceptance);
}
