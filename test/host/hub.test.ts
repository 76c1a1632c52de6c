// A window at a real hub, `tmux-agents hub` in a process of its own: this machine's agents told, another machine's agents shown, opened and prompted, a hub that goes and comes.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as vscode from 'vscode';
import { waitFor, waitForEvent } from '../../src/base/wait.ts';
import type { ExtensionApi } from '../../src/extension/extension.ts';
import { HubAgents } from '../../src/extension/hubConnection/hubAgents.ts';
import { HubLive } from '../../src/extension/hubConnection/hubLive.ts';
import { HubRest } from '../../src/extension/hubConnection/hubRest.ts';
import { Commands, EXTENSION_ID } from '../../src/extension/ids.ts';
import { HubLink } from '../../src/runner/hubLink/hubLink.ts';
import { JournalFleet, TestTerminal } from '../support/journalFleet.ts';
import { needs } from '../support/requirements.ts';

const PATIENCE = 30_000;
const person = { name: 'ann', password: 'a long password' };
const timers = { firstMs: 50, longestMs: 300 };

/** The command's own process, on a port that stays. */
class Hub {
  readonly #root: string;
  readonly #data: string;
  readonly port: number;
  setup = '';
  #child: ChildProcess | undefined;

  constructor(root: string, data: string, port: number) {
    this.#root = root;
    this.#data = data;
    this.port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const node = join(this.#root, 'node_modules', 'node', 'bin', 'node');
    const child = spawn(node, [join(this.#root, 'dist', 'cli.mjs'), 'hub', '--port', String(this.port), '--data', this.#data, '--no-runner'], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const up = new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`The hub ended with ${code}: ${said}`)));
      let listening = false;
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.setup ||= /#token=(\S+)/.exec(line)?.[1] ?? '';
        listening ||= line.startsWith('listening on ');
        if (listening && this.setup !== '') resolve();
      });
    });
    await waitFor(up, { timeoutMs: PATIENCE, what: 'the hub to listen' });
  }

  async end(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await gone;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

describe('a hub in the extension host', function () {
  this.timeout(120_000);
  let api: ExtensionApi;
  let folder: string;
  let data: string;
  let hub: Hub;
  let token: string;
  let fleet: JournalFleet;
  let other: HubLink;
  let live: HubLive;
  let agents: HubAgents;
  const run = <T>(command: string, ...args: unknown[]): Thenable<T> => vscode.commands.executeCommand<T>(command, ...args);
  const set = (key: string, value: unknown): Thenable<void> => vscode.workspace.getConfiguration('tmuxAgents').update(key, value, vscode.ConfigurationTarget.Global);

  before(async function () {
    needs(this, 'tmux');
    const extension = vscode.extensions.getExtension<ExtensionApi>(EXTENSION_ID);
    assert.ok(extension);
    api = await extension.activate();
    await set('docker.enabled', false);
    await set('kill.confirm', false);
    await api.fleet.start();
    folder = mkdtempSync(join(tmpdir(), 'ta-hub-agent-'));
    data = mkdtempSync(join(tmpdir(), 'ta-hub-data-'));
    hub = new Hub(extension.extensionPath, data, await freePort());
    await hub.start();
    const made = await fetch(`${hub.url}/api/auth/setup`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: hub.setup, ...person }) });
    assert.equal(made.status, 200);
    token = await new HubRest(hub.url).signIn(person.name, person.password);
    // Another machine.
    fleet = new JournalFleet();
    await fleet.add('far-1', { name: 'far agent', title: 'Mend the pipe' });
    const { id } = (await (await fetch(`${hub.url}/api/runners/register`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ name: 'far away', hostname: 'far' }) })).json()) as { id: string };
    other = new HubLink({ serverUrl: hub.url, runnerId: id, token, fleet, timers });
    other.start();
    // What everybody sees there.
    live = new HubLive({ serverUrl: hub.url, token: () => Promise.resolve(token), timers });
    agents = new HubAgents(() => false);
    live.onFrame((frame) => agents.take(frame));
    live.start();
  });

  after(async () => {
    await run(Commands.disconnectHub);
    await run(Commands.killAll);
    for (const key of ['docker.enabled', 'kill.confirm', 'hub.url', 'hub.share']) await set(key, undefined);
    live?.dispose();
    other?.dispose();
    await hub?.end();
    await fleet?.end();
    for (const made of [folder, data]) if (made !== undefined) rmSync(made, { recursive: true, force: true });
  });

  const rows = async (fits: () => boolean, what: string): Promise<void> => {
    if (!fits()) await waitForEvent<void>((listener) => api.hub.onDidChangeRows(() => listener(undefined)), fits, { timeoutMs: PATIENCE, what });
  };
  const shown = (): { readonly label: string; readonly description: string; readonly context: string; readonly key: string }[] =>
    api.hub.rows().flatMap((group) => [group, ...group.children]).map((row) => {
      const { label, description, contextValue = '' } = row.item();
      return { label: typeof label === 'string' ? label : '', description: typeof description === 'string' ? description : '', context: contextValue, key: row.id };
    });
  const far = (): ReturnType<typeof shown>[number] | undefined => shown().find(({ label }) => label === 'far agent');
  const atHub = async (fits: () => boolean, what: string): Promise<void> => {
    if (!fits()) await waitForEvent(agents.onDidChange, fits, { timeoutMs: PATIENCE, what: `${what}; there are ${JSON.stringify(agents.list())}` });
  };

  it('connects by a token, and shows the agents of other machines', async () => {
    assert.equal(await run(Commands.connectHub, { url: `${hub.url}/`, token }), hub.url);
    await rows(() => far() !== undefined, 'the far agent');
    assert.match(far()?.description ?? '', /working · far away · claude_code .* Mend the pipe/);
    assert.match(far()?.context ?? '', /^hubAgent;running;terminal/);
    assert.equal(api.hub.text, '$(cloud) Hub');
    assert.equal(vscode.workspace.getConfiguration('tmuxAgents').get('hub.url'), hub.url);
  });

  it("refuses a wrong password in the hub's words, and stays connected", async () => {
    await assert.rejects(async () => run(Commands.connectHub, { url: hub.url, name: 'ann', password: 'not the password' }), /name|password/i);
    assert.ok(far() !== undefined);
  });

  it("tells the hub of this machine's agents, and does not show them as another's", async () => {
    const agentId = await run<string>(Commands.spawn, { runtime: 'local', provider: 'demo', folder, task: 'Say hello', name: 'near agent' });
    await atHub(() => agents.list().some(({ name, connected }) => name === 'near agent' && connected), 'the near agent at the hub');
    const near = agents.list().find(({ name }) => name === 'near agent');
    assert.deepEqual([near?.session_id, near?.title, near?.terminal], [agentId, 'Say hello', false]);
    assert.ok(!shown().some(({ label }) => label === 'near agent'));
    await atHub(() => agents.find(near?.id ?? '')?.asks[0]?.answerable === true, 'what it asks');
    await new HubRest(hub.url, token).answer(near?.id ?? '', { ask_id: agents.find(near?.id ?? '')?.asks[0]?.id ?? '', decision: 'allow' });
    await atHub(() => agents.find(near?.id ?? '')?.asks.length === 0, 'its answer');
  });

  it('shares terminals once that is the setting', async () => {
    await set('hub.share', 'terminal');
    await atHub(() => agents.list().some(({ name, terminal }) => name === 'near agent' && terminal), 'the near terminal');
  });

  it("opens a far agent's terminal, where what is typed arrives", async () => {
    const terminal = new TestTerminal();
    fleet.terminals.set('far-1', terminal);
    await run(Commands.hubAttach, { kind: 'hubAgent', key: far()?.key });
    const opened = vscode.window.terminals.find(({ name }) => name === 'far agent (far away)');
    assert.ok(opened !== undefined);
    const typed = waitForEvent(terminal.onKeys, () => terminal.keys.join('').includes('hello'), { timeoutMs: PATIENCE, what: 'the keys' });
    opened.sendText('hello');
    await typed;
    // Once more is the same one.
    await run(Commands.hubAttach, { kind: 'hubAgent', key: far()?.key });
    assert.equal(vscode.window.terminals.filter(({ name }) => name === 'far agent (far away)').length, 1);
    opened.dispose();
  });

  it('gives a far agent prompts, and ends it', async () => {
    const key = far()?.key;
    await run(Commands.hubPrompt, { kind: 'hubAgent', key }, 'go on');
    await run(Commands.hubInterrupt, { kind: 'hubAgent', key });
    await run(Commands.hubKill, { kind: 'hubAgent', key });
    assert.deepEqual(fleet.requests.map(({ request }) => request), [{ method: 'prompt', text: 'go on' }, { method: 'interrupt' }, { method: 'kill' }]);
    fleet.change('far-1', { state: 'COMPLETED', status: { state: 'exited', exitCode: 0 }, ended_at: Date.now(), terminal: false });
    await rows(() => far()?.context === 'hubAgent;ended', 'its end');
  });

  it('says that the hub is away, and comes back with it', async () => {
    await hub.end();
    await rows(() => shown()[0]?.context === 'hub;waiting', 'the hub to be away');
    assert.equal(far(), undefined);
    assert.equal(api.hub.text, '$(debug-disconnect) Hub');
    await hub.start();
    await rows(() => far() !== undefined, 'the far agent again');
  });

  it('disconnects, and says nothing of the hub any more', async () => {
    await atHub(() => agents.list().some(({ name, connected }) => name === 'near agent' && connected), 'this machine to be back');
    await run(Commands.disconnectHub);
    await rows(() => shown().length === 0, 'no rows');
    assert.equal(api.hub.text, '');
    await atHub(() => agents.list().every(({ name, connected }) => name !== 'near agent' || !connected), 'this machine to be away');
  });
});
