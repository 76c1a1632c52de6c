// An agent's terminal for somebody far away: what its screen shows, then what is printed, without secrets; keys and a size the other way.
import { StringDecoder } from 'node:string_decoder';
import { DisposableStore } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { RedactedStream, Redactor } from '../../base/redact.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { TmuxService } from '../../tmux/tmuxService.ts';
import type { PaneId, TmuxPane } from '../../tmux/types.ts';
import type { TerminalSink, TerminalTap } from '../hubLink/ports.ts';

export interface AgentTerminalParts {
  readonly manager: RuntimeManager;
  readonly redactor: Redactor;
  readonly log: Log;
}

let count = 0;

/** Shows it until disposed, or until its agent ends. Fails with `not-found` where there is no terminal. */
export async function openAgentTerminal(agent: AgentInfo, sink: TerminalSink, parts: AgentTerminalParts): Promise<TerminalTap> {
  const terminal = new AgentTerminal(agent, sink, parts);
  await terminal.open();
  return terminal;
}

class AgentTerminal implements TerminalTap {
  readonly #agent: AgentInfo;
  readonly #sink: TerminalSink;
  readonly #parts: AgentTerminalParts;
  readonly #owned = new DisposableStore();
  readonly #tmux: TmuxService;
  readonly #decoder = new StringDecoder('utf8');
  #stream: RedactedStream;
  #pane: PaneId | undefined;
  /** `seeing`: what is printed is on the screen that is being looked at. Then it is kept until that was shown. */
  #mode: 'seeing' | 'keeping' | 'live' = 'seeing';
  #kept = '';
  #drawing: Promise<void> | undefined;
  #again = false;

  constructor(agent: AgentInfo, sink: TerminalSink, parts: AgentTerminalParts) {
    this.#agent = agent;
    this.#sink = sink;
    this.#parts = parts;
    this.#tmux = parts.manager.getTmux(agent.handle);
    this.#stream = parts.redactor.stream();
  }

  async open(): Promise<void> {
    const { manager } = this.#parts;
    const { agentId } = this.#agent;
    try {
      const { id } = await this.#found();
      this.#pane = id;
      this.#owned.add(this.#tmux.onPaneOutput(id, (bytes) => this.#print(this.#decoder.write(bytes))));
      this.#owned.add(this.#tmux.onDidLoseOutput(({ panes }) => (panes === undefined || panes.includes(id)) && this.#redraw()));
      this.#owned.add(this.#tmux.subscribeFormat({ name: `tmux-agents-terminal-${++count}`, what: id, format: '#{pane_width}x#{pane_height}' }, () => this.#redraw()));
      this.#owned.add(
        manager.onDidChangeAgents(({ type, agent }) => {
          if (agent.agentId === agentId && (type === 'gone' || agent.status === 'exited' || agent.status === 'failed')) void this.#ended();
        }),
      );
      this.#owned.add(manager.watch());
      await this.#draw();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  async write(data: string): Promise<void> {
    const pane = this.#pane;
    if (pane === undefined || this.#owned.isDisposed) return;
    // NUL is the one character that cannot be pasted.
    for (const [index, text] of data.split('\0').entries()) {
      if (index > 0) await this.#tmux.sendKeyNames(pane, ['C-Space']);
      if (text !== '') await this.#tmux.pasteText(pane, text, { bracketed: false });
    }
  }

  /** A session that was started by hand has the size that its person gives it. */
  async resize(columns: number, rows: number): Promise<void> {
    if (this.#agent.adopted === true || this.#owned.isDisposed) return this.#redraw();
    const { windowId, width, height } = await this.#found();
    if (width === columns && height === rows) return;
    await this.#tmux.resizeWindow(windowId, columns, rows);
    this.#redraw();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #found(): Promise<TmuxPane> {
    const target = await this.#parts.manager.getPane(this.#agent.handle);
    const found = (await this.#tmux.listPanes()).find(({ id, sessionName, windowIndex, index }) => (typeof target === 'string' ? id === target : sessionName === target.session && String(windowIndex) === target.window && String(index) === target.pane));
    if (found === undefined) throw new AgentsError('not-found', `The agent "${this.#agent.name}" has no terminal any more.`);
    return found;
  }

  #print(text: string): void {
    if (this.#mode === 'keeping') this.#kept += text;
    else if (this.#mode === 'live') this.#tell(this.#stream.write(text));
  }

  #tell(text: string): void {
    if (text !== '' && !this.#owned.isDisposed) this.#sink.data(text);
  }

  #redraw(): void {
    this.#draw().catch((error: unknown) => this.#parts.log.debug(`${this.#agent.agentId}: its screen cannot be seen now: ${messageOf(error)}`));
  }

  #draw(): Promise<void> {
    this.#again = this.#drawing !== undefined;
    this.#drawing ??= this.#drawn().finally(() => {
      this.#drawing = undefined;
      if (this.#again && !this.#owned.isDisposed) this.#redraw();
    });
    return this.#drawing;
  }

  async #drawn(): Promise<void> {
    const pane = this.#pane;
    if (pane === undefined || this.#owned.isDisposed) return;
    const { redactor } = this.#parts;
    this.#mode = 'seeing';
    const { before, text, after, columns, rows } = await this.#tmux.screen(pane, () => {
      this.#mode = 'keeping';
      this.#kept = '';
    });
    if (this.#owned.isDisposed) return;
    this.#sink.data(before + redactor.text(text) + after, { reset: true, columns, rows });
    this.#stream = redactor.stream();
    this.#mode = 'live';
    this.#tell(this.#stream.write(this.#kept));
    this.#kept = '';
  }

  /** The last that it printed is shown before. */
  async #ended(): Promise<void> {
    await this.#drawing?.catch(() => undefined);
    if (this.#owned.isDisposed) return;
    this.#tell(this.#stream.end());
    this.dispose();
    this.#sink.ended('The agent has ended.');
  }
}
