// `tmux-agents hub` as a process: it listens, keeps what it has, says what is wrong, and ends when it is told to.
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../../../src/base/wait.ts';
import { call } from '../../support/hubWorld.ts';
import { needsPostgres, type PostgresServer } from '../../support/postgres.ts';
import { needs, needsThat } from '../../support/requirements.ts';
import { builtCommand, sourceCommand } from '../cli/commandWorld.ts';

const WAIT_MS = 30_000;

interface Running {
  readonly url: string;
  readonly adminLink: string | undefined;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly child: ChildProcess;
  /** Resolves to its exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

// As built where it is: loading it from its source takes seconds, and this is about the process.
const isBuilt = [builtCommand[0], builtCommand[0].replace('cli.mjs', 'hub.mjs')].every((file) => existsSync(file));
const command = isBuilt ? [process.execPath, ...builtCommand] : sourceCommand;

describe(`tmux-agents hub (${isBuilt ? 'as built' : 'from its source'})`, function () {
  this.timeout(60_000);
  let folder: string;
  const children = new Set<ChildProcess>();

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tmux-agents-hub-command-'))));
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all([...children].filter((child) => child.exitCode === null && child.signalCode === null).map((child) => once(child, 'close')));
    children.clear();
    rmSync(folder, { recursive: true, force: true });
  });

  function begin(args: readonly string[], env: Readonly<Record<string, string>> = {}): { readonly child: ChildProcess; readonly stdout: () => string; readonly stderr: () => string; readonly closed: Promise<number | null>; readonly line: (pattern: RegExp) => Promise<RegExpExecArray> } {
    const [program = '', ...first] = command;
    const { DATABASE_URL: _database, JWT_SECRET: _secret, E2E_TEST_MODE: _mode, ...inherited } = process.env;
    const child = spawn(program, [...first, 'hub', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...inherited, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config'), RUNNER_WORKSPACE_DIR: join(folder, 'workspaces'), RUNNER_CACHE_DIR: join(folder, 'cache'), NODE_NO_WARNINGS: '1', ...env } });
    children.add(child);
    let [stdout, stderr] = ['', ''];
    let look = (): void => undefined;
    child.stdout.on('data', (chunk: Buffer) => ((stdout += chunk.toString()), look()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const closed = once(child, 'close').then(([code]) => code as number | null);
    const line = (pattern: RegExp): Promise<RegExpExecArray> =>
      waitFor(
        new Promise<RegExpExecArray>((resolve, reject) => {
          look = () => {
            const match = pattern.exec(stdout);
            if (match !== null) resolve(match);
          };
          look();
          void closed.then((code) => reject(new Error(`The hub ended with ${code}: ${stdout}${stderr}`)));
        }),
        { timeoutMs: WAIT_MS, what: `${pattern} of the hub` },
      );
    return { child, stdout: () => stdout, stderr: () => stderr, closed, line };
  }

  async function start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Running> {
    const process = begin(['--port', '0', ...args], env);
    const [, url = ''] = await process.line(/^listening on (\S+)\n/);
    return {
      ...process,
      url,
      adminLink: /works once: (\S+)/.exec(process.stdout())?.[1],
      end: async (signal = 'SIGTERM') => {
        process.child.kill(signal);
        return await waitFor(process.closed, { timeoutMs: WAIT_MS, what: "the hub's end" });
      },
    };
  }

  async function refused(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ readonly code: number | null; readonly text: string }> {
    const { closed, stderr, stdout } = begin(args, env);
    const code = await waitFor(closed, { timeoutMs: WAIT_MS, what: 'its refusal' });
    return { code, text: stderr() + stdout() };
  }

  it('listens, makes its first admin by the link, and knows them after a restart', async () => {
    const first = await start();
    assert.match(first.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(statSync(join(folder, 'state', 'tmux-agents', 'hub')).mode & 0o777, 0o700);
    const token = new URL(first.adminLink ?? '').hash.replace('#token=', '');
    assert.equal((await call(first.url, 'POST', '/api/auth/setup', { body: { token, name: 'Ada', password: 'correct horse battery' } })).status, 200);
    const issued = await call(first.url, 'POST', '/api/auth/token', { body: { name: 'Ada', password: 'correct horse battery' } });
    assert.equal(await first.end(), 0);
    assert.equal(first.stderr(), '');

    const second = await start();
    assert.equal(second.adminLink, undefined);
    assert.equal((await call(second.url, 'GET', '/api/me', { headers: { authorization: `Bearer ${String(issued.at('token'))}` } })).at('name'), 'Ada');
    assert.equal((await call(second.url, 'GET', '/test/login/1')).status, 404);
    assert.equal(await second.end('SIGINT'), 0);
  });

  it('prints one JSON value when asked', async () => {
    const process = begin(['--json', '--port', '0', '--data', 'data']);
    const [text] = await process.line(/^\{[^]*\n\}\n/);
    const { url, adminLink } = JSON.parse(text) as { url: string; adminLink: string };
    assert.equal((await call(url, 'GET', '/healthz')).status, 200);
    assert.ok(adminLink.startsWith(`${url}/setup#token=`));
    assert.ok(existsSync(join(folder, 'data', 'hub.sqlite')));
    process.child.kill('SIGTERM');
    assert.equal(await process.closed, 0);
  });

  it('takes its secret and test mode of the environment, and keeps neither', async () => {
    const hub = await start(['--data', 'data'], { JWT_SECRET: 'secret-of-the-environment', E2E_TEST_MODE: 'true' });
    const login = await call(hub.url, 'GET', '/test/login/1?username=demo');
    assert.equal(login.at('name'), 'demo');
    assert.match(hub.stderr(), /E2E_TEST_MODE is on/);
    assert.ok(!existsSync(join(folder, 'data', 'secret')));
    assert.equal(await hub.end(), 0);
  });

  it('speaks TLS, with cookies for that alone', async function () {
    needs(this, 'openssl');
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'], { timeout: WAIT_MS });
    const hub = await start(['--tls-cert', 'cert.pem', '--tls-key', 'key.pem', '--host', '0.0.0.0'], { E2E_TEST_MODE: 'true' });
    assert.match(hub.url, /^https:\/\/localhost:\d+$/);
    assert.doesNotMatch(hub.stderr(), /no TLS/);
    const cookie = await new Promise<string>((resolve, reject) => {
      get(`https://127.0.0.1:${new URL(hub.url).port}/test/login/1`, { ca: readFileSync(cert), agent: false }, (response) => {
        response.resume();
        resolve(String(response.headers['set-cookie']));
      }).on('error', reject);
    });
    assert.match(cookie, /^access_token=.*; Secure/);
    assert.equal(await hub.end(), 0);

    const half = await refused(['--tls-cert', 'cert.pem']);
    assert.equal(half.code, 2);
    const missing = await refused(['--tls-cert', 'none.pem', '--tls-key', 'key.pem']);
    assert.deepEqual([missing.code, /There is no TLS certificate .*none\.pem/.test(missing.text)], [3, true]);
    writeFileSync(join(folder, 'other.pem'), 'no key');
    const wrong = await refused(['--tls-cert', 'cert.pem', '--tls-key', 'other.pem', '--data', 'other']);
    assert.deepEqual([wrong.code, /not valid/.test(wrong.text)], [2, true]);
  });

  it('says what is wrong, and what to do', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as { port: number };
    const taken = await refused(['--port', String(port)]);
    busy.close();
    assert.deepEqual([taken.code, taken.text.includes(`Port ${port} of 127.0.0.1 is in use.`), taken.text.includes('--port')], [5, true, true]);

    writeFileSync(join(folder, 'file'), '');
    const noFolder = await refused(['--data', 'file/data', '--port', '0']);
    assert.deepEqual([noFolder.code, /data folder .* cannot be written/.test(noFolder.text), /--data/.test(noFolder.text)], [1, true, true]);
    if (userInfo().uid !== 0) {
      chmodSync(folder, 0o500);
      assert.match((await refused(['--data', join(folder, 'data'), '--port', '0'])).text, /cannot be written: .*EACCES/);
      chmodSync(folder, 0o700);
    }

    const noDatabase = await refused(['--port', '0'], { DATABASE_URL: 'postgresql://ada:hush@127.0.0.1:1/hub' });
    assert.deepEqual([noDatabase.code, /cannot be reached/.test(noDatabase.text), /Does PostgreSQL run there/.test(noDatabase.text), /hush/.test(noDatabase.text)], [4, true, true, false]);
    assert.deepEqual([(await refused(['--port', 'many'])).code, (await refused(['start'])).code], [2, 2]);
    assert.equal((await refused(['--port', '0'], { JWT_SECRET: 'short' })).code, 2);
  });

  it('warns where passwords would travel openly, and refuses a folder that another hub has', async () => {
    const hub = await start(['--host', '0.0.0.0', '--data', 'data']);
    assert.match(hub.stderr(), /On 0\.0\.0\.0 others can reach the hub.*no TLS/);
    const second = await refused(['--port', '0', '--data', 'data']);
    assert.deepEqual([second.code, /Another hub already uses/.test(second.text)], [5, true]);
    assert.equal(await hub.end(), 0);
    const proxied = await start(['--host', '0.0.0.0', '--data', 'data', '--trust-proxy', '10.0.0.0/8']);
    assert.doesNotMatch(proxied.stderr(), /no TLS/);
    assert.equal(await proxied.end(), 0);
  });

  it('says so where it is the copy of the extension, which has no hub', async function () {
    needsThat(this, isBuilt, 'the command is not built: run npm run build');
    const copy = join(folder, 'cli.mjs');
    for (const file of ['cli.mjs', 'rules.cjs']) copyFileSync(builtCommand[0].replace('cli.mjs', file), join(folder, file));
    const failure = await promisify(execFile)(process.execPath, [copy, 'hub', '--port', '0'], { timeout: WAIT_MS }).then(() => undefined, (error: { code: number; stderr: string }) => error);
    assert.deepEqual([failure?.code, /has no hub/.test(failure?.stderr ?? '')], [1, true]);
  });

  describe('with PostgreSQL', () => {
    let postgres: PostgresServer | undefined;
    before(async function () {
      postgres = await needsPostgres(this);
    });
    after(() => postgres?.dispose());

    it('keeps everything there', async () => {
      const env = { DATABASE_URL: (await postgres?.database()) ?? '' };
      // Its own runner keeps its sessions on this machine.
      const hub = await start(['--no-runner'], env);
      const token = new URL(hub.adminLink ?? '').hash.replace('#token=', '');
      const setup = await call(hub.url, 'POST', '/api/auth/setup', { body: { token, name: 'Ada', password: 'correct horse battery' } });
      const cookie = (setup.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
      assert.equal(await hub.end(), 0);
      const again = await start(['--no-runner'], env);
      assert.equal((await call(again.url, 'GET', '/api/me', { headers: { cookie } })).at('name'), 'Ada');
      assert.equal(await again.end(), 0);
      assert.ok(!existsSync(join(folder, 'state')));
    });
  });
});
