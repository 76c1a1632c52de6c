// One group's comparison in a panel: what is known of each attempt, looked up anew when something changed, and the acts of its buttons.
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import type { AttemptGroup } from '../../protocol/attemptGroup.ts';
import { FromComparison, type ToComparison } from '../../protocol/panelMessages.ts';
import type { AttemptStore } from '../../runner/attempts/attemptStore.ts';
import { pickAttempt } from '../../runner/attempts/pickAttempt.ts';
import { commandText, testAttempt, testCommandOf } from '../../runner/attempts/testAttempt.ts';
import { viewAttempts } from '../../runner/attempts/viewAttempts.ts';
import type { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import { isFinished } from '../agentKey.ts';
import { Commands } from '../ids.ts';
import { stateWord } from '../panels/timelinePanel.ts';
import type { Services } from '../services.ts';
import { showError } from '../showError.ts';

export interface ComparisonParts {
  readonly services: Services;
  readonly sessions: string;
  readonly store: AttemptStore;
  readonly records: WorkspaceStore;
}

/** Milliseconds in which changes of the agents lead to one look: each runs git in every workspace. */
const GATHER_MS = 1_000;

export class ComparisonPanel implements Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #groupId: string;
  readonly #parts: ComparisonParts;
  readonly #owned = new DisposableStore();
  readonly #testing = new Set<string>();
  readonly #ended = new AbortController();
  #busy: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #states = '';
  #looking: Promise<void> = Promise.resolve();

  constructor(panel: vscode.WebviewPanel, groupId: string, parts: ComparisonParts) {
    this.#panel = panel;
    this.#groupId = groupId;
    this.#parts = parts;
    const { services, store } = parts;
    panel.webview.onDidReceiveMessage((raw: unknown) => this.#heard(raw));
    this.#owned.add(services.fleet.onDidChange(() => this.#onFleet()));
    this.#owned.add(store.watch((id) => id === groupId && this.#soon()));
    panel.onDidChangeViewState(() => panel.visible && this.#soon());
  }

  dispose(): void {
    this.#ended.abort();
    clearTimeout(this.#timer);
    this.#owned.dispose();
  }

  /** Only a change of these agents is worth a look. */
  #onFleet(): void {
    const group = this.#parts.store.read(this.#groupId);
    const states = JSON.stringify(group?.attempts.map(({ agentId }) => this.#stateOf(agentId)));
    if (states === this.#states) return;
    this.#states = states;
    this.#soon();
  }

  #soon(): void {
    if (this.#owned.isDisposed || !this.#panel.visible) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#look();
    }, GATHER_MS);
  }

  /** One after the other, so that the page never goes back. */
  #look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#lookNow()).catch((error: unknown) => this.#parts.services.log.warn(`The attempts cannot be compared: ${messageOf(error)}`));
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    const { store, sessions, records, services } = this.#parts;
    const group = store.require(this.#groupId);
    const command = this.#testCommand(group.folder);
    const attempts = await viewAttempts(group, { sessions, records, stateOf: (agentId) => this.#stateOf(agentId), testing: this.#testing, log: services.log });
    const message: ToComparison = {
      type: 'group',
      groupId: group.id,
      task: group.task,
      attempts: [...attempts],
      picked: group.attempts.some(({ outcome }) => outcome === 'picked') && !unfinished(group),
      ...(command === undefined ? {} : { testCommand: commandText(command) }),
      ...(this.#busy === undefined ? {} : { busy: this.#busy }),
    };
    if (!this.#owned.isDisposed) void this.#panel.webview.postMessage(message);
  }

  /** None where the project's file cannot be read: what is wrong with it is told when somebody makes a workspace. */
  #testCommand(folder: string): ReturnType<typeof testCommandOf> {
    try {
      return testCommandOf(folder);
    } catch (error) {
      this.#parts.services.log.warn(messageOf(error));
      return undefined;
    }
  }

  #stateOf(agentId: string): ReturnType<typeof stateWord> & { readonly live: boolean } {
    const agent = this.#parts.services.fleet.snapshot.agents.find((one) => one.agentId === agentId);
    return { ...stateWord(agent, this.#parts.services), live: agent !== undefined && !isFinished(agent) };
  }

  #heard(raw: unknown): void {
    const { log } = this.#parts.services;
    const message = FromComparison.safeParse(raw);
    if (!message.success) return log.warn(`The comparison's page said what it cannot say: ${messageOf(message.error)}`);
    this.#act(message.data).catch((error: unknown) => showError(error, log));
  }

  async #act(message: FromComparison): Promise<void> {
    const { store, records, services } = this.#parts;
    switch (message.type) {
      case 'ready':
      case 'refresh':
        return this.#look();
      case 'test':
        return this.#test(message.agentId);
      case 'attach':
        return void (await vscode.commands.executeCommand(Commands.attach, { agentId: message.agentId }));
      case 'timeline':
        return void (await vscode.commands.executeCommand(Commands.showTimeline, { agentId: message.agentId }));
      case 'changes': {
        const attempt = store.require(this.#groupId).attempts.find(({ agentId }) => agentId === message.agentId);
        const record = records.read(attempt?.workspaceId ?? '');
        if (attempt === undefined || record === undefined) throw new AgentsError('not-found', 'This attempt has no workspace any more.');
        return void (await (await services.review.open()).showFolder({ folder: record.path, name: attempt.label }));
      }
      case 'pick':
        return this.#pick(message.agentId);
    }
  }

  /** Of one attempt, or of all that are not archived, one after the other: they share the machine. */
  async #test(wanted: string | undefined): Promise<void> {
    const { store, records, services } = this.#parts;
    if (!vscode.workspace.isTrusted) return void (await vscode.commands.executeCommand('workbench.trust.manage'));
    const group = store.require(this.#groupId);
    const command = testCommandOf(group.folder);
    if (command === undefined) return;
    const chosen = group.attempts.filter(({ agentId, outcome, workspaceId }) => (wanted === undefined || agentId === wanted) && outcome !== 'archived' && workspaceId !== undefined && !this.#testing.has(agentId));
    for (const { agentId } of chosen) this.#testing.add(agentId);
    await this.#look();
    for (const { agentId } of chosen) {
      await testAttempt(group, agentId, command, { records, store, signal: this.#ended.signal })
        .catch((error: unknown) => showError(error, services.log))
        .finally(() => this.#testing.delete(agentId));
      await this.#look();
    }
  }

  async #pick(agentId: string): Promise<void> {
    const { store, records, services } = this.#parts;
    const group = store.require(this.#groupId);
    const [picked, others] = [group.attempts.find((one) => one.agentId === agentId), group.attempts.filter((one) => one.agentId !== agentId && one.error === undefined && one.outcome !== 'archived')];
    const detail = 'Their agents are ended. Nothing that they did is lost: commits stay on their branches, what is not committed is saved, and their folders are kept.';
    if (asksFirst() && (await vscode.window.showWarningMessage(`Pick ${picked?.label ?? agentId} and archive ${others.map(({ label }) => label).join(', ')}?`, { modal: true, detail }, 'Pick')) !== 'Pick') return;
    try {
      this.#busy = 'Archiving the others…';
      await this.#look();
      await services.fleet.use((manager) => pickAttempt(this.#groupId, agentId, { manager, records, store }));
    } finally {
      this.#busy = undefined;
      await this.#look();
    }
  }
}

function unfinished({ attempts }: AttemptGroup): boolean {
  return attempts.some(({ outcome, error }) => outcome === undefined && error === undefined);
}

/** The same wish as for killing: to be asked once. */
function asksFirst(): boolean {
  return vscode.workspace.getConfiguration('tmuxAgents').get('kill.confirm', true);
}
