// The connection to one engine: dockerode, loaded at first use, with a deadline on every call and errors made readable.
import { Agent } from 'node:https';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import type Docker from 'dockerode';
import type { DockerOptions } from 'dockerode';
import { isAgentsError } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import { resolveEndpoint, type DockerAddress, type DockerEndpoint, type EndpointWish } from './endpoint.ts';
import { engineError, unresponsive } from './engineErrors.ts';
import { SshAgent } from './sshConnection.ts';

/** Milliseconds an ordinary call may take. */
const CALL_TIMEOUT_MS = 15_000;

export interface CallOptions {
  /** Completes "Docker cannot ...". */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

export class DockerEngine {
  readonly #wish: EndpointWish;
  #endpoint: DockerEndpoint | undefined;
  #docker: Promise<Docker> | undefined;

  constructor(wish: EndpointWish = {}) {
    this.#wish = wish;
  }

  /** Throws `bad-input` when the settings name no engine. A choice among sockets is made anew until the engine was first reached. */
  get endpoint(): DockerEndpoint {
    return this.#endpoint ?? resolveEndpoint(this.#wish, surroundings());
  }

  /** True when the engine's host is this machine, so that folders can be looked at from here. */
  get isLocal(): boolean {
    return this.endpoint.address.kind === 'socket';
  }

  docker(): Promise<Docker> {
    this.#docker ??= this.#load();
    return this.#docker;
  }

  /**
   * One call, given up at its deadline (`docker-unavailable`) or by its signal (`cancelled`). Giving up ends the request, so a
   * call that makes something is better not given a signal.
   */
  async call<T>(options: CallOptions, work: (docker: Docker, abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const { what, signal, timeoutMs = CALL_TIMEOUT_MS } = options;
    const giveUp = new AbortController();
    try {
      const docker = await this.docker();
      const result = await waitFor(work(docker, giveUp.signal), { signal, timeoutMs, what });
      this.#endpoint ??= this.endpoint;
      return result;
    } catch (error) {
      giveUp.abort();
      // Once reached, an engine is never exchanged for another: its agents would seem gone.
      if (this.#endpoint === undefined) this.#docker = undefined;
      if (isAgentsError(error, 'timeout')) throw unresponsive(this.endpoint.url, what, timeoutMs);
      throw engineError(error, { url: this.endpoint.url, what });
    }
  }

  async #load(): Promise<Docker> {
    const { default: Dockerode } = await import('dockerode');
    return new Dockerode(clientOptions(this.endpoint.address));
  }
}

/** Every key is given, or docker-modem would fill it from the environment. */
function clientOptions(address: DockerAddress): DockerOptions {
  const none = { host: undefined, port: undefined, socketPath: undefined, protocol: 'http', ca: undefined, cert: undefined, key: undefined, username: undefined } as const;
  switch (address.kind) {
    case 'socket':
      return { ...none, socketPath: address.path };
    case 'ssh': {
      // The host is only a name in the requests: the agent makes the connection.
      const options: DockerOptions & { agent: SshAgent } = { ...none, host: 'docker', port: 80, agent: new SshAgent(address.url) };
      return options;
    }
    case 'tcp': {
      const { host, port, tls } = address;
      if (tls === undefined) return { ...none, host, port };
      const identity = { ca: fileIfAny(tls.ca), cert: fileIfAny(tls.cert), key: fileIfAny(tls.key) };
      const options: DockerOptions & { agent?: Agent } = { ...none, protocol: 'https', host, port, ...identity };
      if (!tls.verify) options.agent = new Agent({ rejectUnauthorized: false });
      return options;
    }
  }
}

function fileIfAny(path: string): Buffer | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}

function surroundings(): Parameters<typeof resolveEndpoint>[1] {
  return {
    env: process.env,
    home: homedir(),
    platform: process.platform,
    exists: existsSync,
    readText: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}
