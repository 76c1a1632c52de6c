// The questions of Spawn Agent: task, provider, runtime, folder; the last choices are one Enter away.
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import type { Provider } from '../../providers/provider.ts';
import type { ProviderRegistry } from '../../providers/providerRegistry.ts';
import type { Presence } from '../../runner/findProviders.ts';
import type { Services } from '../services.ts';
import { readSetting } from '../settings.ts';
import { SettingsError } from '../settingsError.ts';
import { runtimeIcon } from '../tree/icons.ts';
import { lastName, runtimeLabel } from '../tree/model.ts';
import { installedFirst, presenceText, presenceThere, ProviderPresence, type Presences } from './providerPresence.ts';
import { placeId, rememberedPlace } from './place.ts';
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
  workspace: 'folder' | 'worktree' | 'copy';
  base: string | undefined;
  withChanges: boolean;
}

const TITLE = 'Spawn Agent';
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
    autopilot: given.autopilot ?? readSetting('spawn.autopilot'),
    ...rememberedPlace(last.workspace ?? readSetting('workspaces.default')),
  };
  // Looked for while the task is being written: rows must not move under a person's hand.
  const presence = new ProviderPresence(services.fleet, providers);
  presence.in(draft.runtime);
  const steps = [askTask, askProvider, askRuntime, askFolder, askWorkspace] as const;
  for (let at = 0; at < steps.length; ) {
    const place = { title: draft.autopilot && at > 0 ? `${TITLE} (autopilot)` : TITLE, step: at + 1, totalSteps: steps.length };
    const { back } = await steps[at as 0 | 1 | 2 | 3 | 4]({ services, providers, presence, draft, folders, place });
    at += back ? -1 : 1;
  }
  await warnIfUntrusted(draft.folder);
  await services.memory.remember({ provider: draft.provider, runtime: draft.runtime, folder: draft.folder, workspace: placeId(draft) });
  return { ...given, ...draft };
}

interface Step {
  readonly services: Services;
  readonly providers: ProviderRegistry;
  readonly presence: ProviderPresence;
  readonly draft: Draft;
  readonly folders: readonly Choice[];
  readonly place: { readonly title: string; readonly step: number; readonly totalSteps: number };
}

async function askTask({ draft, place }: Step): Promise<StepAnswer<unknown>> {
  const answer = await textStep({ ...place, prompt: 'What should the agent do? Leave it empty to start the agent without a task.', placeholder: 'Fix the failing tests', value: draft.task });
  if (!answer.back) draft.task = answer.value.trim();
  return answer;
}

async function askProvider({ services, providers, presence, draft, place }: Step): Promise<StepAnswer<unknown>> {
  const autopilot: StepButton = {
    icon: () => (draft.autopilot ? 'shield' : 'rocket'),
    tooltip: () => (draft.autopilot ? 'Autopilot is on: the agent acts without asking. Press to make it ask.' : 'Autopilot is off: the agent asks before it acts. Press to let it act by itself.'),
    run: () => void (draft.autopilot = !draft.autopilot),
  };
  const look = presence.in(draft.runtime);
  const isolated = isolates(services, draft.runtime);
  const soon = await look.soon;
  const rows = installedFirst(providers.all, soon);
  const choices = (known: Presences | undefined): Choice[] => rows.map((provider) => providerChoice(provider, known?.get(provider.id), isolated));
  const items = choices(soon);
  const usable = rows.find(({ id, argv }) => soon?.get(id)?.state !== 'missing' && argv.length > 0)?.id;
  const answer = await pickStep<Choice>({
    ...place,
    placeholder: () => (draft.autopilot ? 'Which agent? It will act without asking (autopilot).' : 'Which agent? It will ask before it acts.'),
    items,
    later: look.complete.then((known) => (known === undefined ? undefined : choices(known))),
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

function providerChoice(provider: Provider, presence: Presence | undefined, isolated: boolean): Choice {
  return { id: provider.id, label: provider.label, iconPath: new vscode.ThemeIcon(provider.icon), ...presenceText(provider, presence, { isolated }) };
}

/** True where the runtime keeps its agents in a place of their own, with programs of its own. */
function isolates({ fleet }: Services, runtimeId: string): boolean {
  return fleet.snapshot.runtimes.find((runtime) => runtime.runtimeId === runtimeId)?.type !== 'local';
}

async function askRuntime({ services, providers, presence, draft, place }: Step): Promise<StepAnswer<unknown>> {
  const { runtimes } = services.fleet.snapshot;
  if (runtimes.length === 0) throw new AgentsError('runtime-unavailable', 'No runtime is switched on.', { hint: 'Switch one on in the settings: tmuxAgents.local.enabled or tmuxAgents.docker.enabled.' });
  const provider = providers.get(draft.provider);
  const known = new Map<string, Presences | undefined>();
  const rows = (): Choice[] =>
    runtimes.map(({ runtimeId, type, error }): Choice => {
      const words = [runtimeDescriptions[type] ?? type, presenceThere(provider, known.get(runtimeId)?.get(provider.id))];
      return {
        id: runtimeId,
        label: runtimeLabel(runtimeId),
        description: error === undefined ? words.filter((word) => word !== '').join(' · ') : 'unavailable',
        iconPath: new vscode.ThemeIcon(error === undefined ? runtimeIcon(type) : 'warning'),
        ...(error === undefined ? {} : { detail: error.message }),
      };
    });
  const looks = Promise.all(runtimes.filter(({ error }) => error === undefined).map(async ({ runtimeId }) => known.set(runtimeId, await presence.in(runtimeId).complete)));
  const items = rows();
  const answer = await pickStep<Choice>({ ...place, placeholder: () => 'Where should it run?', items, later: looks.then(rows), active: items.find(({ id }) => id === draft.runtime) });
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

/** Where in or beside that folder; not asked where that is no repository, and so only the folder itself remains. */
async function askWorkspace({ services, draft, place }: Step): Promise<StepAnswer<unknown>> {
  if (!services.review.isRepository(draft.folder)) {
    Object.assign(draft, rememberedPlace('folder'));
    return { back: false, value: undefined };
  }
  const answer = await (await services.review.open()).askPlace(draft, place, isolates(services, draft.runtime));
  if (!answer.back) Object.assign(draft, answer.value);
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
