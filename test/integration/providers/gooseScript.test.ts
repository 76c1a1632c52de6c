// How goose is opened with and without a first prompt: run with a goose that only notes what it was started with.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { launchArgv, resumeArgv } from '../../../src/providers/launch.ts';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';

describe('launching goose', () => {
  const goose = createProviderRegistry().get('goose');
  const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
  const notes = join(folder, 'notes');
  before(() => {
    writeFileSync(join(folder, 'goose'), '#!/bin/sh\nfor word do printf "%s\\0" "$word"; done > "$NOTES"\n');
    chmodSync(join(folder, 'goose'), 0o755);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run([program = '', ...args]: readonly string[]): string[] {
    assert.equal(spawnSync(program, args, { env: { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, NOTES: notes } }).status, 0);
    return readFileSync(notes, 'utf8').split('\0').slice(0, -1);
  }

  it('runs a first prompt and stays open', () => {
    for (const task of ['--help', 'two\nlines "q" $(id) `id`', '-x']) assert.deepEqual(run(launchArgv(goose, { task, extraArgs: ['--debug'] })), ['run', '--interactive', '--debug', `--text=${task}`]);
  });

  it('opens a session without one, or an older one by its id', () => {
    assert.deepEqual(run(launchArgv(goose, {})), ['session']);
    assert.deepEqual(run(resumeArgv(goose, { session: '20261120_1' })), ['session', '--resume', '--session-id=20261120_1']);
  });

  it('says so when there is no goose', () => {
    const [program = '', ...args] = launchArgv(goose, { task: 'T' });
    const { status, stdout } = spawnSync(`/bin/${program}`, args, { env: { PATH: '/nonexistent' }, encoding: 'utf8' });
    assert.equal(status, 127);
    assert.equal(stdout, 'tmux-agents: cannot start: goose: command not found\n');
  });
});
