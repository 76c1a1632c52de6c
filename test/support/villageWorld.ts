// A whole hub in this process with its own runner: real tmux, real git, scripted agents; and clients of the village's Socket.IO.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { Emitter } from '../../src/base/event.ts';
import { silentLog } from '../../src/base/log.ts';
import { waitFor, waitForEvent } from '../../src/base/wait.ts';
import { startEmbeddedRunner, type EmbeddedRunner } from '../../src/cli/embeddedRunner.ts';
import type { HubOptions } from '../../src/hub/parts.ts';
import { startWholeHub, type WholeHub } from '../../src/hub/server/wholeHub.ts';
import { ownRunnerCame, registerOwnRunner } from '../../src/hub/village/ownRunner.ts';
import type { AgentDisconnect, AgentSpawn, Joined, WorkStreamEvent } from '../../src/protocol/hubWire/villageSocket.ts';
import type { RunnerConfig } from '../../src/runner/service/runnerConfig.ts';
import { addPerson, call, type Answer, type CallOptions, type Person } from './hubWorld.ts';
import { makeTmuxHome, type TmuxHome } from './tmuxHome.ts';
import type { Role } from '../../src/protocol/hubWire/hubRest.ts';

/** Milliseconds that anything may take on a loaded machine. */
const SLOW_MS = 60_000;

/** Says what it is told; `key` shows the variable that a request gave it, `env` whether it has the hub's, `write` and `exit` are what they say. */
const SCRIPT = `echo ready
while IFS= read -r line; do case $line in
  key) echo "key=$VILLAGE_KEY" ;;
  env) echo "secret=\${JWT_SECRET-none}" ;;
  write\\ *) echo text > "\${line#write }"; echo written ;;
  exit\\ *) exit "\${line#exit }" ;;
  *) echo "got $line" ;;
esac; done`;

/** The test organization is the hub's first, which its own runner serves. */
export const ORG = 'acme';

export class VillageWorld {
  readonly home: TmuxHome = makeTmuxHome();
  readonly repository = join(this.home.directory, 'project');
  readonly #hubs: WholeHub[] = [];
  readonly #runners: EmbeddedRunner[] = [];
  readonly #clients: VillageTestClient[] = [];

  constructor() {
    mkdirSync(this.repository);
    writeFileSync(join(this.repository, 'readme.txt'), 'one\n');
    const git = (...args: readonly string[]): void => void execFileSync('git', ['-C', this.repository, ...args]);
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '-q', '-m', 'first');
  }

  /** Repositories below this world's folder may be named. */
  async hub(options: Partial<HubOptions> = {}): Promise<WholeHub> {
    const hub = await startWholeHub({ host: '127.0.0.1', port: 0, dataFolder: join(this.home.directory, 'hub'), localRoots: [this.home.directory], jwtSecret: 'a secret of the tests', log: silentLog, ...options });
    this.#hubs.push(hub);
    await hub.base.database.insertInto('settings').values({ name: 'first_org', value: ORG }).onConflict((on) => on.doNothing()).execute();
    return hub;
  }

  /** The hub's own runner, connected. */
  async runner(hub: WholeHub, config: Partial<RunnerConfig> = {}): Promise<EmbeddedRunner> {
    const runner = await startEmbeddedRunner({
      url: hub.url,
      dataFolder: hub.base.options.dataFolder,
      register: (own) => registerOwnRunner(hub.hub, own),
      came: (runnerId, over) => ownRunnerCame(hub.hub, runnerId, over),
      env: { RUNNER_WORKSPACE_DIR: join(this.home.directory, 'workspaces'), RUNNER_CACHE_DIR: join(this.home.directory, 'cache') },
      version: '0',
      log: silentLog,
      config: { providers: ['scripted', 'demo', 'codex'], providerSettings: { scripted: { argv: ['sh', '-c', SCRIPT], task: ['{task}'] } }, stopGrace: 2_000, ...config },
    });
    if (runner === undefined) throw new Error('somebody else has the runner');
    this.#runners.push(runner);
    await waitFor(runner.settled, { timeoutMs: SLOW_MS, what: "the hub's own runner" });
    return runner;
  }

  person(hub: WholeHub, role: Role = 'member', orgId = ORG): Promise<Person> {
    return addPerson(hub, role, orgId);
  }

  request(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return { providerId: 'scripted', repoRef: { provider: 'local', path: this.repository }, task: { title: 'Smoke', goal: 'Describe the repo.' }, ...more };
  }

  /** Connected, or refused with Socket.IO's own error. */
  async client(hub: { readonly url: string }, options: { readonly token?: string; readonly headers?: Readonly<Record<string, string>>; readonly transports?: readonly string[] } = {}): Promise<VillageTestClient> {
    const client = new VillageTestClient(hub.url, options);
    this.#clients.push(client);
    await client.connected;
    return client;
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.socket.close();
    for (const runner of this.#runners) await runner.stop();
    for (const hub of this.#hubs.reverse()) await hub.close();
    this.home.end();
  }
}

type Heard = { readonly name: 'work_stream_event'; readonly value: WorkStreamEvent } | { readonly name: 'agent_spawn'; readonly value: AgentSpawn } | { readonly name: 'agent_disconnect'; readonly value: AgentDisconnect };

export class VillageTestClient {
  readonly socket: Socket;
  /** In the order in which they came. */
  readonly heard: Heard[] = [];
  readonly connected: Promise<void>;
  readonly #came = new Emitter<Heard>();

  constructor(url: string, { token, headers, transports }: { readonly token?: string; readonly headers?: Readonly<Record<string, string>>; readonly transports?: readonly string[] }) {
    this.socket = io(url, { forceNew: true, reconnection: false, ...(token === undefined ? {} : { auth: { token } }), ...(headers === undefined ? {} : { extraHeaders: { ...headers } }), ...(transports === undefined ? {} : { transports: [...transports] }) });
    this.connected = new Promise((resolve, reject) => this.socket.once('connect', resolve).once('connect_error', reject));
    for (const name of ['work_stream_event', 'agent_spawn', 'agent_disconnect'] as const) {
      this.socket.on(name, (value: unknown) => {
        const heard = { name, value } as Heard;
        this.heard.push(heard);
        this.#came.fire(heard);
      });
    }
  }

  join(what: 'join_village' | 'join_agent', payload: unknown): Promise<Joined> {
    return this.socket.timeout(SLOW_MS).emitWithAck(what, payload) as Promise<Joined>;
  }

  /** The first that was or will be told and fits. */
  async hear(accept: (heard: Heard) => boolean, what: string): Promise<Heard> {
    return this.heard.find(accept) ?? (await waitForEvent(this.#came.event, accept, { timeoutMs: SLOW_MS, what }).catch((error: unknown) => {
      throw new Error(`${String(error)} It was told: ${JSON.stringify(this.heard).slice(-3000)}`);
    }));
  }

  events(sessionId: string): WorkStreamEvent[] {
    return this.heard.flatMap((heard) => (heard.name === 'work_stream_event' && heard.value.sessionId === sessionId ? [heard.value] : []));
  }

  output(sessionId: string): string {
    return this.events(sessionId).map(({ type, payload }) => (type === 'output' ? String(payload['data']) : '')).join('');
  }

  async shows(sessionId: string, text: string): Promise<void> {
    await this.hear(() => this.output(sessionId).includes(text), `"${text}" of ${sessionId}`);
  }

  async state(sessionId: string, state: string): Promise<WorkStreamEvent> {
    const { value } = await this.hear(({ name, value }) => name === 'work_stream_event' && value.sessionId === sessionId && value.type === 'status_change' && value.payload['newState'] === state, `${sessionId} to be ${state}`);
    return value as WorkStreamEvent;
  }

  async ended(sessionId: string): Promise<void> {
    await this.hear(({ name, value }) => name === 'agent_disconnect' && value.sessionId === sessionId, `the end of ${sessionId}`);
  }
}

export const villageCall = (hub: { readonly url: string }, method: string, path: string, options?: CallOptions): Promise<Answer> => call(hub.url, method, `/api/runner/sessions${path}`, options);
