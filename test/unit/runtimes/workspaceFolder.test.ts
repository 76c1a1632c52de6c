// The folder of an agent is looked at before anything is made.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError, type ErrorReason } from '../../../src/base/errors.ts';
import { checkWorkspaceFolder } from '../../../src/runtimes/workspaceFolder.ts';

describe('the folder check', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'folder-'));
  });
  after(() => {
    rmSync(root, { recursive: true });
  });

  function refused(path: string, reason: ErrorReason): Promise<void> {
    return assert.rejects(checkWorkspaceFolder(path), (error) => isAgentsError(error, reason) && error.message.includes(path));
  }

  it('lets an odd name pass', async () => {
    const odd = join(root, 'a:b "c" $(d)');
    mkdirSync(odd);
    await checkWorkspaceFolder(odd);
  });

  it('names a folder that is not there', () => refused(join(root, 'nope'), 'folder-missing'));

  it('refuses a file', async () => {
    writeFileSync(join(root, 'file'), '');
    await refused(join(root, 'file'), 'folder-missing');
    await refused(join(root, 'file', 'below'), 'folder-missing');
  });

  it('refuses a relative path', () => refused('src', 'bad-input'));

  it('names a folder that this user cannot read', function () {
    const closed = join(root, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o000);
    const module = join(import.meta.dirname, '../../../src/runtimes/workspaceFolder.ts');
    const script = `const { checkWorkspaceFolder } = await import(${JSON.stringify(module)});
      await checkWorkspaceFolder(${JSON.stringify(closed)}).catch((error) => console.log(error.reason));`;
    chmodSync(root, 0o755);
    // Root reads everything: the check is made by somebody else then.
    const as = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { ...as, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    assert.equal(said.trim(), 'folder-unreadable');
  });
});
