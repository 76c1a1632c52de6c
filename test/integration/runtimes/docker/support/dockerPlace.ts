// A corner of the real engine for one test file: networks, owners and containers of its own, all removed at the end.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { DockerRuntime } from '../../../../../src/runtimes/docker/dockerRuntime.ts';
import type { DockerRuntimeOptions } from '../../../../../src/runtimes/docker/options.ts';
import type { AgentConfig } from '../../../../../src/runtimes/types.ts';

export const IMAGE = 'tmux-agents-base:latest';

export class DockerPlace {
  readonly docker: Docker;
  readonly id = randomBytes(4).toString('hex');
  readonly owner = `test-${this.id}`;
  readonly network = `tmux-agents-test-${this.id}`;
  readonly folder = mkdtempSync(join(tmpdir(), 'workspace-'));
  readonly #options: DockerRuntimeOptions;
  readonly #runtimes: DockerRuntime[] = [];
  #agents = 0;

  constructor(options: DockerRuntimeOptions = {}) {
    this.#options = options;
    this.docker = new Docker({ socketPath: options.socketPath ?? '/var/run/docker.sock' });
  }

  /** A runtime of this corner; several are as several processes. No credentials of the machine are mounted. */
  runtime(options: DockerRuntimeOptions = {}): DockerRuntime {
    const authMounts = Object.fromEntries(['claude-config', 'gcloud', 'gitconfig', 'ssh', 'aider', 'claude', 'claude-json', 'codex', 'gemini', 'opencode'].map((key) => [key, false]));
    const runtime = new DockerRuntime({ image: IMAGE, network: this.network, owner: this.owner, authMounts, ...this.#options, ...options });
    this.#runtimes.push(runtime);
    return runtime;
  }

  /** An agent that runs `script` in a shell; by default one that shows a line and waits. */
  config(script = 'echo ready; exec cat', more: Partial<AgentConfig> = {}): AgentConfig {
    return { agentId: `t${this.id}-${++this.#agents}`, aiProvider: 'custom', task: 'A task', workingDirectory: this.folder, argv: ['sh', '-c', script], ...more };
  }

  async containers(): Promise<Docker.ContainerInfo[]> {
    return this.docker.listContainers({ all: true, filters: { label: [`tmux-agents.owner=${this.owner}`] } });
  }

  async networks(): Promise<Docker.NetworkInspectInfo[]> {
    const networks = await this.docker.listNetworks({ filters: { name: [this.network] } });
    return networks.filter((network) => network.Name === this.network);
  }

  /** Those of single agents. */
  async #agentNetworks(): Promise<Docker.NetworkInspectInfo[]> {
    return this.docker.listNetworks({ filters: { label: [`tmux-agents.owner=${this.owner}`] } });
  }

  /** Lets go of all runtimes and removes every container and network of this corner. */
  async clean(): Promise<void> {
    for (const runtime of this.#runtimes.splice(0)) runtime.dispose();
    await Promise.all((await this.containers()).map((container) => this.docker.getContainer(container.Id).remove({ force: true, v: true })));
    await Promise.all([...(await this.networks()), ...(await this.#agentNetworks())].map((network) => this.docker.getNetwork(network.Id).remove() as Promise<unknown>));
  }

  async dispose(): Promise<void> {
    await this.clean();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
