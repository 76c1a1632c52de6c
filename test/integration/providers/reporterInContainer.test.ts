// The reporter in a container without a network, as a user that the image does not know: what it tells reaches us all the same.
import assert from 'node:assert/strict';
import Docker from 'dockerode';
import { waitForEvent } from '../../../src/base/wait.ts';
import { DockerExecutor } from '../../../src/exec/dockerExecutor.ts';
import { decisionOutput } from '../../../src/providers/hooks/hookDecision.ts';
import { hookFiles } from '../../../src/providers/hooks/hookFiles.ts';
import { answerOption, HELD_SUFFIX } from '../../../src/providers/hooks/reporter.ts';
import type { HookReport } from '../../../src/providers/status/hookReport.ts';
import { HookGate } from '../../../src/providers/hooks/hookGate.ts';
import { OutputScanner } from '../../../src/providers/status/outputScanner.ts';
import { launcherArgv } from '../../../src/runtimes/launcher.ts';
import { Emitter, type Event } from '../../../src/base/event.ts';
import { TmuxService } from '../../../src/tmux/tmuxService.ts';
import { needs } from '../../support/requirements.ts';

const IMAGE = 'tmux-agents-base:latest';
const FOLDER = '/tmp/agent folder';

describe('the reporter in a container without a network', function () {
  this.timeout(60_000);
  const docker = new Docker();
  let container: Docker.Container;

  before(async function () {
    needs(this, 'docker', 'image');
    container = await docker.createContainer({
      Image: IMAGE,
      Entrypoint: [],
      Cmd: ['sleep', 'infinity'],
      User: '4321:4321',
      HostConfig: { Init: true, NetworkMode: 'none', CapDrop: ['ALL'], ReadonlyRootfs: true, Tmpfs: { '/tmp': 'mode=1777' } },
      Labels: { 'reporter-test': String(process.pid) },
    });
    await container.start();
  });

  after(async () => {
    await container?.remove({ force: true, v: true });
  });

  it('tells of an event and brings a decision back', async () => {
    const executor = new DockerExecutor(() => Promise.resolve(docker), container.id);
    const { files, hookKey, report } = hookFiles();
    await executor.run(['mkdir', '-m', '700', FOLDER], { timeoutMs: 10_000 });
    for (const { name, content } of files) await executor.run(['dd', `of=${FOLDER}/${name}`], { input: content, timeoutMs: 10_000 });
    const tmux = new TmuxService(executor, { mode: 'own', socketName: 'test', configFile: '/dev/null' });
    try {
      const argv = launcherArgv({ cwd: '/', argv: ['sh', '-c', 'echo READY; exec cat'] });
      const { paneId } = await tmux.newSession({ name: 'agent', cwd: '/', argv: ['env', `TMUX_AGENTS_FOLDER=${FOLDER}`, ...argv] });
      const scanner = new OutputScanner();
      const gate = new HookGate();
      const reports = new Emitter<HookReport>();
      const output: Event<Buffer> = (listener) => tmux.onPaneOutput(paneId, listener);
      const ready = waitForEvent(output, () => true, { timeoutMs: 10_000, what: 'the program to start' });
      ready.catch(() => undefined);
      tmux.onPaneOutput(paneId, (bytes) => {
        for (const event of scanner.feed(bytes)) {
          const told = event.type === 'hook' ? gate.take(hookKey, event.text, Date.now()) : undefined;
          if (told !== undefined) reports.fire(told);
        }
      });
      if (!(await tmux.capture(paneId)).includes('READY')) await ready;
      const asked = waitForEvent(reports.event, ({ event }) => event === 'PermissionRequest', { timeoutMs: 10_000, what: 'the report' });
      const hook = executor.run([...report(FOLDER), 'PermissionRequest', 'ask'], { input: '{"tool_name":"Bash"}', timeoutMs: 30_000 });
      const { payload, answerTo = '' } = await asked;
      assert.deepEqual(payload, { tool_name: 'Bash' });
      await tmux.command(['wait-for', '-S', `${answerTo}${HELD_SUFFIX}`]);
      await tmux.setOption('pane', paneId, answerOption(answerTo), decisionOutput({ behavior: 'allow', always: false }, payload));
      await tmux.command(['wait-for', '-S', answerTo]);
      const { code, stdout } = await hook;
      assert.equal(code, 0);
      assert.equal(stdout.toString(), '{"hookSpecificOutput":{"hookEventName":"PermissionRequest","decision":{"behavior":"allow"}}}\n');
    } finally {
      await tmux.leave();
    }
  });
});
