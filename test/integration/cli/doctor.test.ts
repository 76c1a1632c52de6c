// The doctor's findings, on a machine that has things and one that has not.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { runDoctor, type DoctorCheck } from '../../../src/runner/doctor.ts';
import { isTooOld } from '../../../src/tmux/tmuxVersion.ts';
import { needs } from '../../support/requirements.ts';

describe('the doctor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
  let deaf: Server | undefined;
  after(() => {
    deaf?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const config = (docker: object | false) => parseConfig({ runtimes: { docker } }, 'test');
  const by = (checks: readonly DoctorCheck[], id: string): DoctorCheck => checks.find((check) => check.id === id) ?? assert.fail(`no check ${id}`);
  const program = (name: string, script: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  };

  it('finds what is there, with versions and paths', async function () {
    needs(this, 'tmux', 'git');
    program('claude', 'exit 0');
    const checks = await runDoctor(config(false), { env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` } });
    assert.match(by(checks, 'tmux').message, /^tmux \d/);
    assert.match(by(checks, 'git').message, /^git version/);
    assert.deepEqual(by(checks, 'provider:claude'), { id: 'provider:claude', title: 'Claude Code', status: 'ok', message: `Found at ${join(folder, 'claude')}.` });
    assert.ok(!checks.some(({ id }) => id.startsWith('docker') || id === 'provider:demo' || id === 'provider:custom'));
  });

  it('says what to do about what is missing', async () => {
    const checks = await runDoctor(config({ socketPath: '/nonexistent/docker.sock' }), { env: { PATH: '/nonexistent' } });
    assert.equal(by(checks, 'tmux').status, 'fail');
    for (const id of ['git', 'docker:docker', 'image:docker', 'docker-cli', 'provider:codex']) assert.equal(by(checks, id).status, 'warn', id);
    for (const check of checks) {
      assert.match(check.message, /\.$/);
      if (check.id !== 'image:docker' && check.id !== 'records') assert.ok((check.fix ?? '').length > 10, check.id);
    }
    assert.match(by(checks, 'docker:docker').message, /not reachable at unix:\/\/\/nonexistent\/docker\.sock/);
  });

  it('names records that cannot be read', async () => {
    const state = join(folder, 'state');
    mkdirSync(join(state, 'tmux-agents', 'workspaces'), { recursive: true });
    const path = join(state, 'tmux-agents', 'workspaces', 'broken.json');
    assert.equal(by(await runDoctor(config(false), { env: { PATH: folder, XDG_STATE_HOME: state } }), 'records').status, 'ok');
    writeFileSync(path, '{"v":1');
    const found = by(await runDoctor(config(false), { env: { PATH: folder, XDG_STATE_HOME: state } }), 'records');
    assert.equal(found.status, 'warn');
    assert.ok(found.message.includes(`The record ${path} is damaged (`), found.message);
  });

  it('knows that a tmux is too old', async () => {
    program('old-tmux', 'echo tmux 3.1c');
    const checks = await runDoctor(parseConfig({ runtimes: { local: { tmuxPath: join(folder, 'old-tmux') }, docker: false } }, 'test'));
    assert.deepEqual([by(checks, 'tmux').status, by(checks, 'tmux').message], ['fail', 'tmux 3.1c is too old.']);
    assert.deepEqual(['tmux 3.2', 'tmux 3.3a', 'tmux next-3.6', 'tmux master', 'tmux 10.0'].map(isTooOld), [false, false, false, false, false]);
    assert.deepEqual(['tmux 3.1c', 'tmux 2.9', 'tmux 1.8'].map(isTooOld), [true, true, true]);
  });

  it('does not wait for a Docker that never answers, nor keep the others from answering', async () => {
    const socketPath = join(folder, 'deaf.sock');
    deaf = createServer(() => undefined);
    await new Promise<void>((resolve) => deaf?.listen(socketPath, resolve));
    const started = performance.now();
    const checks = await runDoctor(config({ socketPath }), { timeoutMs: 400 });
    assert.ok(performance.now() - started < 3_000);
    assert.equal(by(checks, 'docker:docker').status, 'warn');
    assert.match(by(checks, 'docker:docker').message, /does not answer|Timed out/);
    assert.notEqual(by(checks, 'git').message, '');
  });

  it('can be cancelled', async () => {
    await assert.rejects(runDoctor(config(false), { signal: AbortSignal.abort() }), (error) => isAgentsError(error, 'cancelled'));
  });

  it('asks a real engine, and sees that an image is missing', async function () {
    needs(this, 'docker');
    const checks = await runDoctor(config({ image: 'tmux-agents-test-no-such-image:1' }));
    assert.equal(by(checks, 'docker:docker').status, 'ok');
    assert.match(by(checks, 'docker:docker').message, /^Docker .+ answers at /);
    assert.equal(by(checks, 'image:docker').status, 'warn');
    assert.match(by(checks, 'image:docker').fix ?? '', /build\.sh/);
  });
});
