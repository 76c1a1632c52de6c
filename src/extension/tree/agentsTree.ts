// The Agents view: gives VS Code the tree model, and redraws only the rows that changed.
import * as vscode from 'vscode';
import { DisposableStore, toDisposable } from '../../base/disposable.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { agentKey, isFinished } from '../agentKey.ts';
import type { Fleet } from '../fleet.ts';
import { ContextKeys, Views } from '../ids.ts';
import { countWords } from '../inbox/inboxWords.ts';
import { treeItem } from './agentItem.ts';
import { agentOfPart, OTHERS, type AgentParts, type OtherRows, type PartRow } from './agentParts.ts';
import { agentTooltip } from './agentWords.ts';
import { buildTree, changedNodes, indexTree, type GroupBy, type TreeNode } from './model.ts';
import { shownState } from './shownState.ts';

/** What VS Code holds for a row and hands to commands: the same object for as long as the row lives. */
export interface TreeElement {
  readonly kind: TreeNode['kind'] | PartRow['kind'];
  readonly key: string;
}

/** Milliseconds between looks at the ages shown; only while the view is seen and has agents. */
const AGE_STEP_MS = 60_000;

export interface AgentsTreeOptions {
  readonly fleet: Fleet;
  readonly groupBy: () => GroupBy;
  /** Told when listing cannot even begin (settings at fault). */
  readonly onFault: (error: unknown) => void;
  /** What is below agents. */
  readonly parts: AgentParts;
  /** What is behind the agents. */
  readonly others: OtherRows;
}

export class AgentsTree implements vscode.TreeDataProvider<TreeElement>, Disposable {
  readonly #options: AgentsTreeOptions;
  readonly #owned = new DisposableStore();
  readonly #changed = new vscode.EventEmitter<TreeElement | TreeElement[] | undefined>();
  readonly #elements = new Map<string, TreeElement>();
  /** The rows below agents that are open, by id, each with the row that it is below. */
  readonly #parts = new Map<string, { readonly row: PartRow; readonly parent: string }>();
  /** The context keys as they were last set. */
  readonly #contexts = new Map<string, boolean>();
  readonly view: vscode.TreeView<TreeElement>;
  #roots: TreeNode[] = [];
  #index = indexTree([]);
  #ageTimer: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(options: AgentsTreeOptions) {
    this.#options = options;
    this.view = this.#owned.add(vscode.window.createTreeView(Views.agents, { treeDataProvider: this, canSelectMany: true, showCollapseAll: true }));
    this.#owned.add(options.fleet.onDidChange(() => this.update()));
    this.#owned.add(this.view.onDidChangeVisibility(() => this.update()));
    this.#owned.add(this.view.onDidCollapseElement(({ element }) => this.#partsClosed(element)));
    this.#owned.add(options.parts.onDidChangeParts((key) => this.#redrawParts(key)));
    this.#owned.add(options.others.onDidChangeRows(() => this.#redrawOthers()));
    this.#owned.add(this.#changed);
    this.#owned.add(toDisposable(() => clearInterval(this.#ageTimer)));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** The agents that are selected in the view. */
  get selection(): AgentInfo[] {
    return this.view.selection.flatMap((element) => this.#options.fleet.find(element.key) ?? []);
  }

  /** Takes over what the fleet knows now, and redraws what differs. */
  update(): void {
    if (!this.#options.fleet.isStarted) return;
    const before = this.#roots;
    this.#roots = buildTree(this.#options.fleet.snapshot, this.#options.groupBy(), Date.now());
    this.#index = indexTree(this.#roots);
    const changed = changedNodes(before, this.#roots);
    if (changed === 'all') this.#changed.fire(undefined);
    else if (changed.length > 0) this.#changed.fire(changed.flatMap((id) => this.#elements.get(id) ?? []));
    for (const id of this.#parts.keys()) if (agentOfPart(id) !== OTHERS && !this.#index.has(agentOfPart(id))) this.#parts.delete(id);
    for (const id of this.#elements.keys()) if (!this.#index.has(id) && !this.#parts.has(id)) this.#elements.delete(id);
    this.#showFrame();
  }

  async getChildren(element?: TreeElement): Promise<TreeElement[]> {
    if (element === undefined) {
      try {
        await this.#options.fleet.somethingKnown();
      } catch (error) {
        this.#options.onFault(error);
        // The welcome is what a person can go on from.
        this.#setContext(ContextKeys.nothingToShow, true);
        return [];
      }
      this.#roots = buildTree(this.#options.fleet.snapshot, this.#options.groupBy(), Date.now());
      this.#index = indexTree(this.#roots);
      this.#showFrame();
      return [...this.#roots.map((node) => this.#element(node)), ...this.#below(this.#options.others.rows(), OTHERS)];
    }
    const node = this.#index.get(element.key)?.node;
    if (node?.kind === 'group') return node.children.map((child) => this.#element(child));
    if (node?.kind === 'agent') return this.#below(await this.#options.parts.parts(node.agent), element.key);
    return this.#below(this.#parts.get(element.key)?.row.children ?? [], element.key);
  }

  getTreeItem(element: TreeElement): vscode.TreeItem {
    const part = this.#parts.get(element.key);
    if (part !== undefined) return part.row.item();
    const node = this.#index.get(element.key)?.node;
    return node === undefined ? new vscode.TreeItem('') : treeItem(node, Date.now(), (agent) => this.#options.parts.hasParts(agent));
  }

  resolveTreeItem(item: vscode.TreeItem, element: TreeElement): vscode.TreeItem {
    const node = this.#index.get(element.key)?.node;
    if (node?.kind === 'agent') item.tooltip = agentTooltip(node, Date.now());
    return item;
  }

  getParent(element: TreeElement): TreeElement | undefined {
    const parent = this.#parts.get(element.key)?.parent ?? this.#index.get(element.key)?.parent;
    if (parent !== undefined && this.#parts.has(parent)) return this.#elements.get(parent);
    const node = parent === undefined ? undefined : this.#index.get(parent)?.node;
    return node === undefined ? undefined : this.#element(node);
  }

  /** Selects an agent's row, if the view is open. */
  async reveal(key: string): Promise<void> {
    const node = this.#index.get(key)?.node;
    if (node === undefined || !this.view.visible) return;
    await this.view.reveal(this.#element(node), { select: true, focus: false });
  }

  #element({ id, kind }: Pick<TreeNode | PartRow, 'id' | 'kind'>): TreeElement {
    const element = this.#elements.get(id) ?? { kind, key: id };
    this.#elements.set(id, element);
    return element;
  }

  #below(rows: readonly PartRow[], parent: string): TreeElement[] {
    for (const [id, part] of this.#parts) if (part.parent === parent && !rows.some((row) => row.id === id)) this.#dropPart(id);
    return rows.map((row) => {
      this.#parts.set(row.id, { row, parent });
      return this.#element(row);
    });
  }

  #dropPart(id: string): void {
    this.#parts.delete(id);
    this.#elements.delete(id);
  }

  #redrawParts(key: string): void {
    const agent = this.#elements.get(key);
    if (agent !== undefined) this.#changed.fire(agent);
  }

  /** Only they, unless there are some now where there were none, or none any more. */
  #redrawOthers(): void {
    const before = [...this.#parts.values()].filter(({ parent }) => parent === OTHERS).length;
    const rows = this.#below(this.#options.others.rows(), OTHERS);
    if (rows.length !== before) this.#changed.fire(undefined);
    else if (rows.length > 0) this.#changed.fire(rows);
    this.#showFrame();
  }

  #partsClosed({ kind, key }: TreeElement): void {
    if (kind === 'agent') this.#options.parts.closed(key).catch(this.#options.onFault);
  }

  /** The badge, the context keys, and the timer for ages. */
  #showFrame(): void {
    const { agents, runtimes, statuses } = this.#options.fleet.snapshot;
    const waiting = agents.filter((agent) => shownState(agent, statuses?.get(agentKey(agent))).state === 'waiting').length;
    this.view.badge = waiting === 0 ? undefined : { value: waiting, tooltip: countWords(waiting) };
    this.#setContext(ContextKeys.hasWaiting, waiting > 0);
    this.#setContext(ContextKeys.nothingToShow, this.#options.fleet.hasAnswered && this.#roots.length === 0 && this.#options.others.rows().length === 0);
    this.#setContext(ContextKeys.hasAgents, agents.length > 0);
    this.#setContext(ContextKeys.hasFinished, agents.some(isFinished));
    this.#setContext(ContextKeys.dockerUnavailable, runtimes.some(({ error }) => error?.reason === 'docker-unavailable'));
    this.#setContext(ContextKeys.tmuxMissing, runtimes.some(({ error }) => error?.reason === 'tmux-missing'));
    const wanted = this.view.visible && agents.length > 0;
    if (wanted) this.#ageTimer ??= setInterval(() => this.update(), AGE_STEP_MS);
    else {
      clearInterval(this.#ageTimer);
      this.#ageTimer = undefined;
    }
  }

  #setContext(key: string, value: boolean): void {
    if (this.#contexts.get(key) === value) return;
    this.#contexts.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}
