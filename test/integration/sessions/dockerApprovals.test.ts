// Approvals in a container: answered by keys there, and the policy's paths followed there.
import assert from 'node:assert/strict';
import { waitForEvent } from '../../../src/base/wait.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { createRuntimeManager, type Managed } from '../../../src/runner/createRuntimeManager.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import type { PendingApproval } from '../../../src/sessions/approvals/pendingApproval.ts';
import { decide } from '../../../src/sessions/policy/decide.ts';
import { placeFilesOf } from '../../../src/sessions/policy/placeFiles.ts';
import { readShell } from '../../../src/sessions/policy/shellReading.ts';
import { screenWith } from '../../support/agentWaits.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';
import { DockerPlace } from '../runtimes/docker/support/dockerPlace.ts';
import { dialogProgram } from './dialogProgram.ts';

describe('approvals in a container', function () {
  this.timeout(60_000);
  const place = new DockerPlace();
  let home: TmuxHome;
  let face: Managed;
  let agent: AgentInfo;

  before(async function () {
    needs(this, 'docker', 'image');
    home = makeTmuxHome();
    const authMounts = Object.fromEntries(['claude-config', 'gcloud', 'gitconfig', 'ssh', 'aider', 'claude', 'claude-json', 'codex', 'gemini', 'opencode'].map((key) => [key, false]));
    face = createRuntimeManager(parseConfig({ runtimes: { local: false, docker: { network: place.network, authMounts } } }, 'the test'), { face: 'test' });
    const script = `ln -s /etc link; ${dialogProgram}`;
    await face.manager.spawnAgent('docker', { ...place.config(), aiProvider: 'claude', argv: ['sh', '-c', script, 'dialogs', '/tmp/keys', 'bash:npm test', 'idle'] });
    const found = (await face.manager.listAllAgents()).find(({ agentId }) => agentId.startsWith(`t${place.id}`));
    assert.ok(found);
    agent = found;
  });
  after(async () => {
    if (agent !== undefined) await face.manager.killAgent(agent.handle, { graceMs: 0 });
    face?.approvals.dispose();
    face?.prompts.dispose();
    face?.status.dispose();
    face?.manager.dispose();
    await place.dispose();
    home?.end();
  });

  it('are answered by the keys of the dialog', async () => {
    const asks = (approval: PendingApproval): boolean => approval.agent.agentId === agent.agentId && approval.answers.approve;
    const told = waitForEvent(face.approvals.onDidChange, ({ type, approval }) => type !== 'gone' && asks(approval), { timeoutMs: 20_000, what: 'the request' });
    const following = face.approvals.follow();
    try {
      const { approval } = await told;
      assert.equal(approval.request.command, 'npm test');
      await face.approvals.answer(approval, { type: 'approve' });
      assert.match(await screenWith(face.manager, agent.handle, 'Done.'), /Done\./);
    } finally {
      following.dispose();
    }
  });

  it("follow paths where the agent runs, links that lead out of the workspace included", async () => {
    const files = placeFilesOf(face.manager, agent);
    assert.equal(files.workspace, '/workspace');
    assert.deepEqual(
      await Promise.all(['/workspace/new/deep', '/workspace/link/passwd', '/workspace/link', '/workspace/../etc'].map((path) => files.realPath(path))),
      ['/workspace/new/deep', '/etc/passwd', '/etc', '/etc'],
    );
    const judge = (command: string) => decide({ categories: ['read'], commands: [], paths: [] }, 'permission', { id: 'r', tool: 'Bash', command }, files, readShell);
    assert.equal((await judge('cat README.md')).allowed, true);
    assert.equal((await judge('cat link/passwd')).allowed, false);
  });
});
