// The links to all running agents' containers: one each, made at first need, ended when the container no longer runs.
import type { Disposable } from '../../base/disposable.ts';
import type { Log } from '../../base/log.ts';
import { DockerExecutor } from '../../exec/dockerExecutor.ts';
import { TmuxService } from '../../tmux/tmuxService.ts';
import { AgentLink } from './agentLink.ts';
import type { DockerEngine } from './engine.ts';

interface Held {
  readonly link: AgentLink;
  readonly agentId: string;
}

export class AgentLinks implements Disposable {
  readonly #engine: DockerEngine;
  readonly #log: Log;
  readonly #onDidChange: () => void;
  readonly #held = new Map<string, Held>();

  /** `onDidChange` is called when tmux in some container says something new of its agent. */
  constructor(engine: DockerEngine, log: Log, onDidChange: () => void) {
    this.#engine = engine;
    this.#log = log;
    this.#onDidChange = onDidChange;
  }

  get(containerId: string, agentId: string): AgentLink {
    const held = this.#held.get(containerId);
    if (held !== undefined) return held.link;
    const executor = new DockerExecutor(() => this.#engine.docker(), containerId);
    // The server inside is the agent's own and the default one, so that a plain `tmux attach` in the container finds it.
    const link = new AgentLink(containerId, agentId, new TmuxService(executor, { mode: 'own', log: this.#log }));
    link.onDidChange(this.#onDidChange);
    this.#held.set(containerId, { link, agentId });
    return link;
  }

  /** The containers there is a link to now: to be taken before the engine is asked which of them run. */
  ids(): ReadonlySet<string> {
    return new Set(this.#held.keys());
  }

  /** Ends the link to a container that is to be removed. */
  delete(containerId: string): void {
    const held = this.#held.get(containerId);
    this.#held.delete(containerId);
    held?.link.dispose();
  }

  /** Of the links there were `before` the engine was asked, ends those to containers that do not run, save those of agents that are being spawned. */
  keep(running: ReadonlySet<string>, spawning: ReadonlySet<string>, before: ReadonlySet<string>): void {
    for (const [containerId, { agentId }] of this.#held) {
      if (before.has(containerId) && !running.has(containerId) && !spawning.has(agentId)) this.delete(containerId);
    }
  }

  dispose(): void {
    for (const containerId of [...this.#held.keys()]) this.delete(containerId);
  }
}
