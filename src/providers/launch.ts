// From a provider and a wish to a command line: pure functions, nothing is run here.
import { AgentsError } from '../base/errors.ts';
import type { Provider, Words } from './provider.ts';

/** What one agent is started with; an `AgentConfig` is one. */
export interface LaunchRequest {
  readonly task?: string | undefined;
  readonly model?: string | undefined;
  /** True: act without asking. False: ask. Absent: as the CLI's own settings say. */
  readonly autoPilot?: boolean | undefined;
  /** In the CLI's own words; wins over `autoPilot`. */
  readonly permissionMode?: string | undefined;
  /** Put before the task. */
  readonly extraArgs?: readonly string[] | undefined;
  /** The id that a new conversation is to have. */
  readonly conversation?: string | undefined;
  /** Runs instead of the provider's own command line, as it is. */
  readonly argv?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** True where the place itself isolates the agent: a container, a pod. */
  readonly isolated?: boolean | undefined;
}

export interface ResumeRequest extends LaunchRequest {
  /** The CLI's own id of the conversation. */
  readonly session: string;
}

/** argv that starts the CLI on its task; `prepared` are the words of its preparation. Throws `bad-input` when the provider has no program. */
export function launchArgv(provider: Provider, request: LaunchRequest, prepared: Words = []): string[] {
  if (request.argv !== undefined && request.argv.length > 0) return [...request.argv];
  const given = present(request.task);
  const task = given !== undefined && provider.misreads?.test(given) ? ` ${given}` : given;
  const { conversation } = request;
  return [
    ...commonArgv(provider, request, prepared),
    ...fill(conversation === undefined ? [] : provider.conversation, { session: conversation }),
    ...extraArgv(provider, request),
    ...fill(task === undefined ? [] : provider.task, { task }),
  ];
}

/** argv that continues a conversation. Throws `unsupported` when the CLI cannot do that by id. */
export function resumeArgv(provider: Provider, request: ResumeRequest, prepared: Words = []): string[] {
  if (provider.resume === undefined) {
    throw new AgentsError('unsupported', `${provider.label} cannot resume a conversation by its id.`, { hint: 'Spawn a new agent in the same folder.' });
  }
  return [...commonArgv(provider, request, prepared), ...extraArgv(provider, request), ...fill(provider.resume, { session: request.session })];
}

/** The environment to add: what it was prepared with, the provider's, then what was asked for, which wins. */
export function launchEnv(provider: Provider, request: LaunchRequest, prepared: Readonly<Record<string, string>> = {}): Record<string, string> {
  const autopilotEnv = request.autoPilot === true && request.isolated === true ? provider.isolatedAutopilotEnv : undefined;
  return { ...prepared, ...autopilotEnv, ...provider.env, ...request.env };
}

function extraArgv(provider: Provider, request: LaunchRequest): string[] {
  return [...(provider.args ?? []), ...(request.extraArgs ?? [])];
}

function commonArgv(provider: Provider, request: LaunchRequest, prepared: Words): string[] {
  if (provider.argv.length === 0) {
    throw new AgentsError('bad-input', `The provider "${provider.id}" has no program to run.`, {
      hint: `Set "providers.${provider.id}.argv" in the settings, or give the program and its arguments when spawning.`,
    });
  }
  const model = present(request.model);
  return [
    ...provider.argv,
    ...permissionArgv(provider, request),
    ...(request.autoPilot !== true && request.isolated === true ? (provider.isolated ?? []) : []),
    ...prepared,
    ...fill(model === undefined ? [] : provider.model, { model }),
  ];
}

function permissionArgv(provider: Provider, { permissionMode, autoPilot }: LaunchRequest): string[] {
  if (permissionMode !== undefined) {
    if (provider.permission !== undefined) return fill(provider.permission, { mode: permissionMode });
    throw new AgentsError('unsupported', `${provider.label} has no permission modes.`, { hint: 'Leave the mode out; autopilot on or off is what it knows.' });
  }
  if (autoPilot === undefined) return [];
  return [...((autoPilot ? provider.autopilot : provider.ask) ?? [])];
}

function present(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text;
}

/** One pass: text that is put in is not looked at again. */
function fill(words: Words = [], values: Readonly<Record<string, string | undefined>>): string[] {
  return words.map((word) => word.replace(/\{(task|model|mode|session)\}/g, (placeholder, name: string) => values[name] ?? placeholder));
}
