// The proxy itself: a program that runs in a container beside the agent's. It is sent there as text (programText.ts), so it imports nothing but Node's own modules.
import { lookup as dnsLookup } from 'node:dns';
import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { BlockList, connect, isIP, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import type { EgressEntry, HostRule } from '../../../protocol/network.ts';

export interface ProxySettings {
  readonly agentId: string;
  /** Its own address on the agent's network: it listens there alone. */
  readonly address: string;
  readonly port: number;
  /** The address that the engine would give the host on that network. Nobody may have it. Absent: not looked for. */
  readonly gateway?: string | undefined;
  readonly rules: readonly HostRule[];
}

export type Verdict = { readonly allowed: true; readonly rule: HostRule } | { readonly allowed: false; readonly reason: NonNullable<EgressEntry['reason']> };

export type Resolve = (host: string) => Promise<readonly string[]>;

/** Milliseconds that connecting to one address may take. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Milliseconds in which the host, were it there, answers for its address on a bridge of its own. */
const NEIGHBOUR_MS = 150;
const MAX_CONNECTIONS = 256;
const MAX_ADDRESSES = 4;
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/** What no name may lead to unless its address is listed: this machine, private and link-local networks (metadata services included), multicast. */
const closed = new BlockList();
for (const [network, prefix] of [['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['224.0.0.0', 4], ['240.0.0.0', 4]] as const) {
  closed.addSubnet(network, prefix, 'ipv4');
}
// Within the global ones: Teredo and 6to4, which hold IPv4 addresses.
closed.addSubnet('2001::', 32, 'ipv6');
closed.addSubnet('2002::', 16, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');

/** True for addresses of the public internet. */
export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return family === 4 ? !closed.check(address, 'ipv4') : global6.check(address, 'ipv6') && !closed.check(address, 'ipv6');
}

/** The verdict on a host as it was asked for: in lower case, a name or an address. Nothing is resolved. */
export function judge(rules: readonly HostRule[], host: string, port: number): Verdict {
  const address = isIP(host) !== 0;
  const naming = rules.filter((rule) => {
    switch (rule.kind) {
      case 'any':
        return !address || isPublic(host);
      case 'address':
      case 'name':
        return host === rule.host;
      case 'below':
        return !address && host.endsWith(`.${rule.host}`);
    }
  });
  const rule = naming.find((candidate) => portFits(candidate, port));
  if (rule !== undefined) return { allowed: true, rule };
  return { allowed: false, reason: naming.length > 0 ? 'port-not-listed' : 'not-listed' };
}

/** Of the addresses that an allowed name leads to, those that may be connected to. */
export function reachable(rules: readonly HostRule[], addresses: readonly string[], port: number): string[] {
  return addresses.filter((address) => isPublic(address) || rules.some((rule) => rule.kind === 'address' && rule.host === address && portFits(rule, port)));
}

function portFits(rule: HostRule, port: number): boolean {
  return rule.port === undefined ? port === 443 || port === 80 : rule.port === port;
}

/** Reads `host:port`, as in a CONNECT request. Undefined for what names no host. */
export function parseTarget(text: string): { readonly host: string; readonly port: number } | undefined {
  const { six, name = '', port } = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<name>[A-Za-z0-9._-]{1,253})):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  const host = six === undefined ? name.toLowerCase().replace(/\.$/, '') : isIP(six) === 6 ? new URL(`http://[${six}]`).hostname.slice(1, -1) : '';
  const number = Number(port);
  return host === '' || !(number >= 1 && number <= 65_535) ? undefined : { host, port: number };
}

export const resolveName: Resolve = (host) =>
  new Promise((resolve, reject) => {
    dnsLookup(host, { all: true, verbatim: true }, (error, found) => (error === null ? resolve(found.map(({ address }) => address)) : reject(error)));
  });

/** One attempt, from its first byte to its last line in the log. */
class Attempt {
  sent = 0;
  received = 0;
  readonly #began = Date.now();
  readonly #about: Pick<EgressEntry, 'agentId' | 'via' | 'host' | 'port'>;
  readonly #log: (entry: EgressEntry) => void;
  #outcome: Pick<EgressEntry, 'verdict' | 'rule' | 'reason' | 'address' | 'error'> = { verdict: 'denied', reason: 'malformed' };
  #ended = false;

  constructor(about: Pick<EgressEntry, 'agentId' | 'via' | 'host' | 'port'>, log: (entry: EgressEntry) => void) {
    this.#about = about;
    this.#log = log;
  }

  set(outcome: Pick<EgressEntry, 'verdict' | 'rule' | 'reason' | 'address' | 'error'>): void {
    this.#outcome = { ...this.#outcome, reason: undefined, ...outcome };
  }

  /** A tunnel may be open for days: it is told of at once. */
  opened(): void {
    if (!this.#ended) this.#log(this.#entry({ event: 'opened' }));
  }

  end(error?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#log(this.#entry(error === undefined ? {} : { error }));
  }

  #entry(more: Pick<EgressEntry, 'event' | 'error'>): EgressEntry {
    return { v: 1, at: new Date(this.#began).toISOString(), ...this.#about, ...this.#outcome, ...more, sent: this.sent, received: this.received, ms: Date.now() - this.#began };
  }
}

export interface Proxy {
  /** Resolves when it listens; `port` 0 becomes a free one. */
  listen(): Promise<number>;
  /** Ends all connections, each with its line in the log. */
  close(): void;
}

export function createProxy(settings: ProxySettings, log: (entry: EgressEntry) => void, resolve: Resolve = resolveName): Proxy {
  const { rules } = settings;
  const open = new Set<Attempt>();
  const sockets = new Set<Duplex>();

  function begin(via: EgressEntry['via'], host: string, port: number): Attempt {
    const attempt = new Attempt({ agentId: settings.agentId, via, host: host.slice(0, 255), port }, (entry) => {
      if (entry.event === undefined) open.delete(attempt);
      log(entry);
    });
    open.add(attempt);
    return attempt;
  }

  /** Where it may be connected to, or the sentence that refuses it. The name is resolved once, and what was checked is what is connected to. */
  async function admit(attempt: Attempt, host: string, port: number): Promise<readonly string[] | string> {
    const verdict = judge(rules, host, port);
    if (!verdict.allowed) {
      attempt.set({ verdict: 'denied', reason: verdict.reason });
      return verdict.reason === 'not-listed' ? `${host} is not on this agent's allowlist` : `${host} is on this agent's allowlist, but not with port ${port}`;
    }
    const rule = verdict.rule.text;
    attempt.set({ verdict: 'allowed', rule });
    if (isIP(host) !== 0) return [host];
    const addresses = await resolve(host);
    const usable = reachable(rules, addresses, port);
    if (usable.length > 0 || addresses.length === 0) return usable.slice(0, MAX_ADDRESSES);
    attempt.set({ verdict: 'denied', reason: 'private-address', rule: undefined });
    return `${host} leads to a private address, which this agent's allowlist does not name`;
  }

  /** The first of the addresses that answers. */
  async function reach(attempt: Attempt, addresses: readonly string[], port: number): Promise<Socket> {
    let fault: unknown = Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
    for (const address of addresses) {
      try {
        const socket = await connected(address, port);
        attempt.set({ verdict: 'allowed', address });
        return socket;
      } catch (error) {
        fault = error;
      }
    }
    throw fault;
  }

  async function tunnel(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const target = parseTarget(request.url ?? '');
    const attempt = begin('connect', target?.host ?? request.url ?? '', target?.port ?? 0);
    keep(client, () => attempt.end());
    if (target === undefined) return refuse(client, attempt, 400, 'tmux-agents: this names no host and port');
    try {
      const admitted = await admit(attempt, target.host, target.port);
      if (typeof admitted === 'string') return refuse(client, attempt, 403, `tmux-agents: ${admitted}`);
      const upstream = await reach(attempt, admitted, target.port);
      keep(upstream, () => undefined);
      if (client.destroyed) return void upstream.destroy();
      attempt.opened();
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.on('data', (bytes: Buffer) => (attempt.sent += bytes.length));
      upstream.on('data', (bytes: Buffer) => (attempt.received += bytes.length));
      attempt.sent += head.length;
      if (head.length > 0) upstream.write(head);
      // Who said all in one go has ended by now.
      if (client.readableEnded) upstream.end();
      else client.pipe(upstream);
      upstream.pipe(client);
      // What ended in one direction may go on in the other; what broke is broken for both.
      upstream.once('close', () => upstream.readableEnded || client.destroy());
      client.once('close', () => upstream.destroy());
    } catch (error) {
      refuse(client, attempt, 502, `tmux-agents: ${target.host} cannot be reached: ${codeOf(error)}`, codeOf(error));
    }
  }

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
    const target = url?.protocol === 'http:' ? parseTarget(`${url.hostname}:${url.port || '80'}`) : undefined;
    // The path is nobody's business: it may hold a secret.
    const attempt = begin('http', target?.host ?? url?.hostname ?? '', target?.port ?? 0);
    response.once('close', () => attempt.end());
    if (url === undefined || target === undefined) return answer(response, 400, 'tmux-agents: this is a proxy, for CONNECT and http:// addresses');
    try {
      const admitted = await admit(attempt, target.host, target.port);
      if (typeof admitted === 'string') return answer(response, 403, `tmux-agents: ${admitted}`);
      const socket = await reach(attempt, admitted, target.port);
      keep(socket, () => undefined);
      if (response.destroyed) return void socket.destroy();
      const headers = { ...withoutHops(request.headers), host: url.host, connection: 'close' };
      const upstream = httpRequest({ createConnection: () => socket, method: request.method, path: `${url.pathname}${url.search}`, headers, setHost: false });
      upstream.once('response', (incoming) => {
        response.writeHead(incoming.statusCode ?? 502, withoutHops(incoming.headers));
        incoming.on('data', (bytes: Buffer) => (attempt.received += bytes.length));
        incoming.pipe(response);
      });
      upstream.once('error', (error) => (response.headersSent ? response.destroy() : answer(response, 502, `tmux-agents: ${target.host} cannot be reached: ${codeOf(error)}`)));
      response.once('close', () => upstream.destroy());
      request.on('data', (bytes: Buffer) => (attempt.sent += bytes.length));
      request.pipe(upstream);
    } catch (error) {
      attempt.end(codeOf(error));
      answer(response, 502, `tmux-agents: ${target.host} cannot be reached: ${codeOf(error)}`);
    }
  }

  function keep(socket: Duplex, ended: () => void): void {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      sockets.delete(socket);
      ended();
    });
  }

  const server = createServer({ requestTimeout: 0, headersTimeout: 15_000 }, (request, response) => void forward(request, response));
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connect', (request, client, head) => void tunnel(request, client, head));
  server.on('clientError', (_error, client) => client.destroy());

  return {
    listen: () =>
      new Promise((listening, failed) => {
        server.once('error', failed);
        server.listen(settings.port, settings.address, () => {
          const address = server.address();
          listening(address === null || typeof address === 'string' ? settings.port : address.port);
        });
      }),
    close: () => {
      for (const attempt of [...open]) attempt.end();
      for (const socket of sockets) socket.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
}

function refuse(client: Duplex, attempt: Attempt, status: 400 | 403 | 502, sentence: string, error?: string): void {
  attempt.end(error);
  const names = { 400: 'Bad Request', 403: 'Forbidden', 502: 'Bad Gateway' };
  if (!client.destroyed) client.end(`HTTP/1.1 ${status} ${names[status]}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(sentence) + 1}\r\nConnection: close\r\n\r\n${sentence}\n`);
}

function answer(response: ServerResponse, status: number, sentence: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`${sentence}\n`);
}

function withoutHops(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const named = (typeof headers.connection === 'string' ? headers.connection : '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined && !HOP_BY_HOP.includes(entry[0]) && !named.includes(entry[0])));
}

function connected(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, allowHalfOpen: true });
    const timer = setTimeout(() => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })), CONNECT_TIMEOUT_MS);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'failed';
}

/** Why this network would let something past the proxy, or undefined where it does not. */
async function leak({ address, gateway }: ProxySettings): Promise<string | undefined> {
  const own = Object.values(networkInterfaces()).find((addresses) => addresses?.some((one) => one.address === address));
  if (own === undefined) return `it has no address ${address}`;
  if (own.some(({ family }) => family === 'IPv6')) return 'it has IPv6';
  if (gateway === undefined || !(await isThere(gateway))) return undefined;
  return `the host has an address on it (${gateway})`;
}

/** Whether anybody on the network has this address: the kernel's table of neighbours says so, even where every port is filtered. */
async function isThere(address: string): Promise<boolean> {
  const socket = connect(9, address);
  const answered = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), NEIGHBOUR_MS);
    socket.once('connect', () => resolve(true));
    socket.once('error', (error) => resolve(codeOf(error) === 'ECONNREFUSED'));
    socket.once('close', () => clearTimeout(timer));
  });
  socket.destroy();
  const line = readFileSync('/proc/net/arp', 'utf8').split('\n').find((row) => row.startsWith(`${address} `));
  return answered || (line !== undefined && Number(line.split(/\s+/)[2]) !== 0);
}

/** As a program: one line of JSON for each attempt, and first one that says that it listens, or why it does not. */
export async function run(settings: ProxySettings): Promise<void> {
  const print = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  const fault = await leak(settings);
  if (fault !== undefined) {
    print({ fault });
    process.exitCode = 1;
    return;
  }
  const proxy = createProxy(settings, print);
  process.once('SIGTERM', () => proxy.close());
  process.once('SIGINT', () => proxy.close());
  await proxy.listen();
  print({ ready: true });
}
