// A window at a hub: signed in, its machine's agents told, other machines' agents shown. A bundle of its own, loaded when somebody connects or has connected.
import * as vscode from 'vscode';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { agentKey } from '../agentKey.ts';
import { ContextKeys } from '../ids.ts';
import type { Fleet } from '../fleet.ts';
import type { Services } from '../services.ts';
import { readSetting, writeSetting } from '../settings.ts';
import { oneLine } from '../shownText.ts';
import type { PartRow } from '../tree/agentParts.ts';
import type { KnownAgents } from '../../runner/sharedAgents/recordedFleet.ts';
import { HubAccount, type Account, type AccountStores } from './hubAccount.ts';
import { answer, kill, pickHubAgent, sendPrompt } from './hubActs.ts';
import { HubAgents } from './hubAgents.ts';
import { HubLive } from './hubLive.ts';
import { HubRest } from './hubRest.ts';
import { hubRows } from './hubRows.ts';
import { HubShare } from './hubShare.ts';
import { HubStatusItem, stateWords } from './hubStatusItem.ts';
import { HubTerminal } from './hubTerminal.ts';
import { signIn } from './signIn.ts';

export interface HubViewsParts {
  readonly services: Services;
  readonly stores: AccountStores;
  readonly version: string;
  /** The rows are others than before. */
  readonly changed: () => void;
}

interface Connected {
  readonly account: Account;
  readonly host: string;
  readonly rest: HubRest;
  readonly live: HubLive;
  readonly agents: HubAgents;
  readonly status: HubStatusItem;
  readonly terminals: Map<string, vscode.Terminal>;
  readonly owned: DisposableStore;
  share: HubShare | undefined;
}

/** Milliseconds for which changes of a hub's agents are gathered. */
const GATHER_MS = 200;

export class HubViews implements Disposable {
  readonly #parts: HubViewsParts;
  readonly #accounts: HubAccount;
  readonly #owned = new DisposableStore();
  #now: Connected | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: HubViewsParts) {
    this.#parts = parts;
    this.#accounts = new HubAccount(parts.stores);
    this.#owned.add(toDisposable(() => this.#leave()));
    this.#owned.add(toDisposable(() => clearTimeout(this.#timer)));
    // Another window signs in or out.
    this.#owned.add(this.#accounts.onDidChange(() => void this.resume().catch((error: unknown) => parts.services.log.error(String(error)))));
    this.#owned.add(vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('tmuxAgents.hub.share') && this.#shareAnew()));
  }

  /** Where this window is signed in at already. */
  async resume(): Promise<void> {
    const account = await this.#accounts.read();
    const { account: now } = this.#now ?? {};
    if (this.#owned.isDisposed || (account?.url === now?.url && account?.token === now?.token)) return;
    this.#leave();
    if (account !== undefined) this.#enter(account);
  }

  /** Returns the address; undefined when the person gave up. */
  async connect(given: unknown): Promise<string | undefined> {
    const known = readSetting('hub.url');
    const account = await signIn(given, known === '' ? (this.#now?.account.url ?? '') : known);
    if (account === undefined) return undefined;
    const { url, token, name } = account;
    // Registered anew: what was refused may have been forgotten there.
    if (this.#shared() !== 'nothing') await this.#accounts.keepRunnerId(url, await new HubRest(url, token).register(this.#parts.version));
    this.#leave();
    await this.#accounts.write({ url, token });
    if (known !== url) await writeSetting('hub.url', url);
    if (this.#now === undefined) this.#enter({ url, token });
    this.#parts.services.log.info(`Signed in at ${url} as ${name}.`);
    return url;
  }

  async disconnect(): Promise<void> {
    this.#leave();
    await this.#accounts.forget();
  }

  /** What can be done about the connection: the status bar's click. */
  async menu(): Promise<void> {
    const now = this.#now;
    if (now === undefined) return void (await this.connect(undefined));
    const { live, host, account } = now;
    const items = [
      ...(live.state.state === 'connected' ? [] : [{ label: '$(refresh) Try Again Now', act: () => this.#retry() }]),
      { label: '$(globe) Open the Hub', act: async () => void (await vscode.env.openExternal(vscode.Uri.parse(account.url))) },
      { label: '$(sign-in) Sign In Again', act: async () => void (await this.connect(undefined)) },
      { label: '$(debug-disconnect) Disconnect', act: () => this.disconnect() },
    ];
    const picked = await vscode.window.showQuickPick(items, { title: `Hub ${host}: ${stateWords(live.state)}` });
    await picked?.act();
  }

  /** Returns the hub's id of the agent. */
  async attach(argument: unknown): Promise<string | undefined> {
    const { agents, live, terminals } = this.#connected();
    const agent = await pickHubAgent(agents, argument, 'Open the terminal of which agent?', ({ terminal, connected }) => terminal && connected);
    if (agent === undefined) return undefined;
    if (!agent.terminal) throw new AgentsError('unsupported', `The terminal of ${agent.name} cannot be opened through the hub.`, { hint: agent.ended_at === undefined ? 'Its machine does not share terminals.' : 'It has ended.' });
    const open = terminals.get(agent.id);
    if (open !== undefined && open.exitStatus === undefined) {
      open.show();
      return agent.id;
    }
    const terminal = vscode.window.createTerminal({ name: `${oneLine(agent.name, 60)} (${oneLine(agent.runner_name, 40)})`, pty: new HubTerminal(live, agent.id), iconPath: new vscode.ThemeIcon('cloud') });
    terminals.set(agent.id, terminal);
    terminal.show();
    return agent.id;
  }

  async prompt(argument: unknown, text: unknown): Promise<void> {
    const { agents, rest } = this.#connected();
    const agent = await pickHubAgent(agents, argument, 'Give a prompt to which agent?', isRunning);
    if (agent !== undefined) await sendPrompt(rest, agent, text);
  }

  async answer(argument: unknown): Promise<void> {
    const { agents, rest } = this.#connected();
    const agent = await pickHubAgent(agents, argument, 'Answer which agent?', ({ asks }) => asks.some(({ answerable }) => answerable));
    if (agent !== undefined) await answer(rest, agent);
  }

  async interrupt(argument: unknown): Promise<void> {
    const { agents, rest } = this.#connected();
    const agent = await pickHubAgent(agents, argument, 'Interrupt which agent?', isRunning);
    if (agent !== undefined) await rest.interrupt(agent.id);
  }

  async kill(argument: unknown): Promise<void> {
    const { agents, rest } = this.#connected();
    const agent = await pickHubAgent(agents, argument, 'End which agent?', isRunning);
    if (agent !== undefined) await kill(rest, agent, !(typeof argument === 'object' && argument !== null && 'id' in argument));
  }

  async showDiff(argument: unknown): Promise<void> {
    const { agents, rest } = this.#connected();
    const agent = await pickHubAgent(agents, argument, 'Show the changes of which agent?', () => true);
    if (agent === undefined) return;
    const { diff, cut } = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: `Changes of ${oneLine(agent.name)}` }, () => rest.diff(agent.id));
    const content = diff === '' ? `${agent.name} has changed nothing.\n` : `${diff}${cut ? '\n(The rest is left out: it is long.)\n' : ''}`;
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'diff', content }), { preview: true });
  }

  rows(): readonly PartRow[] {
    const now = this.#now;
    return now === undefined ? [] : hubRows(now.host, now.live.state, now.agents.list(), Date.now());
  }

  /** What the status bar says; empty where nobody is signed in. */
  get text(): string {
    return this.#now?.status.text ?? '';
  }

  get agents(): HubAgents | undefined {
    return this.#now?.agents;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #enter(account: Account): void {
    const { log } = this.#parts.services;
    const owned = new DisposableStore();
    const live = owned.add(new HubLive({ serverUrl: account.url, token: () => Promise.resolve(account.token), log }));
    const agents = new HubAgents((runnerId) => runnerId === this.#accounts.runnerId(account.url));
    const now: Connected = { account, host: new URL(account.url).host, rest: new HubRest(account.url, account.token), live, agents, status: owned.add(new HubStatusItem()), terminals: new Map(), owned, share: undefined };
    this.#now = now;
    owned.add(live.onFrame((frame) => agents.take(frame)));
    owned.add(live.onDidChangeState((state) => {
      if (state.state === 'waiting' || state.state === 'refused') agents.clear();
      this.#changed();
    }));
    owned.add(agents.onDidChange(() => this.#changed()));
    owned.add(vscode.window.onDidCloseTerminal((closed) => {
      for (const [id, terminal] of now.terminals) if (terminal === closed) now.terminals.delete(id);
    }));
    owned.add(toDisposable(() => now.terminals.forEach((terminal) => terminal.dispose())));
    this.#shareAnew();
    live.start();
    void vscode.commands.executeCommand('setContext', ContextKeys.atHub, true);
    this.#changed();
  }

  #leave(): void {
    const now = this.#now;
    if (now === undefined) return;
    this.#now = undefined;
    now.share?.dispose();
    now.owned.dispose();
    void vscode.commands.executeCommand('setContext', ContextKeys.atHub, false);
    this.#changed();
  }

  /** As the setting says now. */
  #shareAnew(): void {
    const now = this.#now;
    if (now === undefined) return;
    const { services, version } = this.#parts;
    const { fleet, log } = services;
    now.share?.dispose();
    now.share = undefined;
    const share = this.#shared();
    if (share !== 'nothing') {
      // What cannot be listed cannot be shared; the view says why.
      void fleet.start().catch((error: unknown) => log.warn(`Agents to share cannot be listed: ${String(error)}`));
      now.share = new HubShare({ account: now.account, accounts: this.#accounts, agents: knownAgents(fleet), terminals: share === 'terminal', version, log });
      now.share.onDidChangeState(() => this.#changed());
    }
    this.#changed();
  }

  /** A setting at fault is told where all are checked; nothing is shared by mistake. */
  #shared(): 'nothing' | 'state' | 'terminal' {
    try {
      return readSetting('hub.share');
    } catch (error) {
      this.#parts.services.log.warn(messageOf(error));
      return 'nothing';
    }
  }

  #retry(): Promise<void> {
    this.#now?.live.start();
    this.#now?.share?.retry();
    return Promise.resolve();
  }

  /** The status bar says it at once, the rows a moment later. */
  #changed(): void {
    const now = this.#now;
    now?.status.show(now.host, now.live.state, now.share?.state);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#parts.changed();
    }, GATHER_MS);
  }

  #connected(): Connected {
    if (this.#now === undefined) throw new AgentsError('disconnected', 'This window is not connected to a hub.', { hint: 'Run "Connect to Hub" first.' });
    return this.#now;
  }
}

function isRunning({ ended_at: endedAt, connected }: { readonly ended_at?: number | undefined; readonly connected: boolean }): boolean {
  return endedAt === undefined && connected;
}

function knownAgents(fleet: Fleet): KnownAgents {
  return {
    list: () => {
      const { agents, queued } = fleet.snapshot;
      return agents.map((agent) => ({ agent, status: fleet.statusOf(agent), queued: queued?.get(agentKey(agent)) ?? 0 }));
    },
    pending: () => fleet.pending,
    onDidChange: fleet.onDidChange,
    use: (work) => fleet.use(work),
  };
}
