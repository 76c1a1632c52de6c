// One agent's timeline in a panel: reads its journal while it is written, and leads from an entry to what it is about.
import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import type { DisposableStore } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { FromTimeline, type TimelineHead, type ToTimeline } from '../../protocol/panelMessages.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import type { TimelineEntry } from '../../protocol/timelineEntry.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { hasRecording } from '../../sessions/timeline/readCast.ts';
import { SessionFollower } from '../../sessions/timeline/followSessions.ts';
import { Timeline } from '../../protocol/timeline/timeline.ts';
import { isFinished } from '../agentKey.ts';
import { Commands } from '../ids.ts';
import type { Services } from '../services.ts';
import { showError } from '../showError.ts';
import { oneLine } from '../shownText.ts';
import { shownState, stateLabels } from '../tree/shownState.ts';
import type { CommitDocuments } from './commitDocuments.ts';

export interface TimelineSubject {
  readonly agentId: string;
  readonly name: string;
}

export interface TimelinePanelParts {
  readonly services: Services;
  /** Holds the sessions' folders. */
  readonly folder: string;
  readonly commits: CommitDocuments;
  /** Opens the replay of a session at a moment (Unix time in ms), or at its beginning. */
  readonly replay: (sessionId: string, name: string, at: number | undefined) => void;
}

/** What it does now, in a word and a tone. */
export function stateWord(agent: AgentInfo | undefined, services: Pick<Services, 'fleet'>): Pick<TimelineHead, 'state' | 'tone'> {
  if (agent === undefined) return { state: 'gone', tone: 'none' };
  const shown = shownState(agent, services.fleet.statusOf(agent));
  const tones: Readonly<Partial<Record<typeof shown.state, TimelineHead['tone']>>> = { waiting: 'wait', error: 'bad', failed: 'bad', working: 'busy', starting: 'busy', idle: 'good' };
  const tone = shown.state === 'exited' ? (shown.inOrder === true ? 'good' : 'bad') : (tones[shown.state] ?? 'none');
  return { state: shown.state === 'exited' ? shown.text : stateLabels[shown.state], tone };
}

function folderOf({ cwd }: { readonly cwd: string | undefined }): string {
  if (cwd !== undefined) return cwd;
  throw new AgentsError('not-found', 'Nobody knows any more in which folder this agent worked.');
}

/** Serves a panel's page until the panel is closed. */
export function serveTimeline(panel: vscode.WebviewPanel, owned: DisposableStore, subject: TimelineSubject, parts: TimelinePanelParts): void {
  const { services, folder, replay } = parts;
  const { agentId } = subject;
  let timeline = new Timeline();
  let follower: SessionFollower | undefined;
  let head = '';
  let latest: string | undefined;
  const facts = { cwd: undefined as string | undefined, provider: '', task: '', name: subject.name };

  const agentNow = (): AgentInfo | undefined => services.fleet.snapshot.agents.find((agent) => agent.agentId === agentId);
  const post = (message: ToTimeline): void => void panel.webview.postMessage(message);
  const tellHead = (): void => {
    const agent = agentNow();
    const now: TimelineHead = {
      agentId,
      name: agent?.name ?? facts.name,
      provider: agent?.aiProvider ?? facts.provider,
      task: oneLine(agent?.task ?? facts.task),
      ...stateWord(agent, services),
      replay: latest !== undefined && hasRecording(join(folder, latest)),
      live: agent !== undefined && !isFinished(agent),
    };
    const text = JSON.stringify(now);
    if (text === head) return;
    head = text;
    panel.title = `Timeline: ${oneLine(now.name, 40)}`;
    post({ type: 'head', head: now });
  };
  const note = (event: RunnerEvent): void => {
    latest = event.sessionId;
    if (event.type === 'SESSION_STARTED') [facts.cwd, facts.provider] = [event.workspacePath, event.providerId];
    if (event.type === 'PROVIDER_EVENT_FORWARDED' && event.providerEvent['kind'] === 'agent') [facts.name, facts.task] = [String(event.providerEvent['name']), String(event.providerEvent['task'])];
  };

  /** The page is new, or was made anew: it gets everything. */
  const begin = async (): Promise<void> => {
    follower?.dispose();
    timeline = new Timeline();
    head = '';
    let first = true;
    const mine = timeline;
    const opened = await SessionFollower.open({
      folder,
      agentId,
      log: services.log,
      onEvents(events) {
        if (mine !== timeline) return;
        const changed = new Map<string, TimelineEntry>();
        for (const event of events) {
          note(event);
          for (const entry of mine.take(event)) changed.set(entry.id, entry);
        }
        if (first) post({ type: 'entries', entries: [...mine.entries], complete: true });
        else if (changed.size > 0) post({ type: 'entries', entries: [...changed.values()], complete: false });
        first = false;
        tellHead();
      },
    });
    if (mine !== timeline || owned.isDisposed) return opened.dispose();
    follower = opened;
    if (first) post({ type: 'entries', entries: [], complete: true });
    first = false;
    tellHead();
  };

  const open = async (id: string): Promise<void> => {
    const entry = timeline.entries.find((one) => one.id === id);
    switch (entry?.target?.type) {
      case 'waiting':
        await vscode.commands.executeCommand(Commands.attach, { agentId });
        break;
      case 'moment':
        if (hasRecording(join(folder, entry.sessionId))) replay(entry.sessionId, facts.name, entry.ts);
        break;
      case 'commit':
        await parts.commits.show(folderOf(facts), entry.target.sha);
        break;
      case 'changes':
        await (await services.review.open()).showFolder({ folder: folderOf(facts), name: facts.name, since: timeline.head });
        break;
      case 'file': {
        const path = isAbsolute(entry.target.path) ? entry.target.path : join(facts.cwd ?? '', entry.target.path);
        await vscode.window.showTextDocument(vscode.Uri.file(path));
        break;
      }
      case undefined:
        break;
    }
  };

  owned.add(services.fleet.onDidChange(tellHead));
  owned.add({ dispose: () => follower?.dispose() });
  panel.webview.onDidReceiveMessage((raw: unknown) => {
    const message = FromTimeline.safeParse(raw);
    if (!message.success) return services.log.warn(`The timeline's page said what it cannot say: ${messageOf(message.error)}`);
    const work = async (): Promise<void> => {
      switch (message.data.type) {
        case 'ready':
          return begin();
        case 'open':
          return open(message.data.id);
        case 'replay':
          if (latest !== undefined) replay(latest, facts.name, undefined);
          return undefined;
        case 'attach':
          await vscode.commands.executeCommand(Commands.attach, { agentId });
          return undefined;
      }
    };
    work().catch((error: unknown) => showError(error, services.log));
    return undefined;
  });
}
