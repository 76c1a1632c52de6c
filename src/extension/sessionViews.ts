// What is shown of sessions: timelines, replays, comparisons; and the recorder beneath. A bundle of its own, loaded when agents are first shown or a command asks for it.
import { join } from 'node:path';
import type * as vscode from 'vscode';
import * as z from 'zod';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { AgentsError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Managed } from '../runner/createRuntimeManager.ts';
import { recordSessions, type RecordOptions } from '../runner/recordSessions.ts';
import { sessionsFolder, sessionsOf } from '../sessions/recorder/sessionFolders.ts';
import { hasRecording } from '../sessions/timeline/readCast.ts';
import { BestOf } from './bestOf/bestOf.ts';
import { CommitDocuments } from './panels/commitDocuments.ts';
import { PanelHost, type PanelWish } from './panels/panelHost.ts';
import { PanelTypes } from './panels/panelPage.ts';
import { seekReplay, serveReplay } from './panels/replayPanel.ts';
import { askWhose } from './panels/sessionPicker.ts';
import { serveTimeline, type TimelineSubject } from './panels/timelinePanel.ts';
import type { Services } from './services.ts';

const State = z.object({ agentId: z.string(), sessionId: z.string(), groupId: z.string(), name: z.string() }).partial();

/** Records the agents of a face; see `recordSessions`. */
export function record(managed: Managed, options: RecordOptions, log: Log): Disposable {
  return recordSessions(managed, { ...options, log });
}

export class SessionViews implements Disposable {
  readonly #services: Services;
  readonly #folder = sessionsFolder();
  readonly #owned = new DisposableStore();
  readonly #timelines: PanelHost;
  readonly #replays: PanelHost;
  readonly #commits: CommitDocuments;
  readonly bestOf: BestOf;

  constructor(services: Services) {
    this.#services = services;
    this.#timelines = this.#owned.add(new PanelHost('timeline', services.extensionPath));
    this.#replays = this.#owned.add(new PanelHost('replay', services.extensionPath));
    this.#commits = this.#owned.add(new CommitDocuments());
    this.bestOf = this.#owned.add(new BestOf({ services, sessions: this.#folder }));
  }

  /** Of the agent that is named, or that a person picks: also of one that is gone. Resolves with its id. */
  async showTimeline(args: readonly unknown[]): Promise<string> {
    const subject = await askWhose(this.#services, this.#folder, args, 'Show the timeline of which agent?', () => true);
    await this.#services.fleet.start();
    this.#timelines.open(this.#timeline(subject));
    return subject.agentId;
  }

  /** The latest session's terminal. */
  async replay(args: readonly unknown[]): Promise<string> {
    const recorded = (agentId: string): string | undefined => sessionsOf(this.#folder, agentId).findLast((sessionId) => hasRecording(join(this.#folder, sessionId)));
    const { agentId, name } = await askWhose(this.#services, this.#folder, args, 'Replay the terminal of which agent?', (id) => recorded(id) !== undefined);
    const sessionId = recorded(agentId);
    if (sessionId === undefined) throw new AgentsError('not-found', `Nothing was recorded of the terminal of "${name}".`, { hint: 'Recording is the setting tmuxAgents.sessions.record.' });
    this.#openReplay(sessionId, name, undefined);
    return sessionId;
  }

  /** Takes a panel that VS Code has kept over a reload. */
  async restore(panel: vscode.WebviewPanel, written: unknown): Promise<void> {
    const { agentId, sessionId, groupId, name = '' } = State.parse(written ?? {});
    if (panel.viewType === PanelTypes.timeline && agentId !== undefined) {
      this.#timelines.adopt(panel, this.#timeline({ agentId, name }));
      await this.#services.fleet.start();
    } else if (panel.viewType === PanelTypes.replay && sessionId !== undefined && /^[A-Za-z0-9][A-Za-z0-9_.~-]*$/.test(sessionId)) this.#replays.adopt(panel, this.#replayOf(sessionId, name, undefined));
    else if (panel.viewType === PanelTypes.comparison && groupId !== undefined) await this.bestOf.restore(panel, groupId);
    else panel.dispose();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #timeline(subject: TimelineSubject): PanelWish {
    const parts = { services: this.#services, folder: this.#folder, commits: this.#commits, replay: (sessionId: string, name: string, at: number | undefined) => this.#openReplay(sessionId, name, at) };
    return { key: subject.agentId, title: `Timeline: ${subject.name}`, state: { ...subject }, serve: (panel, owned) => serveTimeline(panel, owned, subject, parts) };
  }

  #openReplay(sessionId: string, name: string, at: number | undefined): void {
    const known = this.#replays.find(sessionId);
    this.#replays.open(this.#replayOf(sessionId, name, at));
    if (known !== undefined && at !== undefined) seekReplay(known, join(this.#folder, sessionId), at);
  }

  #replayOf(sessionId: string, name: string, at: number | undefined): PanelWish {
    return { key: sessionId, title: `Replay: ${name}`, state: { sessionId, name }, keep: true, serve: (panel) => serveReplay(panel, { sessionId, name, at }, this.#folder, this.#services) };
  }
}
