// A session's rules hold before the fact, with the real CLIs: the test looks for the file that must not be there, and for what the model was told.
import assert from 'node:assert/strict';
import { waitForEvent } from '../../../src/base/wait.ts';
import { PolicySpec } from '../../../src/protocol/sessionConfig.ts';
import type { PendingApproval } from '../../../src/sessions/approvals/pendingApproval.ts';
import { SessionLog } from '../../../src/sessions/policy/sessionLog.ts';
import { needsAgentClis, type CliName } from '../../support/agentClis.ts';
import { CliWorld } from '../../support/cliWorld.ts';
import type { ModelRequest } from '../../support/modelStub.ts';

/** A CLI starts in up to ten seconds where nobody else is at work. */
const START_MS = 150_000;
const STEP_MS = 60_000;
const policy = PolicySpec.parse({ shellDenylist: ['touch'], requiresApprovalFor: ['merge', 'secrets'] });

const clis: readonly CliName[] = (process.env['POLICY_CLIS']?.split(',') as CliName[] | undefined) ?? ['claude', 'codex', 'gemini', 'opencode'];

for (const provider of clis) {
  describe(`a session's rules with ${provider}, which may act without asking`, function () {
    this.timeout(240_000);
    let world: CliWorld;

    before(async function () {
      world = await CliWorld.open(provider, 'local', needsAgentClis(this));
      await world.spawn(undefined, { policy, autoPilot: true, env: { IS_SANDBOX: '1' } });
      await world.until('idle', () => true, START_MS);
    });
    after(async () => world?.dispose());
    afterEach(async function () {
      if (this.currentTest?.state === 'failed') console.error(await world.report());
    });

    /** Gives the prompt, and resolves with what the model was told of its tool. */
    async function toldAfter(prompt: string): Promise<string> {
      const before = world.stub.requests.length;
      await world.prompt(prompt);
      const request: ModelRequest = await world.asked(({ afterTool }) => afterTool, before);
      await world.until('idle');
      return JSON.stringify(request.body);
    }

    async function pending(): Promise<PendingApproval> {
      const { approvals } = world.managed;
      const fits = (approval: PendingApproval | undefined): approval is PendingApproval => approval?.answers.approve === true;
      const appears = waitForEvent(approvals.onDidChange, ({ type, approval }) => type !== 'gone' && fits(approval), { timeoutMs: STEP_MS, what: 'the request to be in the inbox' });
      appears.catch(() => undefined);
      const now = approvals.pending.find(fits);
      return now ?? (await appears).approval;
    }

    it('a denied command does not run, and the agent is told why', async () => {
      const told = await toldAfter("TOOL ls && sh -c 'touch denied-file';;");
      assert.equal(world.has('denied-file'), false);
      assert.match(told, /The policy denies \\+"touch/);
      const [last] = (await new SessionLog().latest(world.agent.agentId)).slice(-1);
      assert.deepEqual([last?.decision, last?.rule, last?.by], ['deny', 'denylist touch', 'policy']);
    });

    it('an allowed one runs', async () => {
      await toldAfter('TOOL mkdir allowed-dir;;');
      assert.equal(world.has('allowed-dir'), true);
    });

    it('one that wants an approval waits in the inbox with its category, and runs when a person allows it', async () => {
      const told = toldAfter('TOOL git merge --abort; mkdir approved-dir;;');
      const approval = await pending();
      assert.equal(approval.rules?.category, 'merge');
      assert.equal(world.has('approved-dir'), false);
      await world.managed.approvals.answer(approval, { type: 'approve' });
      await told;
      assert.equal(world.has('approved-dir'), true);
    });

    it('a person denies it with a word, which the agent is told', async () => {
      const told = toldAfter('TOOL cat .env; mkdir refused-dir;;');
      const approval = await pending();
      assert.equal(approval.rules?.category, 'secrets');
      await world.managed.approvals.answer(approval, { type: 'deny', note: 'not this one' });
      assert.match(await told, /not this one/);
      assert.equal(world.has('refused-dir'), false);
    });

    it('with nobody there to answer it does not run', async () => {
      world.stopAnswering();
      const told = await toldAfter('TOOL git merge --abort; mkdir unanswered-dir;;');
      assert.equal(world.has('unanswered-dir'), false);
      assert.match(told, /Nobody answers for the policy/);
      const [last] = (await new SessionLog().latest(world.agent.agentId)).slice(-1);
      assert.deepEqual([last?.decision, last?.category], ['deny', 'merge']);
    });
  });
}
