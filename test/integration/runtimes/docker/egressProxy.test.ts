// The proxy's program with real connections on this machine, and with names that lead where a test wants them to.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as esbuild from 'esbuild';
import { root } from '../../../../scripts/lib/paths.mjs';
import { Emitter } from '../../../../src/base/event.ts';
import { waitForEvent } from '../../../../src/base/wait.ts';
import { EgressEntry, parseHostRule } from '../../../../src/protocol/network.ts';
import { createProxy, type Proxy } from '../../../../src/runtimes/docker/egress/proxyProgram.ts';

describe("the proxy's program", function () {
  this.timeout(30_000);
  let upstream: Server;
  let port: number;
  let proxy: Proxy | undefined;
  const sockets: Socket[] = [];
  const logged = new Emitter<EgressEntry>();
  const entries: EgressEntry[] = [];

  before(async () => {
    upstream = createServer({ allowHalfOpen: true }, (socket) => {
      let said = '';
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => (said += bytes.toString()));
      socket.on('end', () => socket.end(`got ${said}`));
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    port = (upstream.address() as AddressInfo).port;
  });
  after(() => void upstream.close());
  afterEach(() => {
    proxy?.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    entries.length = 0;
  });

  async function open(allow: readonly string[], resolve?: (host: string) => Promise<readonly string[]>): Promise<number> {
    const rules = allow.map((text) => parseHostRule(text) ?? assert.fail(text));
    proxy = createProxy({ agentId: 'a', address: '127.0.0.1', port: 0, rules }, (entry) => {
      entries.push(EgressEntry.parse(JSON.parse(JSON.stringify(entry))));
      logged.fire(entry);
    }, resolve);
    return proxy.listen();
  }

  /** All that comes back for these bytes; the connection is closed for writing after them. */
  async function exchange(at: number, text: string): Promise<string> {
    const socket = connect({ port: at, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    let answer = '';
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString()));
    socket.end(text);
    await once(socket, 'close');
    return answer;
  }

  it('connects to the very address that it checked: the name is looked up once', async () => {
    const answers = [['127.0.0.1'], ['10.9.9.9']];
    let lookups = 0;
    const at = await open(['name.example:' + port, `127.0.0.1:${port}`], () => Promise.resolve(answers[lookups++] ?? []));
    const ended = waitForEvent(logged.event, ({ event }) => event === undefined, { timeoutMs: 10_000, what: 'the line of the log' });
    assert.match(await exchange(at, `CONNECT name.example:${port} HTTP/1.1\r\n\r\nhello`), /200[^]*got hello$/);
    const { rule, address, sent, received } = await ended;
    assert.deepEqual([lookups, rule, address, sent, received], [1, `name.example:${port}`, '127.0.0.1', 5, 9]);
  });

  it('refuses a name that leads to a private address, and looks up no name that is not listed', async () => {
    const asked: string[] = [];
    const at = await open(['*.example:' + port], (host) => {
      asked.push(host);
      return Promise.resolve(['127.0.0.1', '169.254.169.254', '::1']);
    });
    assert.match(await exchange(at, `CONNECT a.example:${port} HTTP/1.1\r\n\r\n`), /^HTTP\/1\.1 403 [^]*private address/);
    assert.match(await exchange(at, `CONNECT secret-in-a-name.evil.test:${port} HTTP/1.1\r\n\r\n`), /^HTTP\/1\.1 403 [^]*allowlist/);
    assert.deepEqual(asked, ['a.example']);
    assert.deepEqual(entries.map(({ verdict, reason, rule }) => [verdict, reason, rule]), [['denied', 'private-address', undefined], ['denied', 'not-listed', undefined]]);
  });

  it('writes down what is no request for a proxy, and what came to nothing', async () => {
    const at = await open(['gone.example', '*'], () => Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' })));
    assert.match(await exchange(at, 'CONNECT nonsense HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400/);
    assert.match(await exchange(at, 'GET /path HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 400/);
    assert.match(await exchange(at, 'CONNECT gone.example:443 HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 502[^]*ENOTFOUND/);
    assert.deepEqual(entries.map(({ verdict, reason, error }) => [verdict, reason, error]), [['denied', 'malformed', undefined], ['denied', 'malformed', undefined], ['allowed', undefined, 'ENOTFOUND']]);
  });

  it('writes down a tunnel when it opens, and when it ends, as at its own end', async () => {
    const at = await open([`127.0.0.1:${port}`]);
    const socket = connect(at, '127.0.0.1');
    sockets.push(socket);
    socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\nabc`);
    await once(socket, 'data');
    assert.deepEqual(entries.map(({ event, verdict, host, address }) => [event, verdict, host, address]), [['opened', 'allowed', '127.0.0.1', '127.0.0.1']]);
    proxy?.close();
    assert.deepEqual(entries.map(({ event, at: began }) => [event, began]), [['opened', entries[0]?.at], [undefined, entries[0]?.at]]);
  });

  it('is built into one text that runs by itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'egress-'));
    try {
      const { bundles } = (await import(join(root, 'scripts/lib/bundles.mjs'))) as { bundles: () => { name: string; options: esbuild.BuildOptions }[] };
      const bundle = bundles().find(({ name }) => name === 'egress proxy');
      assert.ok(bundle);
      const outfile = join(folder, 'egressProxy.mjs');
      await esbuild.build({ ...bundle.options, outfile });
      const text = readFileSync(outfile, 'utf8');
      assert.ok(text.length < 100_000, 'an argument holds at most 128 KB');
      const settings = JSON.stringify({ agentId: 'a', address: '203.0.113.77', port: 0, rules: [] });
      await assert.rejects(promisify(execFile)(process.execPath, ['--input-type=module', '-e', text, '--', settings]), (error: Error & { stdout: string }) => error.stdout === '{"fault":"it has no address 203.0.113.77"}\n');
      const here = JSON.stringify({ agentId: 'a', address: '127.0.0.1', port: 0, rules: [] });
      const child = spawn(process.execPath, ['--input-type=module', '-e', text, '--', here], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      // The loopback of this machine may have IPv6: then it says so and ends.
      assert.match(said.toString(), /^\{"(ready":true|fault":"it has IPv6")\}\n$/);
      const exited = child.exitCode !== null ? Promise.resolve() : once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    } finally {
      await esbuild.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
