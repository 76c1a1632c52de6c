// The launcher script, run by a real sh: what reaches the program, and what is said when it cannot start.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { encodeEnvFile, launcherArgv, type LaunchSpec } from '../../../src/runtimes/launcher.ts';

describe('launcher', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'launcher-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function launch(spec: Partial<LaunchSpec> & Pick<LaunchSpec, 'argv'>): { code: number | null; out: string } {
    const [program = '', ...args] = launcherArgv({ cwd: folder, ...spec });
    const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] } });
    return { code: status, out: stdout };
  }

  it('hands every word and every value over as it is, and deletes the file of the values', () => {
    const word = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !/\0|\p{Surrogate}/u.test(text));
    const environment = fc.dictionary(fc.stringMatching(/^T_[A-Z0-9_]{1,8}$/), word, { maxKeys: 5 });
    const envFile = join(folder, 'env');
    fc.assert(
      fc.property(environment, fc.array(word, { maxLength: 5 }), (env, words) => {
        writeFileSync(envFile, encodeEnvFile(env));
        const show = 'printf "%s\\0" "$@"; for name in $NAMES; do eval "printf \'%s\\0\' \\"\\$$name\\""; done';
        const names = Object.keys(env);
        const { out } = launch({ envFile, argv: ['env', `NAMES=${names.join(' ')}`, 'sh', '-c', show, 'show', ...words] });
        const expected = [...words, ...Object.values(env)];
        // Without words printf still prints once.
        assert.deepEqual(out.split('\0').slice(words.length === 0 ? 1 : 0, -1), expected);
        assert.equal(existsSync(envFile), false);
      }),
      { numRuns: 30 },
    );
  });

  it('says in one line why a program cannot start', () => {
    const plain = join(folder, 'plain');
    writeFileSync(plain, '');
    const cases: readonly [Partial<LaunchSpec> & Pick<LaunchSpec, 'argv'>, number, string][] = [
      [{ argv: ['no such; program', 'x'] }, 127, 'no such; program: command not found'],
      [{ argv: [plain] }, 126, `${plain}: permission denied`],
      [{ argv: [folder] }, 126, `${folder}: permission denied`],
      [{ argv: ['ls'], cwd: '/no/such/folder' }, 126, 'the folder /no/such/folder cannot be entered'],
      [{ argv: ['ls'], envFile: '/no/such/file' }, 126, 'the environment file is gone'],
    ];
    for (const [spec, code, reason] of cases) assert.deepEqual(launch(spec), { code, out: `tmux-agents: cannot start: ${reason}\n` });
  });

  it('finds programs that share their name with a word of the shell, and takes no such word for a program', () => {
    assert.deepEqual(launch({ argv: ['echo', 'hi'] }), { code: 0, out: 'hi\n' });
    assert.equal(launch({ argv: ['export', 'A=1'] }).code, 127);
  });

  it("passes the program's exit code on", () => {
    assert.equal(launch({ argv: ['sh', '-c', 'exit 42'] }).code, 42);
  });

  it('keeps the environment around it from the program where that is wished, and no value makes another variable', () => {
    const envFile = join(folder, 'env');
    writeFileSync(envFile, encodeEnvFile({ GIVEN: 'yes' }));
    const [program = '', ...args] = launcherArgv({ cwd: folder, envFile, clean: true, argv: ['env'] });
    const around = { PATH: process.env['PATH'], TERM: 'tmux-256color', TMUX_PANE: '%1', SECRET: 'x\nTERM_PROGRAM=forged\n', name: 'n', SSH_AUTH_SOCK: '/tmp/agent' };
    const { stdout } = spawnSync(program, args, { encoding: 'utf8', env: around });
    const names = stdout.split('\n').map((line) => line.split('=', 1)[0]).filter((word) => word !== '' && !/^(?:_|PWD|OLDPWD|SHLVL)$/.test(word ?? ''));
    assert.deepEqual(names.sort(), ['GIVEN', 'PATH', 'TERM', 'TMUX_PANE']);
    assert.doesNotMatch(stdout, /forged|agent/);
  });

  it('leaves a leader that outlives the signals that end the program, and tells its exit code', () => {
    const script = 'trap "exit 5" HUP; kill -HUP 0; sleep 5';
    const [program = '', ...args] = launcherArgv({ cwd: folder, led: true, argv: ['sh', '-c', script] });
    // A group of its own, as a pane's programs have: the signal is for all of them.
    const { status } = spawnSync('setsid', ['--wait', program, ...args], { encoding: 'utf8', timeout: 10_000 });
    assert.equal(status, 5);
    assert.equal(launch({ led: true, argv: ['sh', '-c', 'kill -9 $$'] }).code, 137);
    assert.equal(launch({ led: true, argv: ['echo', "it's", 'a b'] }).out, "it's a b\n");
  });

  it("notes for the hooks' reporter where it runs, before the program starts", () => {
    const own = join(folder, "it's own");
    mkdirSync(own);
    const envFile = join(folder, 'env');
    writeFileSync(envFile, encodeEnvFile({ TMUX_AGENTS_FOLDER: own, TMUX: '/tmp/a socket,123,0', TMUX_PANE: '%7' }));
    assert.equal(launch({ envFile, argv: ['sh', '-c', 'cat "$TMUX_AGENTS_FOLDER"/tmux "$TMUX_AGENTS_FOLDER"/pane; ls "$TMUX_AGENTS_FOLDER"'] }).out, '/tmp/a socket\n%7\npane\ntmux\ntty\n');
    assert.equal(statSync(join(own, 'tty')).mode & 0o777, 0o600);
  });

  it('starts the program all the same when its own folder is gone', () => {
    const envFile = join(folder, 'env');
    writeFileSync(envFile, encodeEnvFile({ TMUX_AGENTS_FOLDER: '/no/such/folder' }));
    assert.deepEqual(launch({ envFile, argv: ['echo', 'hi'] }), { code: 0, out: 'hi\n' });
  });
});
