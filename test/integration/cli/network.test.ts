// `tmux-agents network` as a real process: what an agent of a restricted network tried to reach, while it lives and afterwards.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { waitFor } from '../../../src/base/wait.ts';
import { EgressEntry } from '../../../src/protocol/network.ts';
import { bridgeAddress } from '../../support/bridgeAddress.ts';
import { needs } from '../../support/requirements.ts';
import { CommandWorld, sourceCommand } from './commandWorld.ts';

const STEP_MS = 60_000;

/** Opens a tunnel, and keeps it until the other end closes it. */
const TUNNEL = `const socket = require('node:net').connect(3128, new URL(process.env.HTTP_PROXY).hostname, () => socket.write('CONNECT ' + process.argv[2] + ' HTTP/1.1\\r\\n\\r\\n'));
socket.resume();
setInterval(() => undefined, 1000);`;

/** The lines of a command that goes on, as they come. */
class Following {
  readonly #child;
  readonly #lines;

  constructor(world: CommandWorld, args: readonly string[]) {
    const [program = '', ...first] = sourceCommand;
    this.#child = spawn(program, [...first, ...args], { cwd: world.work, env: world.env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async next(): Promise<string> {
    const line = await waitFor(this.#lines.next(), { timeoutMs: STEP_MS, what: 'a line of the log' });
    return line.done === true ? assert.fail('it has ended') : line.value;
  }

  async interrupt(): Promise<number | null> {
    const ended = once(this.#child, 'exit') as Promise<[number | null]>;
    this.#child.kill('SIGINT');
    return (await ended)[0];
  }

  kill(): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
  }
}

describe('the command `network`', function () {
  this.timeout(180_000);
  const network = `tmux-agents-test-${randomBytes(4).toString('hex')}`;
  let world: CommandWorld;
  let server: Server;
  let target: string;
  let agentId: string;
  /** The agents that are to be killed. */
  const left = new Set<string>();
  const following: Following[] = [];
  const sockets: Socket[] = [];

  before(async function () {
    needs(this, 'docker', 'image');
    world = new CommandWorld(sourceCommand, { runtimes: { docker: { network } } });
    server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    server.listen(0, bridgeAddress());
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    target = `${address.address}:${address.port}`;
    writeFileSync(join(world.work, 'tunnel.cjs'), TUNNEL);
    execFileSync('mkfifo', [join(world.work, 'go')]);
  });
  after(async () => {
    if (world === undefined) return;
    for (const one of following) one.kill();
    for (const socket of sockets) socket.destroy();
    server.close();
    if (left.size > 0) await world.run(['kill', ...left]);
    execFileSync('docker', ['network', 'rm', network], { stdio: 'ignore' });
    world.dispose();
  });

  function follow(...args: string[]): Following {
    const one = new Following(world, ['network', agentId, '--follow', ...args]);
    following.push(one);
    return one;
  }

  it('shows at once what the agent tries: a denial, a tunnel that opens, and its end', async () => {
    ({ agentId } = await world.spawn('--runtime', 'docker', '--allow-host', target, '--', 'sh', '-c', `curl -s http://denied.example/path; read word < go; exec node tunnel.cjs ${target}`));
    left.add(agentId);
    const [plain, json] = [follow(), follow('--json')];
    assert.match(await plain.next(), /^\S+Z {2}denied {3}denied\.example:80 {2}\(not-listed\)$/);
    assert.equal(EgressEntry.parse(JSON.parse(await json.next())).reason, 'not-listed');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    await writeFile(join(world.work, 'go'), 'go\n', { flag: 'a' });
    const [socket] = await connected;
    // The tunnel is open meanwhile.
    assert.equal((await plain.next()).slice(26), `opened   ${target}  (${target})`);
    const opened = EgressEntry.parse(JSON.parse(await json.next()));
    assert.deepEqual([opened.event, opened.verdict, opened.via, opened.rule], ['opened', 'allowed', 'connect', target]);
    socket.end('bye');
    socket.destroySoon();
    assert.match(await plain.next(), new RegExp(`allowed {2}${target} {2}\\(${target}; 0 B sent, 3 B received, \\d+ ms\\)$`));
    const ended = EgressEntry.parse(JSON.parse(await json.next()));
    assert.deepEqual([ended.event, ended.at, ended.received], [undefined, opened.at, 3]);
    assert.deepEqual([await plain.interrupt(), await json.interrupt()], [0, 0]);
  });

  it('tells what there was, each attempt once, in words and as JSON, or only what was denied', async () => {
    const { stdout, code } = await world.run(['network', agentId]);
    assert.equal(code, 0);
    assert.deepEqual(stdout.trim().split('\n').map((line) => line.slice(26).split(/ {2}\(/)[0]), ['denied   denied.example:80', `allowed  ${target}`]);
    const { value } = await world.json<{ agentId: string; entries: unknown[] }>(['network', agentId, '--denied']);
    assert.equal(value.agentId, agentId);
    assert.deepEqual(value.entries.map((entry) => EgressEntry.parse(entry).host), ['denied.example']);
    assert.doesNotMatch(stdout, /path/);
  });

  it('still tells it, by its id, once the agent is gone', async () => {
    assert.equal((await world.run(['kill', agentId])).code, 0);
    left.delete(agentId);
    const { value } = await world.json<{ entries: unknown[] }>(['network', agentId]);
    assert.deepEqual(value.entries.map((entry) => EgressEntry.parse(entry).verdict), ['denied', 'allowed']);
    const gone = await world.run(['network', agentId, '--follow']);
    assert.deepEqual([gone.code, gone.stdout.trim().split('\n').length], [0, 2]);
  });

  it('says that of an open network nothing is written down, and that nobody is called so', async () => {
    const open = await world.spawn('--runtime', 'docker', '--', 'cat');
    left.add(open.agentId);
    const refused = await world.json<{ error: { reason: string; hint: string } }>(['network', open.agentId]);
    assert.deepEqual([refused.value.error.reason, /--network restricted/.test(refused.value.error.hint)], ['unsupported', true]);
    assert.notEqual(refused.code, 0);
    const nobody = await world.json<{ error: { reason: string } }>(['network', 'nobody-of-this-name']);
    assert.deepEqual([nobody.value.error.reason, nobody.code === 0], ['not-found', false]);
    assert.equal((await world.run(['kill', open.agentId])).code, 0);
    left.delete(open.agentId);
  });
});
