// A state folder that takes no more: each write says which folder, why and what to do, leaves nothing half-written, and agents go on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { SessionLog } from '../../../src/sessions/policy/sessionLog.ts';
import { needs, needsThat } from '../../support/requirements.ts';
import { stateWriters } from '../../support/stateWriters.ts';
import { CommandWorld } from '../cli/commandWorld.ts';

/** More than what is left of a full disk. */
const LONG = 'x'.repeat(3_500);

/** Every file below a folder, with its content. */
function contentOf(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return new Map(names.filter((name) => statSync(join(folder, name)).isFile()).map((name) => [name, readFileSync(join(folder, name), 'latin1')]));
}

async function refusal(write: () => Promise<unknown>, folder: string, why: RegExp): Promise<void> {
  await assert.rejects(write(), (error) => {
    assert.ok(isAgentsError(error, 'folder-unwritable'), String(error));
    assert.ok(error.message.includes(folder), `"${error.message}" names ${folder}`);
    assert.match(error.message, why);
    assert.match(error.hint ?? '', /, then try again; or let XDG_STATE_HOME name another folder\.$/);
    return true;
  });
}

describe('a file in the place of the state folder', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ta-state-'));
    writeFileSync(join(folder, 'tmux-agents'), 'mine');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const { name } of stateWriters('')) {
    it(`refuses ${name}`, async () => {
      const writer = stateWriters(folder).find((one) => one.name === name);
      assert.ok(writer);
      await refusal(() => writer.write('short'), writer.folder, /a file stands where a folder should be/);
      assert.deepEqual([...contentOf(folder)], [['tmux-agents', 'mine']]);
    });
  }
});

describe('a disk that takes no more', () => {
  let folder: string;
  let mounted = false;

  before(function () {
    folder = mkdtempSync(join(tmpdir(), 'ta-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
      mounted = true;
    } catch {
      needsThat(this, false, 'a small disk can only be mounted by root');
    }
  });
  after(() => {
    if (mounted) execFileSync('umount', [folder]);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** Fills what is left, but for so many bytes. */
  function fill(left = 0): void {
    const file = openSync(join(folder, 'full'), 'a');
    try {
      for (;;) writeSync(file, Buffer.alloc(4_096));
    } catch (error) {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'ENOSPC', String(error));
    } finally {
      closeSync(file);
    }
    if (left > 0) execFileSync('truncate', ['-s', `-${left}`, join(folder, 'full')]);
  }

  it('keeps what was there, and nothing half-written beside it', async () => {
    const writers = stateWriters(folder).filter(({ name }) => name !== 'a kept home');
    for (const writer of writers) await writer.write('first');
    fill();
    const before = contentOf(join(folder, 'tmux-agents'));
    assert.ok(before.size >= writers.length);
    for (const writer of writers.filter(({ name }) => name !== 'the files of an agent' && name !== 'a decision')) {
      await refusal(() => writer.write(LONG), writer.folder, /the disk is full/);
      assert.deepEqual(contentOf(join(folder, 'tmux-agents')), before, writer.name);
    }
    const files = writers.find(({ name }) => name === 'the files of an agent');
    assert.ok(files);
    // The old folder made room for the new one's first page: more than one page does not fit.
    await refusal(() => files.write(LONG.repeat(4)), files.folder, /the disk is full/);
    assert.deepEqual(readdirSync(files.folder), []);
  });

  it('loses no decision that comes after one which was cut off', async () => {
    rmSync(join(folder, 'full'), { force: true });
    const log = new SessionLog(join(folder, 'tmux-agents', 'log'));
    const decision = stateWriters(folder).find(({ name }) => name === 'a decision');
    assert.ok(decision);
    await decision.write('before');
    fill();
    // Until the last page of the log is full.
    await assert.rejects(async () => {
      for (let count = 0; count < 40; count++) await decision.write(LONG);
    }, /the disk is full/);
    rmSync(join(folder, 'full'));
    await decision.write('after');
    const texts = (await log.latest('a1')).map(({ text }) => text);
    assert.deepEqual([texts.includes('before'), texts.at(-1)], [true, 'after']);
  });

  it('says so where it can only be read', async () => {
    rmSync(join(folder, 'full'), { force: true });
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    try {
      for (const writer of stateWriters(folder).filter(({ name }) => name !== 'a kept home')) await refusal(() => writer.write('short'), writer.folder, /it is on a disk that can only be read|the folder cannot be made/);
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', folder]);
    }
  });
});

describe('the command, without a state folder', function () {
  this.timeout(60_000);
  let world: CommandWorld;
  before(function () {
    needs(this, 'tmux');
    world = new CommandWorld();
    mkdirSync(join(world.folder, 'state'));
    writeFileSync(join(world.folder, 'state', 'tmux-agents'), '');
  });
  after(() => world?.dispose());
  afterEach(async () => void (await world.run(['kill', '--all', '--grace', '0'])));

  it('spawns, lists and ends an agent, and says what it could not keep', async () => {
    const { code, value } = await world.json<AgentInfo & { readonly warnings: readonly { readonly reason: string; readonly message: string }[] }>(['spawn', '--allow', 'read', '--', 'sleep', '600']);
    assert.equal(code, 1, 'it did not get its policy');
    assert.deepEqual(value.warnings.map(({ reason }) => reason), ['folder-unwritable']);
    assert.match(value.warnings[0]?.message ?? '', /^The approval policy of ".*" cannot be written to .*policy: a file stands where a folder should be\.$/);
    const listed = await world.json<{ readonly agents: readonly AgentInfo[] }>(['list']);
    assert.deepEqual([listed.code, listed.value.agents.map(({ agentId, status }) => [agentId, status])], [0, [[value.agentId, 'running']]]);
    const killed = await world.run(['kill', value.agentId, '--grace', '0']);
    assert.deepEqual([killed.code, (await world.json<{ readonly agents: readonly AgentInfo[] }>(['list'])).value.agents], [0, []]);
  });

  it('keeps no prompt, and says so', async () => {
    const { value: agent } = await world.json<AgentInfo>(['spawn', '--', 'sleep', '600']);
    const { code, stderr } = await world.run(['send', agent.agentId, 'hello']);
    assert.equal(code, 1);
    assert.match(stderr, /The prompts that wait for ".*" cannot be written to .*prompts: a file stands where a folder should be\./);
    assert.match(stderr, /XDG_STATE_HOME/);
  });
});
