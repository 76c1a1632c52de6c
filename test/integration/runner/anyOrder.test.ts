// Commands in any order, at any moment: every session ends in a terminal state, with no process and no lock left.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isAgentsError } from '../../../src/base/errors.ts';
import { SessionJournal } from '../../../src/sessions/journal/sessionJournal.ts';
import { SessionStore } from '../../../src/sessions/store/sessionStore.ts';
import { needs } from '../../support/requirements.ts';
import { assertWhole, nothingRuns, RunnerWorld } from '../../support/runnerWorld.ts';

/** What a command may fail with: each says that it was refused, none that something broke. */
const REFUSALS = new Set(['invalid-transition', 'not-found', 'unsupported', 'answered-already', 'cancelled', 'stale']);

describe('commands in any order', function () {
  this.timeout(180_000);
  let world: RunnerWorld;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  beforeEach(async () => {
    world = await RunnerWorld.open({ stopGrace: 300, maxConcurrentSessions: 20, heartbeatInterval: 50 });
  });
  afterEach(async () => world?.end());

  it('lead to an end, and leave nothing', async () => {
    const command = fc.constantFrom('PAUSE', 'RESUME', 'RAW', 'LINE', 'APPROVE', 'STOP', 'KILL', 'WAIT', 'WAIT', 'PAUSE', 'RESUME');
    const script = fc.constantFrom('exit 0', 'exit 3', 'exec sleep 1000', 'sleep 0.3; exit 0', 'trap "" HUP TERM; while :; do sleep 0.1; echo x; done', 'cat');
    await fc.assert(
      fc.asyncProperty(script, fc.array(command, { minLength: 1, maxLength: 8 }), async (run, commands) => {
        const id = await world.shell(run);
        const pending: Promise<unknown>[] = [];
        for (const each of commands) {
          if (each === 'WAIT') await Promise.race([world.state(id, 'RUNNING').catch(() => undefined), world.ended(id)]);
          else pending.push(give(id, each));
        }
        const faults = (await Promise.allSettled(pending)).flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
        for (const fault of faults) assert.ok(isAgentsError(fault) && REFUSALS.has(fault.reason), String(fault));
        await world.runner.stopSession(id).catch((error: unknown) => assert.ok(isAgentsError(error, 'invalid-transition'), String(error)));
        await world.ended(id);
        assertWhole(await world.journal(id));
        assert.ok(['COMPLETED', 'FAILED'].includes(world.runner.getSession(id)?.state ?? ''));
        await nothingRuns(id);
        // The journal's lock is free: whoever wants may open it.
        const store = new SessionStore(world.config().stateFolder);
        const journal = await SessionJournal.open(store.folderOf(id), { sessionId: id, orgId: 'org-1', lockMs: 5_000 });
        await journal.close();
      }),
      { numRuns: 12 },
    );
  });

  function give(id: string, what: string): Promise<void> {
    switch (what) {
      case 'RAW':
      case 'LINE':
        return world.runner.handleCommand(id, { type: 'INPUT', input: { sessionId: id, data: 'text', mode: what === 'RAW' ? 'raw' : 'line' } });
      case 'APPROVE':
        return world.runner.approve(id, 'none', 'allow');
      case 'STOP':
        return world.runner.handleCommand(id, { type: 'STOP', graceful: true });
      case 'KILL':
        return world.runner.handleCommand(id, { type: 'STOP', graceful: false });
      default:
        return world.runner.handleCommand(id, { type: what });
    }
  }
});
