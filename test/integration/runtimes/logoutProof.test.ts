// The tmux server's start where systemd is: with stand-ins for its programs, which note how they were called and do what they are asked.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { LocalRuntime } from '../../../src/runtimes/local/localRuntime.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import { screenWith } from '../../support/agentWaits.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';

describe('the local tmux server, where systemd is', () => {
  let home: TmuxHome;
  let manager: RuntimeManager;
  const path = process.env['PATH'] ?? '';

  before(function () {
    needs(this, 'tmux');
  });

  beforeEach(() => {
    home = makeTmuxHome();
    process.env['PATH'] = [join(home.directory, 'bin'), path].join(delimiter);
    mkdirSync(join(home.directory, 'bin'));
    mkdirSync(join(home.directory, 'systemd'));
  });

  afterEach(() => {
    process.env['PATH'] = path;
    manager?.dispose();
    home.end();
  });

  /** A program that notes its arguments, one line for a call, and then runs `script`. */
  function standIn(name: string, script: string): void {
    const file = join(home.directory, 'bin', name);
    writeFileSync(file, `#!/bin/sh\necho "$*" >> '${log(name)}'\n${script}\n`);
    chmodSync(file, 0o755);
  }

  function log(name: string): string {
    return join(home.directory, `${name}.log`);
  }

  function calls(name: string): string[] {
    return existsSync(log(name)) ? readFileSync(log(name), 'utf8').trim().split('\n') : [];
  }

  /** As systemd-run does with a scope: the options up to `--` are its own, the rest becomes the process. */
  const RUN_REST = 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"';

  async function spawn(systemdFolder = join(home.directory, 'systemd')): Promise<void> {
    manager?.dispose();
    manager = new RuntimeManager();
    manager.register('local', new LocalRuntime({ systemdFolder }));
    const agentId = `agent-${Math.random().toString(36).slice(2)}`;
    const handle = await manager.spawnAgent('local', { agentId, aiProvider: 'custom', workingDirectory: home.directory, argv: ['sh', '-c', 'echo started; exec cat'] });
    await screenWith(manager, handle, 'started');
  }

  it('starts in a scope of the user where that outlives the login, and only where no server runs yet', async () => {
    standIn('loginctl', 'echo yes');
    standIn('systemd-run', RUN_REST);
    await spawn();
    assert.deepEqual(calls('loginctl'), [`show-user ${userInfo().username} --property=Linger --value`]);
    const [probe, start, ...more] = calls('systemd-run');
    assert.equal(probe, '--user --scope --quiet --collect -- true');
    assert.match(start ?? '', /^--user --scope --quiet --collect -- tmux -u -L tmux-agents .*-C new-session -A /);
    assert.deepEqual(more, []);
    await spawn();
    assert.equal(calls('systemd-run').length, 2, 'the second face found the server');
  });

  it('starts plainly without lingering: the scope would end with the last login', async () => {
    standIn('loginctl', 'echo no');
    standIn('systemd-run', RUN_REST);
    await spawn();
    assert.deepEqual(calls('systemd-run'), []);
  });

  it('starts in a scope where nobody can tell whether the user lingers', async () => {
    standIn('loginctl', 'exit 1');
    standIn('systemd-run', RUN_REST);
    await spawn();
    assert.equal(calls('systemd-run').length, 2);
  });

  it("starts plainly where the user's systemd does not answer", async () => {
    standIn('loginctl', 'echo yes');
    standIn('systemd-run', 'echo "Failed to connect to bus" >&2; exit 1');
    await spawn();
    assert.deepEqual(calls('systemd-run'), ['--user --scope --quiet --collect -- true']);
  });

  it('asks nobody where systemd does not run the machine', async () => {
    standIn('loginctl', 'echo yes');
    standIn('systemd-run', RUN_REST);
    await spawn(join(home.directory, 'not-there'));
    assert.deepEqual([calls('loginctl'), calls('systemd-run')], [[], []]);
  });
});
