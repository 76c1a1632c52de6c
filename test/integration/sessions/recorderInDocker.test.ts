// The journal of an agent in a container: what its CLI wrote into the home that it keeps counts, and what its processes use is seen from here.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitForEvent } from '../../../src/base/wait.ts';
import { Emitter } from '../../../src/base/event.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import type { RunnerEvent } from '../../../src/protocol/runnerEvent.ts';
import { claudeHome } from '../../../src/providers/keptHomes.ts';
import { createRuntimeManager, type Managed } from '../../../src/runner/createRuntimeManager.ts';
import { recordSessions } from '../../../src/runner/recordSessions.ts';
import { sessionsFolder } from '../../../src/sessions/recorder/sessionFolders.ts';
import type { SessionRecorder } from '../../../src/sessions/recorder/sessionRecorder.ts';
import { SessionFollower } from '../../../src/sessions/timeline/followSessions.ts';
import { SessionMeter } from '../../../src/sessions/usage/sessionMeter.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';
import { DockerPlace } from '../runtimes/docker/support/dockerPlace.ts';

const CONVERSATION = '11111111-2222-4333-8444-555555555555';

describe('the recorder of sessions in containers', function () {
  this.timeout(120_000);
  const place = new DockerPlace();
  let home: TmuxHome;
  let face: Managed;
  let recorder: SessionRecorder | undefined;

  before(function () {
    needs(this, 'docker', 'image');
    home = makeTmuxHome();
    const authMounts = Object.fromEntries(['claude-config', 'gcloud', 'gitconfig', 'ssh', 'aider', 'claude', 'claude-json', 'codex', 'gemini', 'opencode'].map((key) => [key, false]));
    face = createRuntimeManager(parseConfig({ runtimes: { local: false, docker: { network: place.network, authMounts } } }, 'the test'), { face: 'test' });
  });
  after(async () => {
    await recorder?.close();
    for (const part of face === undefined ? [] : [face.prompts, face.approvals, face.conversations, face.status, face.rules, face.manager]) part.dispose();
    await place.dispose();
    home?.end();
  });

  it('knows the version in the container, its processes, and the tokens of the home that it keeps', async () => {
    const following = [face.manager.watch(), face.status.follow()];
    recorder = recordSessions(face);
    const config = place.config();
    const { agentId } = config;
    const events: RunnerEvent[] = [];
    const told = new Emitter<void>();
    const when = (type: RunnerEvent['type']): Promise<unknown> => waitForEvent(told.event, () => events.some((event) => event.type === type), { timeoutMs: 60_000, what: `${type} of ${agentId}` });
    const follower = await SessionFollower.open({ folder: sessionsFolder(), agentId, onEvents: (more) => { events.push(...more); told.fire(); } });
    try {
      const started = when('SESSION_STARTED');
      const handle = await face.manager.spawnAgent('docker', { ...config, aiProvider: 'claude', argv: ['sh', '-c', 'exec sleep 600'], home: claudeHome, conversation: CONVERSATION });
      await started;
      const [first] = events;
      assert.ok(first?.type === 'SESSION_STARTED');
      const runtime = face.manager.get('docker');
      const inImage = await runtime?.findPrograms?.([{ program: 'claude', version: ['--version'] }]);
      assert.equal(first.providerVersion, inImage?.get('claude')?.version ?? 'unknown');

      const use = await new SessionMeter({ target: async () => runtime?.processesOf?.(handle) }).measure();
      assert.ok((use.memoryBytes ?? 0) > 0 && (use.pids ?? 0) > 0, JSON.stringify(use));

      const kept = join(runtime?.keptHomePath?.(agentId) ?? '', 'claude', 'projects', '-workspace');
      mkdirSync(kept, { recursive: true });
      const line = (id: string): string => `${JSON.stringify({ type: 'assistant', message: { id, model: 'm', usage: { input_tokens: 100, output_tokens: 20, cache_read_input_tokens: 5 } } })}\n`;
      writeFileSync(join(kept, `${CONVERSATION}.jsonl`), line('a') + line('b'));
      const ended = when('SESSION_ENDED');
      await face.manager.killAgent(handle, { graceMs: 0 });
      await ended;
      const last = events.at(-1);
      assert.ok(last?.type === 'SESSION_ENDED');
      assert.deepEqual([last.totalUsage.tokensIn, last.totalUsage.tokensOut, last.totalUsage.apiCalls], [210, 40, 2]);
    } finally {
      follower.dispose();
      for (const one of following) one.dispose();
    }
  });
});
