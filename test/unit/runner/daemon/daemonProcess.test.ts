// The parts of the daemon's process: its socket, its log, its folder, its unit, and the files that containers are made of.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { root } from '../../../../scripts/lib/paths.mjs';
import { waitForEvent } from '../../../../src/base/wait.ts';
import { Emitter } from '../../../../src/base/event.ts';
import { unitText } from '../../../../src/cli/commands/runnerInstall.ts';
import type { DaemonStatus } from '../../../../src/protocol/daemonStatus.ts';
import { daemonPlaces } from '../../../../src/runner/daemon/process/daemonPlaces.ts';
import { LogFile } from '../../../../src/runner/daemon/process/logFile.ts';
import { askStatus, serveStatus } from '../../../../src/runner/daemon/process/statusSocket.ts';
import { watchFile } from '../../../../src/runner/daemon/process/watchFile.ts';

const status: DaemonStatus = { v: 1, pid: 1, version: '1', startedAt: 0, config: '/c', log: '/l', name: 'n', capabilities: [], connection: { state: 'connected', since: 1, extension: true }, status: 'online', agentCount: 0, maxAgents: 3, agents: [], resultsWaiting: 0, errors: [] };

describe("the daemon's process", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tmux-agents-daemon-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is asked through a socket for its user alone, also where a dead one left its own', async () => {
    const path = join(folder, 'state', 'status.sock');
    assert.equal(await askStatus(path), undefined);
    mkdirSync(join(folder, 'state'), { mode: 0o700 });
    writeFileSync(path, '');
    const served = await serveStatus(path, () => status);
    try {
      assert.deepEqual(await askStatus(path), status);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      const rude = connect(path);
      rude.write('not json\n');
      const [answer] = (await once(rude, 'data')) as [Buffer];
      assert.match(answer.toString(), /^\{"error"/);
      rude.on('error', () => undefined).write('x'.repeat(20_000));
      await once(rude, 'close');
      assert.deepEqual(await askStatus(path), status);
    } finally {
      served.dispose();
    }
    assert.equal(existsSync(path), false);
    assert.equal(await askStatus(path), undefined);
  });

  it('puts no socket into a folder that others can write to', async () => {
    mkdirSync(join(folder, 'open'), { mode: 0o777 });
    const open = join(folder, 'open');
    chmodSync(open, 0o777);
    await assert.rejects(serveStatus(join(open, 'status.sock'), () => status), /not this user's alone/);
  });

  it('has a folder for each configuration, and a socket whose path is short enough', () => {
    const env = { XDG_STATE_HOME: '/state' };
    const one = daemonPlaces({ path: '/a/runner.yaml', stateDir: undefined }, env);
    assert.match(one.folder, /^\/state\/tmux-agents\/runner\/[0-9a-f]{12}$/);
    assert.equal(one.socket, join(one.folder, 'status.sock'));
    assert.notEqual(daemonPlaces({ path: '/b/runner.yaml', stateDir: undefined }, env).folder, one.folder);
    const long = daemonPlaces({ path: '/a/runner.yaml', stateDir: `/${'x'.repeat(200)}` }, env);
    assert.ok(Buffer.byteLength(long.socket) < 100 && long.folder.startsWith('/xxx'));
  });

  it('logs into a file for its user alone, begins another when it is large, and keeps secrets out', () => {
    const log = new LogFile(join(folder, 'logs'), { mostBytes: 500, kept: 2, redact: (text) => text.replaceAll('secret', '***') });
    for (let number = 0; number < 40; number++) log.info(`line ${number} with a secret`);
    log.warn('something');
    log.error('two\nlines');
    log.dispose();
    log.info('after the end');
    assert.deepEqual(readdirSync(join(folder, 'logs')).sort(), ['sibyl-runner.log', 'sibyl-runner.log.1', 'sibyl-runner.log.2']);
    const text = readFileSync(log.path, 'utf8');
    assert.match(text, /error two\n {2}lines\n$/);
    assert.ok(!text.includes('secret') && text.length <= 600);
    assert.equal(statSync(log.path).mode & 0o777, 0o600);
    assert.deepEqual(log.errors.map(({ message }) => message), ['something', 'two\nlines']);
  });

  it('notices that its configuration was made, and replaced', async () => {
    const path = join(folder, 'config', 'runner.yaml');
    const changed = new Emitter<void>();
    const watching = watchFile(path, () => changed.fire());
    try {
      for (const text of ['a', 'b']) {
        const seen = waitForEvent(changed.event, () => true, { timeoutMs: 5_000, what: 'the change' });
        writeFileSync(`${path}.tmp`, text);
        renameSync(`${path}.tmp`, path);
        await seen;
      }
    } finally {
      watching.dispose();
    }
  });

  it('has a unit whose words systemd reads as they are', () => {
    const unit = unitText({ argv: ['/usr/bin/node', '/my apps/cli.mjs', 'runner', 'run', '--config', '/h/100%/$x "y".yaml'], path: '/a b:/usr/bin', drainSeconds: 30 });
    assert.match(unit, /^ExecStart=\/usr\/bin\/node "\/my apps\/cli\.mjs" runner run --config "\/h\/100%%\/\$\$x \\"y\\"\.yaml"$/m);
    assert.match(unit, /^Environment="PATH=\/a b:\/usr\/bin"$/m);
    assert.match(unit, /^TimeoutStopSec=45$/m);
    assert.match(unit, /^KillMode=process$/m);
  });
});

describe("the runner's container files", () => {
  const read = (name: string): string => readFileSync(join(root, 'docker', 'runner', name), 'utf8');
  const places = ['/var/sibyl/worktrees', '/var/sibyl/config'];

  it('have the variables and volumes of the seed', () => {
    const dockerfile = read('Dockerfile');
    assert.match(dockerfile, /SIBYL_WORKTREE_BASE=\/var\/sibyl\/worktrees/);
    assert.match(dockerfile, /SIBYL_CONFIG_DIR=\/var\/sibyl\/config/);
    assert.match(dockerfile, /VOLUME \["\/var\/sibyl\/worktrees", "\/var\/sibyl\/config"\]/);
    const { services } = parse(read('compose.yaml')) as { readonly services: { readonly runner: { readonly environment: Record<string, string>; readonly volumes: readonly string[] } } };
    assert.deepEqual(services.runner.volumes.map((volume) => volume.split(':')[1]), places);
    assert.deepEqual([services.runner.environment['SIBYL_WORKTREE_BASE'], services.runner.environment['SIBYL_CONFIG_DIR']], places);
    assert.ok('SIBYL_SERVER_URL' in services.runner.environment);
    const [set] = parseAllDocuments(read('kubernetes.yaml')).map((document) => document.toJS() as { readonly kind: string; readonly spec: { readonly template: { readonly spec: { readonly containers: readonly { readonly volumeMounts: readonly { readonly mountPath: string }[] }[] } } } });
    assert.equal(set?.kind, 'StatefulSet');
    assert.deepEqual(set?.spec.template.spec.containers[0]?.volumeMounts.map(({ mountPath }) => mountPath), places);
  });
});
