// Resume Agent: continues exactly the conversation that an agent had, after its end, in the same folder; from its row or from a list.
import * as vscode from 'vscode';
import { messageOf } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import type { ConversationEntry } from '../../protocol/conversationEntry.ts';
import { spokenAge } from '../../runtimes/agentText.ts';
import { resumeAgent } from '../../sessions/conversations/resumeAgent.ts';
import { oneAgent } from '../agentArgument.ts';
import { agentKey, isFinished } from '../agentKey.ts';
import type { CommandHandler, Services } from '../services.ts';
import { readSetting } from '../settings.ts';
import { oneLine } from '../shownText.ts';
import { refreshed, showSpawned } from '../spawn/spawnAgent.ts';
import { lastName, runtimeLabel } from '../tree/model.ts';

/** Takes a row, `{ agentId }`, or asks. Returns the agent's id. */
export const resume: CommandHandler = async (services, ...args) => {
  await services.fleet.start();
  const { agentId, name } = args[0] === undefined || args[0] === null ? await askEntry(services) : await named(services, args);
  const remains = services.fleet.snapshot.agents.find((agent) => agent.agentId === agentId);
  // What is left of it goes away: its terminal first, or VS Code would tell its end as an error.
  if (remains !== undefined && isFinished(remains)) await services.terminals.close(remains).catch((error: unknown) => services.log.warn(`The terminal of ${name} stays: ${messageOf(error)}`));
  const handle = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `Resuming ${oneLine(name, 60)}`, cancellable: true }, (progress, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => controller.abort());
    const env = readSetting('spawn.environment');
    return services.fleet.use((_manager, managed) =>
      resumeAgent(managed, agentId, { signal: controller.signal, onProgress: (_step, message) => progress.report({ message }), ...(Object.keys(env).length === 0 ? {} : { env }) }),
    );
  });
  const key = `${handle.runtimeId ?? ''}/${handle.agentId}`;
  const agent = services.fleet.find(key) ?? (await refreshed(services, key));
  void services.tree.reveal(agentKey(agent)).then(undefined, () => undefined);
  await showSpawned(services, agent, undefined);
  return handle.agentId;
};

interface Named {
  readonly agentId: string;
  readonly name: string;
}

/** An agent of the view; one that is gone from it is known by its conversation alone. */
async function named(services: Services, args: readonly unknown[]): Promise<Named> {
  const [first] = args;
  const agentId = typeof first === 'object' && first !== null && 'agentId' in first && typeof first.agentId === 'string' ? first.agentId : undefined;
  const entry = agentId === undefined ? undefined : await services.fleet.use((_manager, { conversations }) => conversations.get(agentId));
  return entry ?? oneAgent(services, args.slice(0, 1), { placeHolder: 'Resume which agent?', accept: isFinished });
}

interface EntryPick extends vscode.QuickPickItem {
  readonly entry: ConversationEntry;
}

async function askEntry({ fleet }: Services): Promise<Named> {
  const alive = new Set(fleet.snapshot.agents.filter((agent) => !isFinished(agent)).map(({ agentId }) => agentId));
  const entries = (await fleet.use((_manager, { conversations }) => conversations.list())).filter(({ agentId, conversations }) => !alive.has(agentId) && conversations.length > 0);
  const items = entries.map((entry) => pickOf(entry, fleet.iconOf(entry.aiProvider), Date.now()));
  if (items.length === 0) {
    void vscode.window.showInformationMessage('There is no conversation to resume: agents that run are not listed, and a CLI must have told the id of its conversation.');
    throw cancelled();
  }
  const chosen = await vscode.window.showQuickPick(items, { title: 'Resume Agent', placeHolder: 'Continue which conversation?', matchOnDescription: true, matchOnDetail: true });
  if (chosen === undefined) throw cancelled();
  return chosen.entry;
}

function pickOf(entry: ConversationEntry, icon: string | undefined, now: number): EntryPick {
  const at = entry.conversations.at(-1)?.at;
  const about = [entry.aiProvider, runtimeLabel(entry.runtimeId), lastName(entry.workingDirectory), at === undefined ? '' : spokenAge(new Date(at).toISOString(), now)];
  return {
    entry,
    label: oneLine(entry.name, 60),
    description: about.filter((part) => part !== '').join(' · '),
    ...(entry.taskTitle === '' ? {} : { detail: oneLine(entry.taskTitle) }),
    iconPath: new vscode.ThemeIcon(icon ?? 'debug-restart'),
  };
}
