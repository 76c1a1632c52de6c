// Which credentials are shown to agents: those that exist, can be read, and are not switched off.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../../src/base/log.ts';
import { AUTH_MOUNT_KEYS } from '../../../../src/protocol/authMountKeys.ts';
import { findAuthMounts } from '../../../../src/runtimes/docker/authMounts.ts';

describe('auth mounts', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'home-'));
  });
  afterEach(() => {
    rmSync(home, { recursive: true });
  });

  function fill(): void {
    for (const folder of ['.config/claude', '.config/gcloud', '.ssh', '.aider', '.claude', '.codex', '.gemini', '.config/opencode']) mkdirSync(join(home, folder), { recursive: true });
    for (const file of ['.gitconfig', '.claude.json']) writeFileSync(join(home, file), '');
  }

  it('are all of the documented places, read-only, in the home of the container user', async () => {
    fill();
    const mounts = await findAuthMounts({}, { containerHome: '/root', log: silentLog, home });
    assert.deepEqual(
      mounts.map(({ target }) => target).sort(),
      ['.aider', '.claude', '.claude.json', '.codex', '.config/claude', '.config/gcloud', '.config/opencode', '.gemini', '.gitconfig', '.ssh'].map((path) => `/root/${path}`),
    );
    assert.ok(mounts.every(({ readOnly, source, target }) => readOnly && source === join(home, target.slice('/root/'.length))));
    assert.equal(mounts.length, AUTH_MOUNT_KEYS.length);
  });

  it('are none in an empty home, without a warning', async () => {
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (message: string) => warnings.push(message) };
    assert.deepEqual(await findAuthMounts({}, { containerHome: '/root', log, home }), []);
    assert.deepEqual(warnings, []);
  });

  for (const key of AUTH_MOUNT_KEYS) {
    it(`can be switched off: ${key}`, async () => {
      fill();
      const all = await findAuthMounts({}, { containerHome: '/h', log: silentLog, home });
      const without = await findAuthMounts({ [key]: false }, { containerHome: '/h', log: silentLog, home });
      assert.equal(without.length, all.length - 1);
    });
  }

  it('leave out what cannot be read, with a warning that names it', async () => {
    // A loop of links cannot be read even by root.
    symlinkSync('.gitconfig', join(home, '.gitconfig'));
    mkdirSync(join(home, '.ssh'));
    chmodSync(join(home, '.ssh'), 0o700);
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (message: string) => warnings.push(message) };
    const mounts = await findAuthMounts({}, { containerHome: '/h', log, home });
    assert.deepEqual(mounts.map(({ target }) => target), ['/h/.ssh']);
    assert.equal(warnings.length, 1);
    assert.ok(warnings[0]?.includes(join(home, '.gitconfig')));
  });
});
