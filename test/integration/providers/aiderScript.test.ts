// How aider is kept open after its first task: run with an aider that only notes what it was started with.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { launchArgv, type LaunchRequest } from '../../../src/providers/launch.ts';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';

describe('launching aider', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
  const notes = join(folder, 'notes');
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the launch argv; gives the exit code and the arguments of each aider that was started. */
  function launch(request: LaunchRequest, fail = ''): { code: number | null; runs: string[][]; stdout: string } {
    writeFileSync(join(folder, 'aider'), `#!/bin/sh\nfor word do printf '%s\\0' "$word" >> "$NOTES"; done\nprintf '\\1' >> "$NOTES"\n${fail}\n`);
    chmodSync(join(folder, 'aider'), 0o755);
    writeFileSync(notes, '');
    const [program = '', ...args] = launchArgv(createProviderRegistry().get('aider'), request);
    const { status, stdout } = spawnSync(program, args, { env: { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, NOTES: notes }, encoding: 'utf8' });
    const runs = readFileSync(notes, 'utf8').split('\u0001').slice(0, -1);
    return { code: status, stdout, runs: runs.map((run) => run.split('\0').slice(0, -1)) };
  }

  it('runs the task, then goes on from its history, with the same model and wishes', () => {
    for (const task of ['--help', 'two\nlines "q" $(id) `id`', '-x']) {
      assert.deepEqual(launch({ task, model: 'M', autoPilot: true }).runs, [
        ['--yes-always', '--model=M', `--message=${task}`],
        ['--yes-always', '--model=M', '--restore-chat-history'],
      ]);
    }
  });

  it('just opens it without a task', () => assert.deepEqual(launch({ model: 'M' }).runs, [['--model=M']]));

  it('ends with its exit code when the task fails', () => {
    const { code, runs } = launch({ task: 'T' }, 'exit 7');
    assert.equal(code, 7);
    assert.equal(runs.length, 1);
  });

  it('says so when there is no aider', () => {
    const [program = '', ...args] = launchArgv(createProviderRegistry().get('aider'), { task: 'T' });
    const { status, stdout } = spawnSync(`/bin/${program}`, args, { env: { PATH: '/nonexistent' }, encoding: 'utf8' });
    assert.equal(status, 127);
    assert.equal(stdout, 'tmux-agents: cannot start: aider: command not found\n');
  });
});
