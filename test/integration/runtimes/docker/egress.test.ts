// Agents of a restricted network on a real engine: what is allowed gets out by the proxy, nothing else gets out by any way.
import assert from 'node:assert/strict';
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isAgentsError } from '../../../../src/base/errors.ts';
import { waitFor, waitForEvent } from '../../../../src/base/wait.ts';
import type { EgressEntry } from '../../../../src/protocol/network.ts';
import type { DockerRuntime } from '../../../../src/runtimes/docker/dockerRuntime.ts';
import type { AgentHandle, AgentConfig, DeniedEgress, SpawnStep } from '../../../../src/runtimes/types.ts';
import { bridgeAddress } from '../../../support/bridgeAddress.ts';
import { needs } from '../../../support/requirements.ts';
import { changeOf } from './support/agentWhen.ts';
import { DockerPlace } from './support/dockerPlace.ts';

const STEP_MS = 60_000;

/** Prints what became of one attempt to connect: `open`, or the fault. */
const CONNECT = `const [host, port] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port: Number(port), timeout: 4000 });
const end = (word) => { console.log(word); process.exit(); };
socket.on('connect', () => end('open')).on('error', (error) => end(error.code)).on('timeout', () => end('silence'));`;

/** Sends one datagram. */
const DATAGRAM = `const [host, port, text] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
socket.send(text, Number(port), host, (error) => { console.log(error ? error.code : 'sent'); socket.close(); });`;

/** Asks the name server of resolv.conf for an address, as any program does; and every name server it is given, itself. */
const RESOLVE = `const dns = require('node:dns');
const [name, ...servers] = process.argv.slice(1);
const resolver = new dns.Resolver({ timeout: 1500, tries: 1 });
if (servers.length > 0) resolver.setServers(servers);
resolver.resolve4(name, (error, found) => console.log(error ? error.code : found.join()));`;

describe('an agent of a restricted network', function () {
  this.timeout(120_000);
  let place: DockerPlace;
  let runtime: DockerRuntime;
  let web: Server;
  let names: DatagramSocket;
  let state: string;
  let stateBefore: string | undefined;
  let port: number;
  let namesPort: number;
  /** What came to the host's name server. */
  const asked: string[] = [];
  /** Where the host is, seen from any container with an open network. */
  let host: string;

  before(async function () {
    needs(this, 'docker', 'image');
    stateBefore = process.env['XDG_STATE_HOME'];
    state = mkdtempSync(join(tmpdir(), 'egress-state-'));
    process.env['XDG_STATE_HOME'] = state;
    place = new DockerPlace();
    web = createServer((request, response) => {
      let body = '';
      request.on('data', (bytes: Buffer) => (body += bytes.toString()));
      request.on('end', () => response.end(`${request.method} ${request.url} host=${request.headers.host} proxy=${String(request.headers['proxy-connection'] ?? 'none')} body=${body}`));
    });
    web.listen(0, '0.0.0.0');
    names = createSocket('udp4', (message) => asked.push(message.toString('latin1')));
    names.bind(0, '0.0.0.0');
    await Promise.all([once(web, 'listening'), once(names, 'listening')]);
    ({ port } = web.address() as AddressInfo);
    namesPort = names.address().port;
    host = bridgeAddress();
  });

  after(async () => {
    await place?.dispose();
    web?.closeAllConnections();
    web?.close();
    names?.close();
    if (stateBefore === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = stateBefore;
    if (state !== undefined) rmSync(state, { recursive: true, force: true });
  });

  function config(allow: readonly string[], more: Partial<AgentConfig> = {}): AgentConfig {
    return place.config(undefined, { network: { mode: 'restricted', allow: [...allow] }, ...more });
  }

  async function run(handle: AgentHandle, argv: readonly string[]): Promise<string> {
    const { stdout, stderr } = await runtime.getExecutor(handle).run(argv, { timeoutMs: STEP_MS });
    return `${stdout.toString()}${stderr.toString()}`.trim();
  }

  function node(handle: AgentHandle, script: string, ...args: readonly (string | number)[]): Promise<string> {
    // As a program that heeds no proxy would.
    return run(handle, ['env', '-u', 'NODE_USE_ENV_PROXY', 'node', '-e', script, '--', ...args.map(String)]);
  }

  async function leftovers(agentId: string): Promise<string[]> {
    const containers = await place.docker.listContainers({ all: true, filters: { name: [agentId] } });
    const networks = await place.docker.listNetworks({ filters: { name: [agentId] } });
    return [...containers.flatMap(({ Names }) => Names), ...networks.map(({ Name }) => Name)];
  }

  /** Resolves once nothing of the agent is left, by the engine's own word. */
  async function nothingLeft(agentId: string): Promise<void> {
    const end = new AbortController();
    const events = await place.docker.getEvents({ filters: { type: ['container', 'network'], event: ['destroy'] }, abortSignal: end.signal } as object);
    events.on('error', () => undefined);
    const gone = new Promise<void>((resolve, reject) => {
      const look = (): void => void leftovers(agentId).then((left) => left.length === 0 && resolve(), reject);
      events.on('data', look);
      look();
    });
    await waitFor(gone, { timeoutMs: STEP_MS, what: `all of ${agentId} to be gone` }).finally(() => end.abort());
  }

  describe('that runs', () => {
    let open: AgentHandle;
    let agent: AgentHandle;
    let other: AgentHandle;
    let openName: string;

    before(async () => {
      runtime = place.runtime();
      const openConfig = place.config();
      openName = `tmux-agents-${openConfig.agentId}`;
      const listening = 'exec node -e \'require("node:http").createServer((_, response) => response.end("peer")).listen(7777, "0.0.0.0", () => console.log("ready"))\'';
      open = await runtime.spawnAgent(openConfig);
      // The environment that a person gives does not replace the way out.
      agent = await runtime.spawnAgent(config([`${host}:${port}`, `${openName}:7777`, '*.below.example'], { env: { HTTPS_PROXY: 'http://192.0.2.99:1', NO_PROXY: '*' } }));
      other = await runtime.spawnAgent(config([], { argv: ['sh', '-c', listening] }));
    });
    after(() => place.clean());

    it('reaches what is allowed through the proxy, in plain and through a tunnel', async () => {
      const url = `http://${host}:${port}/path?secret=1`;
      assert.equal(await run(agent, ['curl', '-sS', '-d', 'hello', url]), `POST /path?secret=1 host=${host}:${port} proxy=none body=hello`);
      assert.match(await run(agent, ['curl', '-sS', '--proxytunnel', url]), /^GET \/path\?secret=1 /);
      assert.match(await run(agent, ['node', '-e', `fetch(${JSON.stringify(url)}).then((response) => response.text()).then(console.log, (error) => console.log(String(error.cause)))`]), /^GET /);
    });

    it('has the proxy in its own environment, whatever it was given', async () => {
      const tmux = runtime.getTmux(agent);
      const pane = await runtime.getPane(agent);
      assert.ok(typeof pane === 'string');
      const [pid = ''] = await tmux.command(['display-message', '-p', '-t', pane, '#{pane_pid}']);
      const env = await run(agent, ['cat', `/proc/${pid}/environ`]);
      assert.doesNotMatch(env, /192\.0\.2\.99/);
      assert.match(env, /HTTPS_PROXY=http:\/\/198\.1[89]\.\d+\.\d+:3128\0/);
      assert.match(env, /NO_PROXY=localhost,127\.0\.0\.1,::1\0/);
    });

    it('is told what is refused, and why; a name that leads to a private address is refused', async () => {
      assert.match(await run(agent, ['curl', '-sS', '-w', ' %{http_code}', 'http://example.org/']), /example\.org is not on this agent's allowlist\s+403$/);
      assert.match(await run(agent, ['curl', '-sS', 'https://example.org/']), /403/);
      assert.match(await run(agent, ['curl', '-sS', `http://${host}/`]), /but not with port 80/);
      assert.match(await run(agent, ['curl', '-sS', `http://${openName}:7777/`]), /leads to a private address/);
      assert.match(await run(agent, ['curl', '-sS', 'http://169.254.169.254/latest/meta-data/']), /not on this agent's allowlist/);
    });

    it('has each attempt written down, without paths', async () => {
      const entries = await runtime.readAudit(agent.agentId);
      const seen = (accept: (entry: EgressEntry) => boolean): EgressEntry => {
        const entry = entries.find(accept);
        assert.ok(entry, JSON.stringify(entries));
        return entry;
      };
      const allowed = seen(({ verdict, via }) => verdict === 'allowed' && via === 'http');
      assert.deepEqual([allowed.host, allowed.port, allowed.rule, allowed.address, allowed.sent], [host, port, `${host}:${port}`, host, 5]);
      assert.ok(allowed.received > 20 && allowed.ms >= 0);
      assert.ok(seen(({ verdict, via }) => verdict === 'allowed' && via === 'connect').sent > 20);
      assert.equal(seen((entry) => entry.host === 'example.org' && entry.via === 'connect').reason, 'not-listed');
      assert.equal(seen((entry) => entry.host === openName).reason, 'private-address');
      assert.equal(seen((entry) => entry.host === host && entry.port === 80).reason, 'port-not-listed');
      assert.doesNotMatch(JSON.stringify(entries), /secret|latest/);
    });

    it('tells whoever watches of what was denied, at once, and whoever follows of everything', async () => {
      const watcher = place.runtime();
      const watching = watcher.watch();
      const end = new AbortController();
      const followed: EgressEntry[] = [];
      const following = watcher.followAudit(agent.agentId, (entry) => followed.push(entry), { signal: end.signal, sinceMs: Date.now() });
      const denied = waitForEvent(watcher.onDidDenyEgress, ({ entry }: DeniedEgress) => entry.host === 'denied.example', { timeoutMs: STEP_MS, what: 'the denial to be told' });
      assert.match(await run(agent, ['curl', '-sS', 'https://denied.example/']), /403/);
      assert.equal((await denied).agentId, agent.agentId);
      watching.dispose();
      end.abort();
      await following;
      assert.ok(followed.some((entry) => entry.host === 'denied.example'));
    });

    it('reaches nothing directly: not the host under any of its addresses, no peer, no other network', async () => {
      const addressOf = async (name: string): Promise<string[]> => Object.values((await place.docker.getContainer(name).inspect()).NetworkSettings.Networks).flatMap(({ IPAddress }) => IPAddress);
      const gatewayOf = async (name: string): Promise<string> => Object.values((await place.docker.getContainer(name).inspect()).NetworkSettings.Networks)[0]?.Gateway ?? '';
      const [openAddress = ''] = await addressOf(openName);
      const [otherAddress = ''] = await addressOf(`tmux-agents-${other.agentId}`);
      const [ownAddress = ''] = await addressOf(`tmux-agents-${agent.agentId}`);
      const own = ownAddress.replace(/\d+$/, (last) => String(Math.floor(Number(last) / 8) * 8 + 1));
      const hosts = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address));
      const outer = await gatewayOf(openName);
      assert.ok(openAddress !== '' && otherAddress !== '' && hosts.length > 0 && outer !== '');
      // Each of the host's is there for others: the check can fail.
      for (const address of [...hosts, outer]) assert.equal(await node(open, CONNECT, address, port), 'open', address);
      assert.equal(await node(other, CONNECT, '127.0.0.1', 7777), 'open');
      const targets = [...[...new Set([own, outer, host, ...hosts])].map((address) => [address, port] as const), [otherAddress, 7777], [openAddress, 22], ['169.254.169.254', 80]] as const;
      const found = await Promise.all(targets.map(([address, at]) => node(agent, CONNECT, address, at)));
      assert.ok(found.every((word) => ['EHOSTUNREACH', 'ENETUNREACH', 'silence'].includes(word)), JSON.stringify(targets.map((target, index) => [...target, found[index]])));
    });

    it('reaches the proxy at the one port, and not the address that the proxy goes out with', async () => {
      const { Networks } = (await place.docker.getContainer(`tmux-agents.egress.${agent.agentId}`).inspect()).NetworkSettings;
      const inner = Object.entries(Networks).find(([name]) => name.includes('-egress-'))?.[1].IPAddress ?? '';
      const outward = Networks[place.network]?.IPAddress ?? '';
      assert.equal(await node(agent, CONNECT, inner, 3128), 'open');
      assert.equal(await node(agent, CONNECT, inner, 22), 'ECONNREFUSED');
      assert.notEqual(await node(agent, CONNECT, outward, 3128), 'open');
      assert.equal(await node(open, CONNECT, outward, 3128), 'ECONNREFUSED', 'nobody on the outer network can use it');
    });

    it('has no name server but the proxy, and gets no datagram out', async () => {
      asked.length = 0;
      const own = (await place.docker.getContainer(`tmux-agents-${agent.agentId}`).inspect()).NetworkSettings.Networks;
      const gateway = Object.values(own)[0]?.IPAddress.replace(/\d+$/, (last) => String(Math.floor(Number(last) / 8) * 8 + 1)) ?? '';
      assert.equal(await node(open, DATAGRAM, host, namesPort, 'from the open one'), 'sent');
      for (const address of [host, gateway]) await node(agent, DATAGRAM, address, namesPort, 'leak');
      await node(agent, RESOLVE, 'leak.example', `${host}:${namesPort}`, `${gateway}:${namesPort}`);
      // The control comes last: whatever was sent before it would be here by then.
      await node(open, RESOLVE, 'control.example', `${host}:${namesPort}`);
      assert.ok(asked.some((message) => message.includes('control')) && asked.some((message) => message.includes('from the open one')));
      assert.deepEqual(asked.filter((message) => message.includes('leak')), []);
      assert.match(await node(agent, RESOLVE, 'registry.npmjs.org'), /^E[A-Z]+$/);
      const { HostConfig } = await place.docker.getContainer(`tmux-agents-${agent.agentId}`).inspect();
      assert.deepEqual(HostConfig.Dns, ['127.0.0.1']);
    });

    it('has no IPv6, cannot ping, and cannot change its network', async () => {
      const addresses = await node(agent, "console.log(Object.values(require('node:os').networkInterfaces()).flat().filter(({ family, internal }) => family === 'IPv6' && !internal).length)");
      assert.equal(addresses, '0');
      assert.match(await node(agent, CONNECT, '2606:4700::1111', 443), /^E(NETUNREACH|ADDRNOTAVAIL|HOSTUNREACH|AFNOSUPPORT)$/);
      // Echo requests need no privilege; raw ones do. perl is part of every Debian.
      const ping = `use Socket; socket(S, PF_INET, $ARGV[1] eq 'raw' ? SOCK_RAW : SOCK_DGRAM, 1) or (print("no socket") and exit);
        my $sum = 0xffff - 0x0800; send(S, pack('C2n3', 8, 0, $sum, 0, 0), 0, sockaddr_in(0, inet_aton($ARGV[0]))) or (print("no way") and exit);
        my $r = ''; vec($r, fileno(S), 1) = 1; print(select($r, undef, undef, 2.5) ? "answer" : "silence");`;
      assert.equal(await run(open, ['perl', '-e', ping, host]), 'answer');
      assert.notEqual(await run(agent, ['perl', '-e', ping, host]), 'answer');
      assert.equal(await run(agent, ['perl', '-e', ping, host, 'raw']), 'no socket');
      const status = await run(agent, ['sh', '-c', 'grep CapEff /proc/self/status']);
      assert.match(status, /CapEff:\s+0+$/);
    });

    it('is listed as restricted, its proxy and network are marked, confined and no agents themselves', async () => {
      const agents = await place.runtime().listAgents();
      assert.deepEqual(agents.map(({ agentId, network }) => [agentId, network]).sort(), [[open.agentId, undefined], [agent.agentId, 'restricted'], [other.agentId, 'restricted']].sort());
      const { HostConfig, Config, State } = await place.docker.getContainer(`tmux-agents.egress.${agent.agentId}`).inspect();
      assert.deepEqual([HostConfig.ReadonlyRootfs, HostConfig.CapDrop, HostConfig.Privileged, State.Running], [true, ['ALL'], false, true]);
      assert.equal(Config.Labels['tmux-agents.egress'], agent.agentId);
      const [network] = await place.docker.listNetworks({ filters: { label: [`tmux-agents.egress=${agent.agentId}`] } });
      assert.deepEqual([network?.Internal, network?.EnableIPv6], [true, false]);
    });

    it('keeps its network when another of its id is refused', async () => {
      await assert.rejects(runtime.spawnAgent(config([], { agentId: agent.agentId })), (error) => isAgentsError(error, 'name-taken'));
      assert.match(await run(agent, ['curl', '-sS', `http://${host}:${port}/`]), /^GET \/ /);
    });

    it('takes everything with it when it is killed, even by another process; its log stays', async () => {
      // A tunnel that is open at the end is written down, too.
      const dangling = runtime.getExecutor(agent).run(['node', '-e', `const socket = require('node:net').connect(3128, new URL(process.env.HTTP_PROXY).hostname, () => socket.write('CONNECT ${host}:${port} HTTP/1.1\\r\\n\\r\\n')); socket.once('data', () => console.log('open')); socket.on('close', () => process.exit())`], { timeoutMs: STEP_MS }).catch(() => undefined);
      const before = await runtime.readAudit(agent.agentId);
      await place.runtime().killAgent(agent, { graceMs: 500 });
      await dangling;
      assert.deepEqual(await leftovers(agent.agentId), []);
      const after = await place.runtime().readAudit(agent.agentId);
      assert.deepEqual(after.slice(0, before.length), before);
      assert.ok(before.length > 5);
    });
  });

  describe('that comes and goes', () => {
    beforeEach(() => {
      runtime = place.runtime();
    });
    afterEach(() => place.clean());

    it('is restricted where the runtime says so, with the hosts of runtime, agent and provider', async () => {
      const strict = place.runtime({ egress: { mode: 'restricted', allow: ['a.example'] } });
      const { agentId } = await strict.spawnAgent(place.config(undefined, { providerHosts: ['b.example'] }));
      const { Config } = await place.docker.getContainer(`tmux-agents.egress.${agentId}`).inspect();
      const settings = JSON.parse(Config.Cmd.at(-1) ?? '') as { rules: { text: string }[] };
      assert.deepEqual(settings.rules.map(({ text }) => text), ['a.example', 'b.example']);
      const [listed] = await strict.listAgents();
      assert.equal(listed?.network, 'restricted');
    });

    for (const step of ['network', 'create', 'start', 'connect', 'proxy', 'launch'] satisfies SpawnStep[]) {
      it(`leaves nothing behind when its spawn is cancelled at "${step}"`, async () => {
        const end = new AbortController();
        const wish = config([]);
        const spawning = runtime.spawnAgent(wish, { signal: end.signal, onProgress: (now) => now === step && end.abort() });
        await assert.rejects(spawning, (error) => isAgentsError(error, 'cancelled'));
        await nothingLeft(wish.agentId);
        assert.deepEqual(await place.networks(), [], 'nor the outer network');
      });
    }

    it('leaves nothing behind when its program text cannot run in the image', async () => {
      const wish = config([]);
      const broken = place.runtime({ image: 'no-such-image:1' });
      await assert.rejects(broken.spawnAgent(wish), (error) => isAgentsError(error, 'image-missing'));
      await nothingLeft(wish.agentId);
    });

    it('is followed by its proxy and network when somebody removes its container, seen or unseen', async () => {
      const watching = runtime.watch();
      const [seen, unseen] = [config([]), config([])];
      await runtime.spawnAgent(seen);
      await runtime.spawnAgent(unseen);
      const gone = changeOf(runtime, ({ type, agent }) => type === 'gone' && agent.agentId === seen.agentId);
      await place.docker.getContainer(`tmux-agents-${seen.agentId}`).remove({ force: true });
      await gone;
      await nothingLeft(seen.agentId);
      watching.dispose();
      await place.docker.getContainer(`tmux-agents-${unseen.agentId}`).remove({ force: true });
      assert.notDeepEqual(await leftovers(unseen.agentId), []);
      // The next process finds it with its first look.
      await place.runtime().listAgents();
      await nothingLeft(unseen.agentId);
    });

    it('has its proxy again after a crash of that', async () => {
      const handle = await runtime.spawnAgent(config([`${host}:${port}`]));
      const proxy = place.docker.getContainer(`tmux-agents.egress.${handle.agentId}`);
      const events = (await place.docker.getEvents({ filters: { event: ['start'], container: [proxy.id] } })) as NodeJS.ReadableStream & { destroy(): void };
      const ready = new Promise<void>((resolve) => events.once('data', () => resolve()));
      // Not by the engine's kill, after which it would not be started again.
      const { State } = await proxy.inspect();
      process.kill(State.Pid, 'SIGKILL');
      await waitFor(ready, { timeoutMs: STEP_MS, what: 'the proxy to be started again' }).finally(() => events.destroy());
      assert.match(await run(handle, ['curl', '-sS', '--retry', '20', '--retry-connrefused', '--retry-delay', '0', '--retry-max-time', '30', `http://${host}:${port}/`]), /^GET \/ /);
    });
  });
});
