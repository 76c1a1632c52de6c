// runner.yaml, the environment over it, the map of projects, and where they lie.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../../src/base/errors.ts';
import { runnerConfigPath } from '../../../../src/runner/daemon/settings/configPath.ts';
import { readDaemonSettings } from '../../../../src/runner/daemon/settings/daemonSettings.ts';
import { readProjectMap } from '../../../../src/runner/daemon/settings/projectMap.ts';
import { closeToOthers, updateRunnerFile } from '../../../../src/runner/daemon/settings/runnerFile.ts';

const bad = (words: RegExp) => (error: unknown) => isAgentsError(error, 'bad-input') && words.test(error.message);

describe("the runner's settings", () => {
  let folder: string;
  let file: string;
  const home = '/home/someone';
  const read = (yaml: string, env: Record<string, string> = {}): ReturnType<typeof readDaemonSettings> => {
    writeFileSync(file, yaml);
    return readDaemonSettings(file, { HOME: home, ...env });
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-settings-'));
    file = join(folder, 'runner.yaml');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lie where the command line, the environment or Sibyl says', () => {
    assert.equal(runnerConfigPath(undefined, { HOME: home }, '/w'), '/home/someone/.config/sibyl/runner.yaml');
    assert.equal(runnerConfigPath(undefined, { HOME: home, SIBYL_CONFIG_DIR: '/var/sibyl/config' }, '/w'), '/var/sibyl/config/runner.yaml');
    assert.equal(runnerConfigPath(undefined, { HOME: home, SIBYL_CONFIG_DIR: '/x', SIBYL_CONFIG_FILE: '~/r.yaml' }, '/w'), '/home/someone/r.yaml');
    assert.equal(runnerConfigPath('r.yaml', { HOME: home, SIBYL_CONFIG_FILE: '/x' }, '/w'), '/w/r.yaml');
  });

  it('have defaults for everything, also without a file', () => {
    const settings = readDaemonSettings(file, { HOME: home });
    assert.equal(settings.serverUrl, undefined);
    assert.equal(settings.maxAgents, 3);
    assert.equal(settings.worktreeBase, '/home/someone/.sibyl/worktrees');
    assert.equal(settings.projectMap, '/home/someone/.sibyl/config.toml');
    assert.equal(settings.executionTimeoutSeconds, 3600);
    assert.equal(settings.allowCommands, false);
    assert.equal(settings.allowUnknownProjects, false);
    assert.ok(settings.name.length > 0);
  });

  it('are read from a file as other clients write it: nulls, unknown keys, "~"', () => {
    const settings = read('server_url: https://sibyl.example.com/\nrunner_id: abc\nrunner_token: null\nname: dev\nmax_concurrent_agents: 5\ncapabilities: [docker, gpu]\nworktree_base: ~/w\nmax_reconnect_attempts: 10\nsomething_new: {a: 1}\n');
    assert.equal(settings.serverUrl, 'https://sibyl.example.com');
    assert.equal(settings.runnerId, 'abc');
    assert.equal(settings.runnerToken, undefined);
    assert.deepEqual(settings.capabilities, ['docker', 'gpu']);
    assert.equal(settings.maxAgents, 5);
    assert.equal(settings.worktreeBase, '/home/someone/w');
  });

  it('give way to the environment, blanks aside', () => {
    const settings = read('server_url: http://a\nname: file\nmax_concurrent_agents: 2\n', { SIBYL_SERVER_URL: 'http://b:1', SIBYL_RUNNER_NAME: ' ', SIBYL_MAX_AGENTS: '7', SIBYL_WORKTREE_BASE: '/w', SIBYL_RUNNER_TOKEN: 't', SIBYL_EXECUTION_TIMEOUT: '12' });
    assert.equal(settings.serverUrl, 'http://b:1');
    assert.equal(settings.name, 'file');
    assert.equal(settings.maxAgents, 7);
    assert.equal(settings.worktreeBase, '/w');
    assert.equal(settings.runnerToken, 't');
    assert.equal(settings.executionTimeoutSeconds, 12);
  });

  it('take the token of the runner that ends later: a renewed one is in the file', () => {
    const until = (exp: number): string => `h.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.s`;
    const chosen = (inFile: string, inEnvironment: string): string | undefined => read(`runner_token: ${inFile}\n`, { SIBYL_RUNNER_TOKEN: inEnvironment }).runnerToken;
    assert.equal(chosen(until(2_000), until(1_000)), until(2_000));
    assert.equal(chosen(until(1_000), until(2_000)), until(2_000));
    assert.equal(chosen(until(2_000), 'opaque'), 'opaque');
    assert.equal(chosen('opaque', until(1_000)), until(1_000));
  });

  it('are refused with a line for each fault', () => {
    assert.throws(() => read('server_url: ftp://x\nmax_concurrent_agents: 99\n'), bad(/server_url: .*max_concurrent_agents: /));
    assert.throws(() => read('a: [\n'), bad(/is no YAML/));
    assert.throws(() => read('- a\n'), bad(/no keys and values/));
    assert.throws(() => read('', { SIBYL_MAX_AGENTS: 'many' }), bad(/SIBYL_MAX_AGENTS: /));
    assert.throws(() => read('policy: {shellDenyList: [x]}\n'), bad(/policy/));
    assert.throws(() => read('server_url: https://me:secret@host\n'), (error) => bad(/server_url/)(error) && !String(error).includes('secret'));
  });

  it('are written back whole, with comments and unknown keys kept, for their user alone', () => {
    writeFileSync(file, '# mine\nother: 1 # kept\nname: a\n', { mode: 0o644 });
    const link = join(folder, 'link.yaml');
    symlinkSync(file, link);
    updateRunnerFile(link, { name: 'b', runner_token: 'secret', other_missing: undefined });
    assert.equal(readFileSync(file, 'utf8'), '# mine\nother: 1 # kept\nname: b\nrunner_token: secret\n');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const fresh = join(folder, 'new', 'deep', 'runner.yaml');
    updateRunnerFile(fresh, { server_url: 'http://x' });
    assert.equal(readFileSync(fresh, 'utf8'), 'server_url: http://x\n');
    writeFileSync(file, '# only words\n');
    updateRunnerFile(file, { name: 'c' });
    assert.equal(readDaemonSettings(file, { HOME: home }).name, 'c');
  });

  it('are closed to others where they stood open', () => {
    writeFileSync(file, 'runner_token: x\n', { mode: 0o644 });
    assert.equal(closeToOthers(file), true);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(closeToOthers(file), false);
    assert.equal(closeToOthers(join(folder, 'none')), undefined);
  });

  it('know projects by the map', () => {
    const map = join(folder, 'config.toml');
    assert.equal(readProjectMap(map, home).size, 0);
    writeFileSync(map, '[server]\nurl = "x"\n[paths]\n"~/code/one" = "proj_1"\n"/srv/two" = "proj_2"\n"/srv/other" = "proj_2"\n');
    assert.deepEqual([...readProjectMap(map, home)], [['proj_1', '/home/someone/code/one'], ['proj_2', '/srv/two']]);
    writeFileSync(map, '[paths]\na = 1\n');
    assert.throws(() => readProjectMap(map, home), bad(/not valid/));
    writeFileSync(map, '[paths\n');
    assert.throws(() => readProjectMap(map, home), bad(/no TOML/));
  });
});
