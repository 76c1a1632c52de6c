// What the command line takes and refuses, and how it says so.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentConfig } from '../../../src/cli/commands/spawn.ts';
import { lineCount } from '../../../src/cli/commands/output.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { runCli } from './support.ts';

describe('the command line', () => {
  it('helps, with its commands and exit codes, and that is a success', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    assert.deepEqual([code, stderr], [0, '']);
    for (const word of ['doctor', 'spawn', 'list', 'attach', 'send', 'output', 'kill', 'Exit codes', 'cannot be used']) assert.ok(stdout.includes(word), word);
  });

  it('helps on each command, each of which knows --json', async () => {
    for (const command of ['doctor', 'spawn', 'list', 'attach', 'send', 'output', 'kill', 'approvals', 'approve', 'deny', 'answer', 'policy']) {
      const { code, stdout } = await runCli([command, '--help']);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^Usage: tmux-agents ${command}`));
      assert.match(stdout, /--json/);
    }
  });

  it('says its version', async () => assert.match((await runCli(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/));

  it('shows the help on stderr, as a usage error, when it is told nothing', async () => {
    const { code, stdout, stderr } = await runCli([]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^Usage: tmux-agents/);
  });

  for (const [args, expected] of [
    [['frobnicate'], /Unknown command 'frobnicate'/],
    [['lisst'], /Did you mean list\?/],
    [['list', '--jsno'], /Unknown option '--jsno'/],
    [['list', 'extra'], /Too many arguments/],
    [['attach'], /Missing required argument 'agent'/],
    [['send', 'a', 'b', 'c'], /Too many arguments/],
    [['spawn', '--task'], /--task <text>' argument missing/],
    [['spawn', 'fix', 'it'], /"fix" is not expected here.*[\s\S]*--task/],
    [['spawn', '--provider', 'claude', '--', 'bash'], /a program of your own, but the provider is "claude"/],
    [['spawn', '--provider', 'custom'], /"custom" has no program/],
    [['spawn', '--memory', 'lots'], /--memory: "lots" is no size/],
    [['spawn', '--cpus', 'two'], /--cpus: "two"/],
    [['spawn', '--cpus', '0'], /--cpus: "0"/],
    [['spawn', '--cpus', '0.0001'], /--cpus: "0.0001" is no number from 0.01 up/],
    [['output', 'a', '--lines', '-3'], /--lines: "-3"/],
    [['kill'], /No agent is named/],
    [['kill', 'a', '--all'], /--all goes without names/],
    [['kill', 'a', '--grace', 'soon'], /--grace: "soon"/],
    [['send', 'a', ''], /prompt is empty/],
    [['approve'], /Missing required argument 'request'/],
    [['deny', 'a', '--note', ' '], /--note: the note is empty/],
    [['answer', 'a', ' '], /The answer is empty/],
    [['policy', 'a', '--allow', 'everything'], /"everything" is no category/],
    [['policy', 'a', '--off', '--reset'], /exclude each other/],
    [['spawn', '--allow', 'everything'], /"everything" is no category/],
    [['send'], /No agent is named/],
    [['send', '--all', '--to', 'a', 'x'], /--all goes without --to/],
    [['send', '--to', 'a', 'b', 'x'], /"b" is not expected here/],
    [['queue'], /Missing required argument 'agent'/],
    [['queue', 'a', '--move', 'b'], /--move: "" is no position/],
    [['queue', 'a', '--move', 'b', 'first'], /--move: "first" is no position/],
    [['queue', 'a', '2'], /"2" is not expected here/],
    [['queue', 'a', '--remove', 'b', '--deliver'], /one at a time/],
  ] as const) {
    it(`refuses ${JSON.stringify(args.join(' '))} with exit code 2 and a sentence on stderr`, async () => {
      const { code, stdout, stderr } = await runCli(args);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^error: /);
      assert.match(stderr, expected);
    });
  }

  it('says faults as JSON on stdout, and nothing on stderr, when JSON is asked for', async () => {
    for (const args of [['list', '--json', '--nope'], ['spawn', '--json', '--memory', 'x'], ['kill', '--json'], ['--json', 'nope']]) {
      const { code, stdout, stderr } = await runCli(args);
      assert.deepEqual([code, stderr], [2, ''], args.join(' '));
      const { error } = JSON.parse(stdout) as { error: { reason: string; message: string } };
      assert.equal(error.reason, 'bad-input');
      assert.match(error.message, /\.$/);
    }
  });

  it('does not take a --json that belongs to the agent\'s program', async () => {
    const { stdout, stderr } = await runCli(['spawn', '--provider', 'claude', '--', 'tool', '--json']);
    assert.equal(stdout, '');
    assert.match(stderr, /^error: /);
  });

  it('takes the values of options as they are, even when they look like options', async () => {
    for (const task of ['--version', '--help', '-h', '-V', '--json', '--']) {
      const { code, stdout, stderr } = await runCli(['spawn', '--runtime', 'moon', '--task', task]);
      assert.deepEqual([code, stdout], [3, ''], `${task}: ${stderr}`);
    }
  });

  it('says which runtimes there are when one is not known, with exit code 3', async () => {
    const { code, stderr } = await runCli(['list', '--runtime', 'moon']);
    assert.equal(code, 3);
    assert.match(stderr, /no runtime "moon"[\s\S]*local, docker/);
  });
});

describe('the settings file', () => {
  let folder = '';
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (text: string): string => {
    const path = join(folder, 'config.json');
    writeFileSync(path, text);
    return path;
  };

  it('is named with its fault', async () => {
    const path = file('{"runtimes": {"docker": {"memory": "x"}}}');
    const { code, stderr } = await runCli(['list', '--config', path]);
    assert.equal(code, 2);
    assert.ok(stderr.includes(path) && stderr.includes('runtimes.docker.memory: "x" is no size'), stderr);
  });

  it('that is no JSON is said to be none', async () => {
    const { code, stderr } = await runCli(['list', '--config', file('{ // hi\n}')]);
    assert.equal(code, 2);
    assert.match(stderr, /not valid JSON/);
  });

  it('that was named must exist, exit code 3', async () => assert.equal((await runCli(['list', '--config', join(folder, 'none.json')])).code, 3));

  it('that is a pipe, which might never end, is not read', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, folder]) {
      const { code, stderr } = await runCli(['list', '--config', path]);
      assert.equal(code, 2);
      assert.ok(stderr.includes(`${path} is no regular file.`), stderr);
    }
  });

  it('cannot name an image that has no such name', async () => {
    const { code, stderr } = await runCli(['list', '--config', file('{"runtimes": {"docker": {"image": "Bad Image!!"}}}')]);
    assert.equal(code, 2);
    assert.match(stderr, /runtimes\.docker\.image: must be the name of an image, such as/);
  });

  it('may be missing in its usual place', async () => {
    const { code, stderr } = await runCli(['list', '--runtime', 'moon'], { env: { XDG_CONFIG_HOME: folder } });
    assert.equal(code, 3, stderr);
  });
});

describe('what spawn makes of its options', () => {
  const face = { config: parseConfig({ defaults: { model: 'default-model', provider: 'codex' } }, 'test'), around: { cwd: '/home/me/work', env: {}, signal: new AbortController().signal } };
  const wish = (options: Parameters<typeof agentConfig>[1], argv: readonly string[] = []) => agentConfig(face as unknown as Parameters<typeof agentConfig>[0], options, argv);

  it('is the provider and the model of the settings, in the current folder, when nothing is said', async () => {
    const config = await wish({});
    assert.equal(config.aiProvider, 'codex');
    assert.equal(config.model, 'default-model');
    assert.equal(config.workingDirectory, '/home/me/work');
    assert.match(config.agentId, /^codex-[a-z0-9]{5}$/);
  });

  it('is all of them', async () => {
    const config = await wish({ provider: 'claude', task: '--help', cwd: '../other dir', name: 'Mine', model: 'm', autopilot: true, memory: '1g', cpus: '0.5' });
    assert.deepEqual(config, { agentId: config.agentId, aiProvider: 'claude', workingDirectory: '/home/me/other dir', task: '--help', name: 'Mine', model: 'm', autoPilot: true, resources: { memory: 2 ** 30, cpus: 0.5 } });
  });

  it('tells a wish to be asked from no wish at all', async () => {
    assert.equal((await wish({ autopilot: false })).autoPilot, false);
    assert.equal((await wish({})).autoPilot, undefined);
  });

  it('is a custom agent when a program is given', async () => {
    const config = await wish({}, ['bash', '-l']);
    assert.equal(config.aiProvider, 'custom');
    assert.deepEqual(config.argv, ['bash', '-l']);
  });
});

describe('a number of lines', () => {
  it('is a whole number above 0, or all', () => assert.deepEqual([lineCount('1'), lineCount('5000'), lineCount('all')], [1, 5000, 'all']));
  for (const text of ['0', '-1', '1.5', 'x', '', '1e3']) it(`is not ${JSON.stringify(text)}`, () => assert.throws(() => lineCount(text), /no number of lines/));
});
