// The launcher script, run by a real sh: what reaches the program, and what is said when it cannot start.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { inheritedNames } from '../../../src/runtimes/local/inheritedNames.ts';
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

  it('keeps of the environment only what is on the list, whatever the values hold, and all that is handed over', () => {
    const envFile = join(folder, 'env');
    writeFileSync(envFile, encodeEnvFile({ GIVEN_SECRET: 'x' }));
    const [program = '', ...args] = launcherArgv({ cwd: folder, envFile, keep: inheritedNames(['CLAUDE_*'], ['MINE']), argv: ['env'] });
    const env = { PATH: process.env['PATH'], HOME: '/h', LC_TIME: 'C', CLAUDE_X: '1', MINE: '2', MINE_NOT: '3', AWS_SECRET_ACCESS_KEY: 'no', TWO_LINES: 'a\nHOME=b\nEVIL=c', 'pattern': 'p', HTTPS_PROXY: 'h' };
    const { stdout } = spawnSync(program, args, { encoding: 'utf8', env });
    const names = stdout.split('\n').flatMap((line) => (line.includes('=') ? [line.slice(0, line.indexOf('='))] : [])).filter((name) => !['PWD', 'OLDPWD', '_', 'SHLVL'].includes(name));
    assert.deepEqual(names.sort(), ['CLAUDE_X', 'GIVEN_SECRET', 'HOME', 'HTTPS_PROXY', 'LC_TIME', 'MINE', 'PATH']);
    assert.match(stdout, /^HOME=\/h$/m);
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
