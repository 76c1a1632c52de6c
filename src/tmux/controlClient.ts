// One control-mode stream: lines of commands out, pipelined; answers matched in order; everything else handed on.
import type { Disposable } from '../base/disposable.ts';
import { AgentsError, isAgentsError } from '../base/errors.ts';
import { waitFor } from '../base/wait.ts';
import type { ExecStream } from '../exec/executor.ts';
import { sequenceLine } from './commandLine.ts';
import { ControlParser, type ControlBlock } from './controlParser.ts';
import type { TmuxNotification } from './notifications.ts';
import type { PaneId } from './types.ts';

export interface ControlClientHandler {
  output(pane: PaneId, bytes: Buffer): void;
  wantsOutput(pane: PaneId): boolean;
  notification(notification: TmuxNotification): void;
  /** The stream is over: our client was detached, the server or the place went away. */
  ended(error: AgentsError): void;
}

/** Milliseconds a command may take: tmux answers in well under one, so this is a dead or stopped server. */
const COMMAND_TIMEOUT_MS = 10_000;

interface Waiting {
  readonly commands: readonly (readonly string[])[];
  readonly bodies: Buffer[];
  readonly answered: (() => void) | undefined;
  resolve(bodies: readonly Buffer[]): void;
  reject(error: AgentsError): void;
}

export class ControlClient implements Disposable {
  readonly #stream: ExecStream;
  readonly #handler: ControlClientHandler;
  readonly #waiting: Waiting[] = [];
  readonly #stderr: string[] = [];
  #started: { resolve(): void; reject(error: AgentsError): void } | undefined;
  #ended: AgentsError | undefined;
  #exitReason: string | undefined;

  /** Resolves when the stream's first block said that the client is attached. */
  readonly ready: Promise<void>;

  constructor(stream: ExecStream, handler: ControlClientHandler) {
    this.#stream = stream;
    this.#handler = handler;
    this.ready = new Promise((resolve, reject) => (this.#started = { resolve, reject }));
    this.ready.catch(() => undefined);
    const parser = new ControlParser({
      block: (block) => this.#block(block),
      output: (pane, bytes) => handler.output(pane, bytes),
      wantsOutput: (pane) => handler.wantsOutput(pane),
      notification: (notification) => this.#notification(notification),
    });
    stream.onStdout((chunk) => parser.push(chunk));
    stream.onStderr((chunk) => {
      if (this.#stderr.length < 20) this.#stderr.push(chunk.toString('utf8'));
    });
    void stream.exited.then(({ error }) => this.#end(this.#endError(error)));
  }

  /**
   * Runs commands as one line, with nothing in between; resolves with what each printed. The first that fails fails all. `answered` is called the moment
   * the last has answered: output that is delivered before it was printed before, and what comes after it later.
   */
  send(commands: readonly (readonly string[])[], { timeoutMs = COMMAND_TIMEOUT_MS, answered }: { readonly timeoutMs?: number; readonly answered?: (() => void) | undefined } = {}): Promise<readonly Buffer[]> {
    if (this.#ended) return Promise.reject(this.#ended);
    let line: string;
    try {
      line = sequenceLine(commands);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    const answer = new Promise<readonly Buffer[]>((resolve, reject) => {
      this.#waiting.push({ commands, bodies: [], answered, resolve, reject });
    });
    this.#stream.write(`${line}\n`);
    return waitFor(answer, { timeoutMs, what: `tmux to answer ${commands[0]?.[0] ?? 'a command'}` }).catch((error: unknown) => {
      // Whoever does not answer in that time is dead or stopped; the stream is given up so that another can be made.
      if (isAgentsError(error, 'timeout')) this.#giveUp(new AgentsError('disconnected', 'The connection to tmux was given up: it no longer answers.', { cause: error }));
      throw error;
    });
  }

  /** Detaches, as `dispose` does; resolves when the client's process has ended. */
  async leave(): Promise<void> {
    this.dispose();
    await waitFor(this.#stream.exited, { timeoutMs: 2_000, what: 'the tmux client to end' }).catch(() => undefined);
  }

  /** Detaches; the sessions live on. */
  dispose(): void {
    this.#giveUp(new AgentsError('disconnected', 'The connection to tmux was closed.'));
  }

  #giveUp(error: AgentsError): void {
    this.#end(error);
    this.#stream.end();
    this.#stream.dispose();
  }

  #block(block: ControlBlock): void {
    if ((block.flags & 1) === 0) {
      const started = this.#started;
      this.#started = undefined;
      if (!block.failed) started?.resolve();
      else started?.reject(new AgentsError('tmux-failed', `tmux refused: ${block.body.toString('utf8').trim()}`));
      return;
    }
    const waiting = this.#waiting[0];
    if (!waiting) return;
    if (block.failed) {
      this.#waiting.shift();
      waiting.reject(commandError(waiting.commands[waiting.bodies.length] ?? [], block.body.toString('utf8').trim()));
      return;
    }
    waiting.bodies.push(block.body);
    if (waiting.bodies.length < waiting.commands.length) return;
    this.#waiting.shift();
    waiting.answered?.();
    waiting.resolve(waiting.bodies);
  }

  #notification(notification: TmuxNotification): void {
    if (notification.type === 'exit') this.#exitReason = notification.reason;
    this.#handler.notification(notification);
  }

  #endError(cause: Error | undefined): AgentsError {
    const said = this.#stderr.join('').trim();
    const why = this.#exitReason ?? (said || cause?.message || 'the stream ended');
    return new AgentsError('disconnected', `The connection to tmux ended: ${why}`, cause ? { cause } : {});
  }

  #end(error: AgentsError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#started?.reject(error);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
    this.#handler.ended(error);
  }
}

function commandError(words: readonly string[], said: string): AgentsError {
  if (/^duplicate session/.test(said)) {
    return new AgentsError('name-taken', `A tmux session with that name exists already: ${said.replace(/^duplicate session: /, '')}`, { hint: 'Choose another name.' });
  }
  if (/^can't find (session|window|pane)|^no such|^session not found/.test(said)) return new AgentsError('not-found', `tmux: ${said}`);
  return new AgentsError('tmux-failed', `tmux ${words[0] ?? ''}: ${said}`);
}
