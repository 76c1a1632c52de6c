// The files of an agent's folder: which names they may have, and their way into a place through a shell's standard input.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { parseAgentConfig, recordOf } from '../../../src/runtimes/agentConfig.ts';
import { encodeFiles, foldersOf, PLACE_SCRIPT } from '../../../src/runtimes/agentFiles.ts';
import { labelsOf, recordOfLabels } from '../../../src/runtimes/docker/labels.ts';
import { encodeEnvFile } from '../../../src/runtimes/launcher.ts';
import { AgentFolders } from '../../../src/runtimes/local/agentFolders.ts';
import type { AgentConfig } from '../../../src/runtimes/types.ts';

const config: AgentConfig = { agentId: 'a', aiProvider: 'claude', workingDirectory: '/work' };
const wicked = 'tab\there, \\n stays, %s too, \'quotes" $HOME `id`\nCR\r\nDEL\u007f é 漢 🙂 \u0001\n\n';

function taken(more: Partial<AgentConfig>): boolean {
  try {
    parseAgentConfig({ ...config, ...more });
    return true;
  } catch (error) {
    assert.ok(isAgentsError(error, 'bad-input'));
    return false;
  }
}

describe("an agent's files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agent-files-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('have names that lead nowhere else', () => {
    for (const name of ['a', 'a.json', '.hidden', 'a/b/c_d-e', 'a/.b', '...']) assert.equal(taken({ files: [{ name, content: '' }] }), true, name);
    for (const name of ['', '/a', '../a', 'a/../b', '..', '.', 'a/.', './a', 'a//b', 'a/', 'a b', 'a\nb', 'a;b', 'é']) assert.equal(taken({ files: [{ name, content: '' }] }), false, name);
    assert.equal(taken({ files: [{ name: 'a', content: 'x' }, { name: 'a', content: 'y' }] }), false, 'twice the same name');
    assert.equal(taken({ files: [{ name: 'a', content: 'a\0b' }] }), false, 'NUL');
    assert.equal(taken({ files: [{ name: 'a', content: 'x'.repeat(300_000) }] }), false, 'too long');
  });

  it('and the other additions of a config are checked', () => {
    for (const more of [{ resume: '--last' }, { resume: 'a b' }, { hookKey: 'short' }, { mcpConfig: 'relative.json' }, { permissionMode: '--yolo' }, { extraArgs: ['a\0'] }, { conversation: '' }]) assert.equal(taken(more), false, JSON.stringify(more));
    assert.equal(taken({ resume: 'ses_1', hookKey: 'a'.repeat(64), mcpConfig: '/mcp.json', permissionMode: 'acceptEdits', extraArgs: ['--x', ''], conversation: 'c' }), true);
  });

  it('need their folders, the outer ones first', () => {
    assert.deepEqual(foldersOf([{ name: 'a', content: '' }, { name: 'b/c/d', content: '' }, { name: 'b/e', content: '' }]), ['b', 'b/c']);
  });

  const shells = [['/bin/sh'], ['dash'], ['busybox', 'sh'], ['bash', '--posix']].filter(([program = '', ...args]) => {
    try {
      execFileSync(program, [...args, '-c', ':'], { timeout: 5_000 });
      return true;
    } catch {
      return false;
    }
  });

  for (const [shell = '', ...shellArgs] of shells) {
    it(`arrive byte for byte, for their owner alone, and offers replace nothing (${shell})`, () => {
      const env = { A: wicked, B: '' };
      const home = join(folder, 'home');
      const own = join(folder, 'own');
      mkdirSync(join(home, '.cli'), { recursive: true });
      writeFileSync(join(home, '.cli', 'kept'), 'as it was');
      const input = [
        `${encodeEnvFile(env)}\n`,
        encodeFiles(own, [{ name: 'report', content: wicked }, { name: 'sub/deep/empty', content: '' }, { name: 'big', content: 'line\n'.repeat(5_000) }]),
        encodeFiles(home, [{ name: '.cli/kept', content: 'new' }, { name: '.cli/made', content: '{"a":1}' }], { offered: true }),
        encodeFiles('/proc/nowhere', [{ name: 'impossible', content: 'x' }], { offered: true }),
      ].join('');
      execFileSync(shell, [...shellArgs, '-c', PLACE_SCRIPT, 'sh', join(folder, 'env')], { input, timeout: 10_000 });
      assert.equal(readFileSync(join(folder, 'env'), 'utf8'), encodeEnvFile(env));
      assert.equal(readFileSync(join(own, 'report'), 'utf8'), wicked);
      assert.equal(readFileSync(join(own, 'sub', 'deep', 'empty'), 'utf8'), '');
      assert.equal(readFileSync(join(own, 'big'), 'utf8'), 'line\n'.repeat(5_000));
      assert.equal(readFileSync(join(home, '.cli', 'kept'), 'utf8'), 'as it was');
      assert.equal(readFileSync(join(home, '.cli', 'made'), 'utf8'), '{"a":1}');
      assert.equal(statSync(own).mode & 0o777, 0o700);
      for (const path of [join(own, 'report'), join(folder, 'env')]) assert.equal(statSync(path).mode & 0o777, 0o600);
    });

    it(`fail loudly where they cannot be written (${shell})`, () => {
      const input = `\n${encodeFiles('/proc/nowhere', [{ name: 'a', content: 'x' }])}`;
      assert.throws(() => execFileSync(shell, [...shellArgs, '-c', PLACE_SCRIPT, 'sh', join(folder, 'env')], { input, timeout: 10_000, stdio: 'pipe' }));
    });
  }

  it('lie in a folder of the agent, which is made anew, and goes', async () => {
    const folders = new AgentFolders(undefined, { XDG_STATE_HOME: folder });
    const path = await folders.place('a1', [{ name: 'x/y', content: 'one' }]);
    assert.equal(path, join(folder, 'tmux-agents', 'agents', 'a1'));
    await folders.place('a1', [{ name: 'z', content: wicked }]);
    assert.deepEqual(readdirSync(path), ['z']);
    assert.equal(readFileSync(join(path, 'z'), 'utf8'), wicked);
    assert.deepEqual([statSync(path).mode & 0o777, statSync(join(path, 'z')).mode & 0o777], [0o700, 0o600]);
    await folders.remove('a1');
    await folders.remove('a1');
    assert.deepEqual(readdirSync(join(folder, 'tmux-agents', 'agents')), []);
  });

  it('of agents that nobody knows any more are swept away after a day, of this server alone', async () => {
    const env = { XDG_STATE_HOME: folder };
    const [usual, other] = [new AgentFolders(undefined, env), new AgentFolders('other/server', env)];
    const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const [folders, agentId, isOld] of [[usual, 'alive', true], [usual, 'forgotten', true], [usual, 'young', false], [other, 'forgotten', true]] as const) {
      const path = await folders.place(agentId, []);
      if (isOld) utimesSync(path, old, old);
    }
    await usual.sweep(new Set(['alive']));
    assert.deepEqual(readdirSync(join(folder, 'tmux-agents', 'agents')).sort(), ['alive', 'forgotten@other%2Fserver', 'young']);
    await other.sweep(new Set());
    assert.deepEqual(readdirSync(join(folder, 'tmux-agents', 'agents')).sort(), ['alive', 'young']);
  });
});

describe("an agent's record", () => {
  const placed = { sessionName: 's', runtimeId: 'r' };

  it('keeps what was wished for, and labels give it back', () => {
    const record = recordOf({ ...config, autoPilot: false, model: 'M', hookKey: 'f'.repeat(64), conversation: 'c-1' }, placed);
    assert.deepEqual(recordOfLabels(labelsOf(record)), { record });
    const bare = recordOf(config, placed);
    assert.deepEqual(recordOfLabels(labelsOf(bare)), { record: bare });
    for (const key of ['autoPilot', 'model', 'hookKey', 'conversation']) assert.equal(key in bare, false);
  });
});
