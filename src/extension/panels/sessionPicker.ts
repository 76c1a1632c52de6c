// Whose session a command is about: the agent that is named, or one that a person picks among those that are there and those that only their journals tell of.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import { forwardedOf } from '../../protocol/forwardedEvent.ts';
import { shortAge } from '../../runtimes/agentText.ts';
import { readJournal } from '../../sessions/journal/readJournal.ts';
import { recordedAgents, sessionsOf } from '../../sessions/recorder/sessionFolders.ts';
import { oneAgent } from '../agentArgument.ts';
import type { Services } from '../services.ts';
import { oneLine } from '../shownText.ts';
import { stateIcon } from '../tree/icons.ts';
import { shownState, spokenState } from '../tree/shownState.ts';
import type { TimelineSubject } from './timelinePanel.ts';

/** Those that are gone are offered so many at most, the latest first. */
const MOST_GONE = 50;

interface WhosePick extends vscode.QuickPickItem {
  readonly subject?: TimelineSubject;
}

/** Throws `cancelled`, or `not-found` when there is nobody. */
export async function askWhose(services: Services, folder: string, args: readonly unknown[], placeHolder: string, accept: (agentId: string) => boolean): Promise<TimelineSubject> {
  const [first] = args;
  const id = typeof first === 'string' ? first : typeof first === 'object' && first !== null && 'agentId' in first && typeof first.agentId === 'string' ? first.agentId : undefined;
  // One that is gone has a journal still.
  if (id !== undefined && id !== 'selection' && sessionsOf(folder, id).length > 0) return { agentId: id, name: services.fleet.snapshot.agents.find(({ agentId }) => agentId === id)?.name ?? (await nameOf(folder, id)) ?? id };
  if (first !== undefined && first !== null) {
    const { agentId, name } = await oneAgent(services, args, { placeHolder });
    return { agentId, name };
  }
  const items = await candidates(services, folder, accept);
  if (items.length === 0) throw new AgentsError('not-found', 'Nothing was recorded of any agent yet.');
  const chosen = await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true });
  if (chosen?.subject === undefined) throw cancelled();
  return chosen.subject;
}

async function candidates({ fleet }: Services, folder: string, accept: (agentId: string) => boolean): Promise<WhosePick[]> {
  await fleet.start();
  const { agents } = fleet.snapshot;
  const live = agents.filter(({ agentId }) => accept(agentId)).map((agent): WhosePick => {
    const shown = shownState(agent, fleet.statusOf(agent));
    return { label: agent.name, description: [agent.aiProvider, spokenState(shown)].join(' · '), ...(agent.task === '' ? {} : { detail: agent.task }), iconPath: stateIcon(shown), subject: { agentId: agent.agentId, name: agent.name } };
  });
  const ids = recordedAgents(folder).filter((agentId) => !agents.some((agent) => agent.agentId === agentId) && accept(agentId));
  const latest = ids.map((agentId) => ({ agentId, at: statSync(join(folder, agentId), { throwIfNoEntry: false })?.mtimeMs ?? 0 })).sort((one, other) => other.at - one.at).slice(0, MOST_GONE);
  const gone = await Promise.all(latest.map(async ({ agentId, at }): Promise<WhosePick> => {
    const name = (await nameOf(folder, agentId)) ?? agentId;
    return { label: oneLine(name, 60), description: `gone · ${shortAge(new Date(at).toISOString(), Date.now())}`, iconPath: new vscode.ThemeIcon('history'), subject: { agentId, name } };
  }));
  return gone.length === 0 ? live : [...live, { label: 'Gone', kind: vscode.QuickPickItemKind.Separator }, ...gone];
}

/** As it was called when its recording began. */
async function nameOf(folder: string, agentId: string): Promise<string | undefined> {
  for await (const event of readJournal(join(folder, agentId), 1, { limit: 2 })) {
    const forwarded = event.type === 'PROVIDER_EVENT_FORWARDED' ? forwardedOf(event.providerEvent) : undefined;
    if (forwarded?.kind === 'agent') return forwarded.name;
  }
  return undefined;
}
