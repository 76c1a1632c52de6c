// The questions of Spawn Agent: task, provider, runtime, folder; the last choices are one Enter away.
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { cancelled, waitFor } from '../../base/wait.ts';
import type { Provider } from '../../providers/provider.ts';
import type { ProviderRegistry } from '../../providers/providerRegistry.ts';
import { findExecutable } from '../../runner/findExecutable.ts';
import type { Services } from '../services.ts';
import { readSettings } from '../settings.ts';
import { SettingsError } from '../settingsError.ts';
import { runtimeIcon } from '../tree/agentItem.ts';
import { lastName, runtimeLabel } from '../tree/model.ts';
import { pickStep, textStep, type StepAnswer, type StepButton } from './quickSteps.ts';
import type { SpawnRequest } from './spawnRequest.ts';

interface Choice extends vscode.QuickPickItem {
  readonly id: string;
}

/** What is chosen so far. */
interface Draft {
  task: string;
  provider: string;
  runtime: string;
  folder: string;
  autopilot: boolean;
}

const TITLE = 'Spawn Agent';
/** Milliseconds that looking for the agents' programs may take. */
const SEARCH_MS = 1_000;
const BROWSE = 'browse';

/** Asks for all of a spawn. Throws `cancelled` on Escape. */
export async function askForSpawn(services: Services, providers: ProviderRegistry, given: SpawnRequest): Promise<SpawnRequest> {
  const last = await services.memory.last();
  const folders = folderChoices(services, last.folder);
  const draft: Draft = {
    task: given.task ?? '',
    provider: given.provider ?? last.provider ?? '',
    runtime: given.runtime ?? last.runtime ?? 'local',
    folder: given.folder ?? last.folder ?? folders[0]?.id ?? homedir(),
    autopilot: given.autopilot ?? readSettings()['spawn.autopilot'],
  };
  // Looked for while the task is being written: rows must not move under a person's hand.
  const installed = installedProviders(providers);
  const steps = [askTask, askProvider, askRuntime, askFolder] as const;
  for (let at = 0; at < steps.length; ) {
    const place = { title: draft.autopilot && at > 0 ? `${TITLE} (autopilot)` : TITLE, step: at + 1, totalSteps: steps.length };
    const { back } = await steps[at as 0 | 1 | 2 | 3]({ services, providers, installed, draft, folders, place });
    at += back ? -1 : 1;
  }
  await warnIfUntrusted(draft.folder);
  await services.memory.remember({ provider: draft.provider, runtime: draft.runtime, folder: draft.folder });
  return { ...given, ...draft };
}

interface Step {
  readonly services: Services;
  readonly providers: ProviderRegistry;
  readonly installed: Promise<ReadonlySet<string>>;
  readonly draft: Draft;
  readonly folders: readonly Choice[];
  readonly place: { readonly title: string; readonly step: number; readonly totalSteps: number };
}

async function askTask({ draft, place }: Step): Promise<StepAnswer<unknown>> {
  const answer = await textStep({ ...place, prompt: 'What should the agent do? Leave it empty to start the agent without a task.', placeholder: 'Fix the failing tests', value: draft.task });
  if (!answer.back) draft.task = answer.value.trim();
  return answer;
}

async function askProvider({ providers, installed, draft, place }: Step): Promise<StepAnswer<unknown>> {
  const autopilot: StepButton = {
    icon: () => (draft.autopilot ? 'shield' : 'rocket'),
    tooltip: () => (draft.autopilot ? 'Autopilot is on: the agent acts without asking. Press to make it ask.' : 'Autopilot is off: the agent asks before it acts. Press to let it act by itself.'),
    run: () => void (draft.autopilot = !draft.autopilot),
  };
  const found = await installed;
  const items = providers.all.map((provider) => providerChoice(provider, found.has(provider.id)));
  const usable = providers.all.find(({ id, argv }) => found.has(id) && argv.length > 0)?.id;
  const answer = await pickStep<Choice>({
    ...place,
    placeholder: () => (draft.autopilot ? 'Which agent? It will act without asking (autopilot).' : 'Which agent? It will ask before it acts.'),
    items,
    active: items.find(({ id }) => id === (draft.provider === '' ? usable : draft.provider)),
    buttons: [autopilot],
  });
  if (answer.back) return answer;
  draft.provider = answer.value.id;
  const provider = providers.get(draft.provider);
  if (provider.argv.length === 0) {
    throw new SettingsError('tmuxAgents.custom.argv', `${provider.label} has no command yet: name the program and its arguments in the settings.`, undefined);
  }
  return answer;
}

function providerChoice(provider: Provider, installed: boolean): Choice {
  return {
    id: provider.id,
    label: provider.label,
    description: installed ? provider.description : `${provider.description} (not found on this machine)`,
    iconPath: new vscode.ThemeIcon(provider.icon),
    ...(installed ? {} : { detail: provider.installHint }),
  };
}

/** The ids of the providers whose programs are on the PATH. A PATH that takes long to search (a network drive) counts as holding all. */
async function installedProviders({ all }: ProviderRegistry): Promise<ReadonlySet<string>> {
  const search = Promise.all(
    all.map(async ({ id, executables }) => {
      const paths = await Promise.all(executables.map((program) => findExecutable(program)));
      return paths.every((path) => path !== undefined) ? [id] : [];
    }),
  );
  const found = await waitFor(search, { timeoutMs: SEARCH_MS, what: 'the PATH to be searched' }).catch(() => all.map(({ id }) => [id]));
  return new Set(found.flat());
}

async function askRuntime({ services, draft, place }: Step): Promise<StepAnswer<unknown>> {
  const { runtimes } = services.fleet.snapshot;
  if (runtimes.length === 0) throw new AgentsError('runtime-unavailable', 'No runtime is switched on.', { hint: 'Switch one on in the settings: tmuxAgents.local.enabled or tmuxAgents.docker.enabled.' });
  const items = runtimes.map(
    ({ runtimeId, type, error }): Choice => ({
      id: runtimeId,
      label: runtimeLabel(runtimeId),
      description: error === undefined ? (runtimeDescriptions[type] ?? type) : 'unavailable',
      iconPath: new vscode.ThemeIcon(error === undefined ? runtimeIcon(type) : 'warning'),
      ...(error === undefined ? {} : { detail: error.message }),
    }),
  );
  const answer = await pickStep<Choice>({ ...place, placeholder: () => 'Where should it run?', items, active: items.find(({ id }) => id === draft.runtime) });
  if (!answer.back) draft.runtime = answer.value.id;
  return answer;
}

const runtimeDescriptions: Readonly<Record<string, string>> = {
  local: 'in a tmux session, with your files and logins',
  docker: 'in a container of its own, with only this folder',
};

async function askFolder(step: Step): Promise<StepAnswer<unknown>> {
  const { draft, folders, place } = step;
  const browse: Choice = { id: BROWSE, label: 'Browse…', iconPath: new vscode.ThemeIcon('folder-opened'), description: 'choose another folder' };
  const items = [...folders, browse];
  const answer = await pickStep<Choice>({ ...place, placeholder: () => 'In which folder should it work?', items, active: items.find(({ id }) => id === draft.folder) });
  if (answer.back) return answer;
  if (answer.value.id !== BROWSE) {
    draft.folder = answer.value.id;
    return answer;
  }
  const [chosen] = (await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, canSelectMany: false, openLabel: 'Work Here', defaultUri: vscode.Uri.file(draft.folder) })) ?? [];
  if (chosen === undefined) return askFolder(step);
  draft.folder = chosen.fsPath;
  return answer;
}

/** In Restricted Mode a person says once more that an agent may work in the folder. */
async function warnIfUntrusted(folder: string): Promise<void> {
  const inWorkspace = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder)) !== undefined;
  if (vscode.workspace.isTrusted || !inWorkspace) return;
  const chosen = await vscode.window.showWarningMessage(`Let an agent work in ${lastName(folder)}?`, { modal: true, detail: 'You have not said that you trust this folder. An agent reads its files, follows what they say, and may run programs in it.' }, 'Spawn Anyway', 'Manage Trust');
  if (chosen === 'Manage Trust') await vscode.commands.executeCommand('workbench.trust.manage');
  if (chosen !== 'Spawn Anyway') throw cancelled();
}

/** The workspace's folders, the one used last, those of other agents, and home. */
function folderChoices(services: Services, last: string | undefined): Choice[] {
  const choices = new Map<string, Choice>();
  const add = (path: string, label: string, icon: string): void => {
    if (!choices.has(path)) choices.set(path, { id: path, label, description: path, iconPath: new vscode.ThemeIcon(icon) });
  };
  for (const folder of vscode.workspace.workspaceFolders ?? []) if (folder.uri.scheme === 'file') add(folder.uri.fsPath, folder.name, 'root-folder');
  if (last !== undefined) add(last, lastName(last), 'history');
  for (const agent of services.fleet.snapshot.agents) add(agent.workingDirectory, lastName(agent.workingDirectory), 'folder');
  add(homedir(), 'Home', 'home');
  return [...choices.values()];
}
