// Follows one agent: its pane's bytes, its screen and its process become observations, and the reducer's decision becomes an event.
import { Backoff } from '../../base/backoff.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { pause } from '../../base/wait.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import { agentPaneId, type Found } from '../../runtimes/agentPane.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { TmuxService } from '../../tmux/tmuxService.ts';
import type { PaneId } from '../../tmux/types.ts';
import type { HookReport } from './hookReport.ts';
import { lastReports } from './lastReports.ts';
import { evidenceOf, type Observation, type ProviderSignals } from './observation.ts';
import { OutputScanner, type OutputEvent } from './outputScanner.ts';
import { processObservation, unreachableObservation } from './processSource.ts';
import { advance, newStatusModel, nextDeadline, observe, type StatusModel } from './reducer.ts';
import { readScreen } from './readScreen.ts';
import { greetPane, rememberStatus } from './remembered.ts';
import { screenKey } from './screenMatch.ts';
import { RELAXED, ScreenSampler, WATCHFUL } from './screenSampler.ts';
import type { ScreenMatch } from './screenTypes.ts';
import type { SignalReader } from './signalReader.ts';

/** A source of its own (a channel, a status file) that is followed while the agent runs. */
export type ExtraSource = (agent: AgentInfo, take: (observation: Observation) => void) => Disposable;

export interface WatchOptions {
  readonly manager: RuntimeManager;
  readonly signals: ProviderSignals | undefined;
  readonly reader: SignalReader;
  readonly extras?: readonly ExtraSource[];
  /** False for a look that does not stay: nothing is written down. */
  readonly remembers: boolean;
  readonly log?: Log;
}

/** Milliseconds that a look waits for what is about to be decided. */
const RIPE_MS = 1_000;

/** Milliseconds between two writings of the decision. */
const REMEMBER_MS = 2_000;

interface Look {
  readonly match: ScreenMatch | undefined;
}

type Attached = Found<PaneId>;

export class AgentWatch implements Disposable {
  readonly #options: WatchOptions;
  readonly #log: Log;
  readonly #changed = new Emitter<{ readonly status: AgentStatus; readonly before: AgentStatus | undefined }>();
  readonly #reported = new Emitter<HookReport>();
  readonly #conversed = new Emitter<{ readonly conversation: string; readonly at: number }>();
  readonly #backoff = new Backoff({ firstMs: 250, longestMs: 30_000 });
  readonly #sampler: ScreenSampler<Look>;
  #scanner = new OutputScanner();
  #agent: AgentInfo;
  #model: StatusModel;
  #conversation: string | undefined;
  #attached: Attached | undefined;
  #attaching: Promise<void> | undefined;
  #recovering: Promise<void> | undefined;
  #following: DisposableStore | undefined;
  #title = '';
  #printed = false;
  #unreachable: AgentsError | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #remembering: NodeJS.Timeout | undefined;
  #rememberedAt = 0;
  #disposed = false;

  constructor(agent: AgentInfo, options: WatchOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#agent = agent;
    this.#conversation = agent.conversation;
    const startedAt = Date.parse(agent.createdAt);
    const now = Date.now();
    this.#model = newStatusModel(options.signals, { now, tells: options.reader.tells, startedAt: Number.isNaN(startedAt) ? now : Math.min(now, startedAt) });
    this.#sampler = new ScreenSampler<Look>({
      look: () => this.#look(),
      keyOf: ({ match }) => screenKey(match),
      settled: (look) => this.#settled(look),
      failed: (error) => this.#log.debug(`${agent.agentId}: its screen cannot be seen: ${messageOf(error)}`),
    });
    this.update(agent);
    this.#arm();
  }

  readonly onDidChange = this.#changed.event;
  readonly onDidReport = this.#reported.event;
  readonly onDidTellConversation = this.#conversed.event;

  get agent(): AgentInfo {
    return this.#agent;
  }

  get model(): StatusModel {
    return this.#model;
  }

  get status(): AgentStatus {
    return this.#model.status;
  }

  /** Takes what a listing or an event says of the agent's process. */
  update(agent: AgentInfo): void {
    this.#agent = agent;
    this.take(this.#unreachable === undefined || agent.status === 'exited' ? processObservation(agent, Date.now()) : unreachableObservation(this.#unreachable, Date.now()));
    // The connection may be another one since the place was out of reach.
    if (agent.status === 'running' && this.#attached !== undefined && this.#tmux() !== this.#attached.tmux) this.#detach();
    if (agent.status === 'running') void this.#attach();
    else if (agent.status !== 'unknown') this.#detach();
  }

  /** Its place went away, or came back. */
  setUnreachable(error: AgentsError | undefined): void {
    if (this.#unreachable?.message === error?.message) return;
    this.#unreachable = error;
    this.update(this.#agent);
  }

  /** Takes what a source says. */
  take(observation: Observation): void {
    if (this.#disposed) return;
    this.#apply(observe(this.#model, observation), observation.source !== 'screen');
    const { conversation } = observation;
    if (conversation === undefined || conversation === this.#conversation) return;
    this.#conversation = conversation;
    this.#conversed.fire({ conversation, at: observation.at });
  }

  /** Looks at everything that can be looked at; resolves when that is done, or failed. */
  async refresh(): Promise<void> {
    if (this.#agent.status !== 'running') return;
    if (this.#attached === undefined) await this.#attach();
    else if (this.#options.reader.hasScreenRules) await this.#sampler.settle();
    const deadline = nextDeadline(this.#model);
    const wait = deadline === undefined ? 0 : deadline - Date.now();
    // A contradiction that ripens in a moment: whoever looks only once would tell the wrong thing.
    if (wait > 0 && wait <= RIPE_MS) await pause(wait + 1);
    this.#apply(advance(this.#model, Date.now()), false);
  }

  /** The screen's lines, taken now. */
  async screen(): Promise<string> {
    const pane = this.#attached ?? (await this.#findPane());
    return (await captureScreen(pane)).join('\n');
  }

  dispose(): void {
    this.#disposed = true;
    this.#detach();
    this.#sampler.dispose();
    clearTimeout(this.#deadline);
    clearTimeout(this.#remembering);
    this.#changed.dispose();
    this.#reported.dispose();
    this.#conversed.dispose();
  }

  #attach(): Promise<void> {
    if (this.#attached !== undefined || this.#disposed) return Promise.resolve();
    clearTimeout(this.#retry);
    this.#attaching ??= this.#attachNow().finally(() => (this.#attaching = undefined));
    return this.#attaching;
  }

  /** Once more where it was let go meanwhile, for another connection. */
  async #attachNow(): Promise<void> {
    do {
      try {
        await this.#follow();
        this.#backoff.reset();
      } catch (error) {
        this.#log.debug(`${this.#agent.agentId}: its pane cannot be followed: ${messageOf(error)}`);
        this.#detach();
        this.#attachLater();
        return;
      }
    } while (this.#attached === undefined && !this.#disposed && this.#agent.status === 'running');
  }

  #attachLater(): void {
    if (this.#disposed || this.#agent.status !== 'running') return;
    this.#retry = setTimeout(() => void this.#attach(), this.#backoff.next());
    this.#retry.unref();
  }

  #tmux(): TmuxService | undefined {
    try {
      return this.#options.manager.getTmux(this.#agent.handle);
    } catch {
      return undefined;
    }
  }

  #findPane(): Promise<Attached> {
    return agentPaneId(this.#options.manager, this.#agent.handle);
  }

  async #follow(): Promise<void> {
    const attached = await this.#findPane();
    if (this.#disposed || this.#agent.status !== 'running') return;
    const { tmux, pane } = attached;
    const following = new DisposableStore();
    this.#attached = attached;
    this.#following = following;
    this.#scanner = new OutputScanner();
    // Kept until what was reported before is known: reports are read in order.
    let early: Buffer[] | undefined = [];
    following.add(tmux.onPaneOutput(pane, (bytes) => (early === undefined ? this.#printedBytes(bytes) : void early.push(bytes))));
    following.add(tmux.onDidLoseOutput(({ panes }) => (panes === undefined || panes.includes(pane)) && this.#recover(attached)));
    await this.#readReports();
    if (following.isDisposed) return;
    for (const extra of this.#options.extras ?? []) following.add(extra(this.#agent, (observation) => this.take(observation)));
    const kept = early;
    early = undefined;
    for (const bytes of kept) this.#printedBytes(bytes);
    await this.#greet(attached);
  }

  /** What its hooks told before anybody listened; where that cannot be read, the other sources tell. */
  async #readReports(): Promise<void> {
    if (this.#agent.hookKey === undefined) return;
    try {
      for (const { at, bytes } of await lastReports(this.#options.manager, this.#agent.handle)) {
        for (const event of new OutputScanner().feed(bytes)) if (event.type === 'hook') this.#event(event, Math.min(at, Date.now()));
      }
    } catch (error) {
      this.#log.debug(`${this.#agent.agentId}: the reports of its hooks cannot be read: ${messageOf(error)}`);
    }
  }

  /** Output is missing: an OSC may be cut, a report or a title gone by unseen. One recovery serves the losses of its time. */
  #recover(attached: Attached): void {
    this.#scanner = new OutputScanner();
    this.#recovering ??= this.#readReports()
      .then(() => this.#greet(attached))
      .catch((error: unknown) => this.#log.debug(`${this.#agent.agentId}: ${messageOf(error)}`))
      .finally(() => (this.#recovering = undefined));
  }

  /** Reads the title and the screen as they are; what was printed before went by unseen. */
  async #greet({ tmux, pane }: Attached): Promise<void> {
    const { title, remembered } = await greetPane(tmux, pane);
    if (this.#disposed || this.#attached?.pane !== pane) return;
    if (remembered !== undefined && this.#model.decided === undefined) this.take(remembered);
    this.#event({ type: 'title', text: title });
    if (this.#options.reader.hasScreenRules) await this.#sampler.settle();
  }

  #detach(): void {
    clearTimeout(this.#retry);
    this.#following?.dispose();
    this.#following = undefined;
    this.#attached = undefined;
    this.#sampler.rest();
  }

  #printedBytes(bytes: Buffer): void {
    this.#printed = true;
    for (const event of this.#scanner.feed(bytes)) this.#event(event);
    if (this.#options.reader.hasScreenRules) this.#sampler.touch();
    else this.#forget();
  }

  #event(event: OutputEvent, at = Date.now()): void {
    if (event.type === 'title') this.#title = event.text;
    const reading = this.#options.reader.read(this.#agent, event, at);
    if (reading === undefined) return;
    if (reading.observation !== undefined) this.take(reading.observation);
    if (reading.report !== undefined) this.#reported.fire(reading.report);
  }

  async #look(): Promise<Look> {
    if (this.#attached === undefined) throw new AgentsError('disconnected', 'The pane is not followed.');
    const lines = await captureScreen(this.#attached);
    return { match: this.#options.reader.match(readScreen(lines.join('\n'), { title: this.#title })) };
  }

  #settled({ match }: Look): void {
    const at = Date.now();
    this.#forget();
    if (match === undefined) this.take({ source: 'screen', at, claim: null, evidence: 'No rule matches.' });
    else this.take({ source: 'screen', at, claim: match.claim, rule: match.rule, evidence: evidenceOf(match.evidence), ...(match.request === undefined ? {} : { request: match.request }) });
  }

  /** What was remembered is over once the pane has printed. */
  #forget(): void {
    const { remembered } = this.#model.sources;
    if (!this.#printed || remembered === undefined || remembered.latest.claim === null) return;
    this.take({ source: 'remembered', at: Date.now(), claim: null, evidence: 'The pane has printed since.' });
  }

  #apply(model: StatusModel, mayHurry: boolean): void {
    const { status: before, deadline } = this.#model;
    this.#model = model;
    const { status } = model;
    if (model.deadline !== deadline) this.#arm();
    if (model.deadline !== deadline || status !== before) this.#sampler.pace = this.#pace();
    if (status === before) return;
    if (mayHurry && this.#attached !== undefined && this.#options.reader.hasScreenRules) this.#sampler.hurry();
    this.#changed.fire({ status, before });
    this.#rememberSoon();
  }

  /** Where a source decides that sees every change, and nobody contradicts it, the screen is looked at seldom. */
  #pace(): typeof WATCHFUL {
    const { status, deadline, signals } = this.#model;
    const seesAll = (status.source === 'channel' || status.source === 'osc7501') && signals.blind?.[status.source]?.includes(status.state) !== true;
    return seesAll && deadline === undefined && status.state !== 'waiting' ? RELAXED : WATCHFUL;
  }

  #arm(): void {
    clearTimeout(this.#deadline);
    const at = nextDeadline(this.#model);
    if (at === undefined || this.#disposed) return;
    this.#deadline = setTimeout(() => {
      this.#apply(advance(this.#model, Date.now()), true);
      if (this.#model.deadline === at) this.#arm();
    }, Math.max(0, at - Date.now()) + 1);
    this.#deadline.unref();
  }

  #rememberSoon(): void {
    if (!this.#options.remembers || this.#remembering !== undefined || this.#disposed || this.#attached === undefined) return;
    const wait = Math.max(0, this.#rememberedAt + REMEMBER_MS - Date.now());
    this.#remembering = setTimeout(() => {
      this.#remembering = undefined;
      this.#remember();
    }, wait);
    this.#remembering.unref();
  }

  #remember(): void {
    const { decided } = this.#model;
    if (this.#disposed || decided === undefined || decided.source === 'remembered' || this.#attached === undefined) return;
    this.#rememberedAt = Date.now();
    rememberStatus(this.#attached.tmux, this.#attached.pane, decided).catch((error: unknown) => this.#log.debug(`${this.#agent.agentId}: its status cannot be written down: ${messageOf(error)}`));
  }
}

/** What the pane shows, scrollback left out, line by line. */
async function captureScreen({ tmux, pane }: Attached): Promise<string[]> {
  return tmux.command(['capture-pane', '-p', '-t', pane]);
}
