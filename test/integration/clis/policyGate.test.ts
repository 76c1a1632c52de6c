// A session's rules hold before the fact, with the real CLIs: the test looks for the file that must not be there, and for what the model was told.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitForEvent } from '../../../src/base/wait.ts';
import { PolicySpec } from '../../../src/protocol/sessionConfig.ts';
import { currentOwner } from '../../../src/runtimes/agentConfig.ts';
import type { PendingApproval } from '../../../src/sessions/approvals/pendingApproval.ts';
import { SessionLog } from '../../../src/sessions/policy/sessionLog.ts';
import { needsAgentClis, type CliName } from '../../support/agentClis.ts';
import { CliWorld, type CliPlace } from '../../support/cliWorld.ts';
import { needs } from '../../support/requirements.ts';

/** A CLI starts in up to ten seconds where nobody else is at work. */
const START_MS = 150_000;
const STEP_MS = 120_000;
const policy = PolicySpec.parse({ shellDenylist: ['touch'], requiresApprovalFor: ['merge', 'secrets'] });

/** Resolves once this request waits in the inbox, and can be answered. */
async function pendingIn({ managed: { approvals } }: CliWorld, about: string): Promise<PendingApproval> {
  const fits = (approval: PendingApproval | undefined): approval is PendingApproval => approval?.answers.approve === true && JSON.stringify([approval.request, approval.text]).includes(about);
  const appears = waitForEvent(approvals.onDidChange, ({ type, approval }) => type !== 'gone' && fits(approval), { timeoutMs: STEP_MS, what: `${about} to be in the inbox` });
  appears.catch(() => undefined);
  return approvals.pending.find(fits) ?? (await appears).approval;
}

/** Gives the prompt, and resolves with what the model was told of its tool. */
async function toldAfter(world: CliWorld, prompt: string): Promise<string> {
  const before = world.stub.requests.length;
  await world.prompt(prompt);
  const request = await world.asked(({ afterTool }) => afterTool, before, STEP_MS);
  await world.until('idle', () => true, STEP_MS);
  return JSON.stringify(request.body);
}

/** What wants an approval waits in the inbox with its category, and runs once a person has allowed it. */
async function approvedMerge(world: CliWorld): Promise<void> {
  const told = toldAfter(world, 'TOOL git merge --abort; mkdir approved-dir;;');
  const approval = await pendingIn(world, 'approved-dir');
  assert.equal(approval.rules?.category, 'merge');
  assert.equal(world.has('approved-dir'), false);
  await world.managed.approvals.answer(approval, { type: 'approve' });
  await told;
  assert.equal(world.has('approved-dir'), true);
}

/** One agent walks through the steps; where one fails, those after it do not run. */
function steps(provider: CliName, place: CliPlace, define: (world: () => CliWorld) => void): void {
  describe(`a session's rules with ${provider}, ${place === 'local' ? 'on this machine' : 'in a container'}, where it may act without asking`, function () {
    this.timeout(400_000);
    let world: CliWorld;
    let failed = false;

    before(async function () {
      needs(this, 'tmux', ...(place === 'docker' ? (['docker', 'image'] as const) : []));
      world = await CliWorld.open(provider, place, needsAgentClis(this), { owner: currentOwner() });
      await world.spawn(undefined, { policy, autoPilot: true, env: { IS_SANDBOX: '1' } });
      await world.until('idle', () => true, START_MS);
    });
    beforeEach(() => assert.ok(!failed, 'a step before this one failed'));
    afterEach(async function () {
      if (this.currentTest?.state !== 'failed') return;
      failed = true;
      process.stderr.write(`${await world.report()}\n`);
    });
    after(async () => world?.dispose());

    define(() => world);
  });
}

for (const provider of ['claude', 'opencode'] as const) steps(provider, 'local', hookSteps);
steps('codex', 'local', (world) => {
  hookSteps(world, () => {
    it('no hook is told of what is typed into a program that runs, so a shell that waits for that is asked about', async () => {
      const log = new SessionLog();
      const running = /session ID (\d+)/.exec(await toldAfter(world(), 'TTY TOOL cat > typed-file;;'))?.[1] ?? assert.fail('it runs no more');
      const before = await log.latest(world().agent.agentId);
      await toldAfter(world(), `STDIN ${running} touch by-keyboard;;`);
      assert.equal(readFileSync(join(world().workspace, 'typed-file'), 'utf8'), 'touch by-keyboard\n');
      assert.deepEqual(await log.latest(world().agent.agentId), before);
      const told = toldAfter(world(), 'TTY TOOL sh;;');
      const approval = await pendingIn(world(), '"command":"sh"');
      await world().managed.approvals.answer(approval, { type: 'deny', note: 'no shell' });
      assert.match(await told, /no shell/);
    });
  });
});
// There nobody but who follows the agent can judge.
steps('claude', 'docker', hookSteps);

/** `more` steps come while somebody still answers. */
function hookSteps(world: () => CliWorld, more: () => void = () => undefined): void {
  const last = async () => (await new SessionLog().latest(world().agent.agentId)).at(-1);

  it('a denied command does not run, and the agent is told why', async () => {
    const told = await toldAfter(world(), "TOOL ls && sh -c 'touch denied-file';;");
    assert.equal(world().has('denied-file'), false);
    assert.match(told, /The policy denies \\+"touch/);
    const record = await last();
    assert.deepEqual([record?.decision, record?.rule, record?.by], ['deny', 'denylist touch', 'policy']);
  });

  it('an allowed one runs', async () => {
    await toldAfter(world(), 'TOOL mkdir allowed-dir;;');
    assert.equal(world().has('allowed-dir'), true);
  });

  it('one that wants an approval waits in the inbox with its category, and runs when a person allows it', async () => {
    await approvedMerge(world());
  });

  it('a person denies it with a word, which the agent is told', async () => {
    const told = toldAfter(world(), 'TOOL cat .env; mkdir refused-dir;;');
    const approval = await pendingIn(world(), 'refused-dir');
    assert.equal(approval.rules?.category, 'secrets');
    await world().managed.approvals.answer(approval, { type: 'deny', note: 'not this one' });
    assert.match(await told, /not this one/);
    assert.equal(world().has('refused-dir'), false);
  });

  more();

  it('with nobody there to answer it does not run', async () => {
    world().stopAnswering();
    const told = await toldAfter(world(), 'TOOL git merge --abort; mkdir unanswered-dir;;');
    assert.equal(world().has('unanswered-dir'), false);
    assert.match(told, /Nobody answers for the policy/);
  });
}

steps('gemini', 'local', (world) => {
  it('a denied command does not run, and the agent is told why', async () => {
    const told = await toldAfter(world(), 'TOOL touch denied-file;;');
    assert.equal(world().has('denied-file'), false);
    assert.match(told, /The policy denies \\+"touch/);
  });

  it('any other is asked about, with its category, and runs when a person allows it', async () => {
    await approvedMerge(world());
  });

  it('with nobody there to answer it waits', async () => {
    world().stopAnswering();
    await world().prompt('TOOL mkdir unanswered-dir;;');
    await world().until('waiting', () => true, STEP_MS);
    assert.equal(world().has('unanswered-dir'), false);
  });
});
