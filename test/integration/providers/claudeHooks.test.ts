// Decisions through the hooks of a real Claude Code: taken by it while its dialog is on the screen, and nothing left behind.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { Emitter } from '../../../src/base/event.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { Answer, PendingApproval } from '../../../src/sessions/approvals/pendingApproval.ts';
import { needsAgentClis } from '../../support/agentClis.ts';
import { CliWorld } from '../../support/cliWorld.ts';
import { needs } from '../../support/requirements.ts';

describe('the hooks of a real Claude Code', function () {
  this.timeout(90_000);
  this.bail(true);
  let world: CliWorld;

  before(async function () {
    needs(this, 'tmux');
    world = await CliWorld.open('claude', 'local', needsAgentClis(this));
    await world.spawn();
    await world.until('idle', undefined, 60_000);
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') process.stderr.write(`${await world.report()}\n`);
  });

  after(async () => world?.dispose());

  /** Gives it a prompt that makes it ask, and waits for the hook's own report of that. */
  async function asks(prompt: string): Promise<void> {
    const report = waitForEvent(world.managed.status.onDidReport, (event) => event.report.answerTo !== undefined && event.report.event === 'PermissionRequest', { timeoutMs: 30_000, what: 'the request' });
    const status = world.until('waiting', ({ source }) => source === 'hooks');
    await world.prompt(prompt);
    await Promise.all([report, status]);
  }

  /** Answers as soon as the inbox says that it can be; resolves with the way that the answer went. */
  async function answer(given: Extract<Answer, { readonly type: 'approve' | 'deny' | 'always' }>): Promise<string> {
    const { approvals } = world.managed;
    const possible = (): PendingApproval | undefined => {
      const approval = approvals.of(world.handle);
      return approval?.answers[given.type] === true ? approval : undefined;
    };
    const there = waitForEvent(approvals.onDidChange, () => possible() !== undefined, { timeoutMs: 15_000, what: `the request that takes "${given.type}"` });
    there.catch(() => undefined);
    if (possible() === undefined) await there;
    const approval = possible();
    assert.ok(approval);
    return (await approvals.answer(approval, given)).way;
  }

  /** Waits until the text is on its screen, what scrolled away left out. */
  async function shows(text: string): Promise<void> {
    const { manager, status } = world.managed;
    const pane = await manager.getPane(world.handle);
    assert.ok(typeof pane === 'string');
    const shown = new Emitter<void>();
    const look = (): void => void status.screen(world.agent).then((screen) => screen.includes(text) && shown.fire(), () => undefined);
    const subscription = manager.getTmux(world.handle).onPaneOutput(pane, look);
    const seen = waitForEvent(shown.event, () => true, { timeoutMs: 15_000, what: `"${text}" on the screen` });
    look();
    await seen.finally(() => subscription.dispose());
  }

  /** As a person does: a key that comes too soon after the dialog was drawn is not taken (seen in 2.1.329), so it is pressed again. */
  async function press(key: string): Promise<void> {
    const { manager } = world.managed;
    const pane = await manager.getPane(world.handle);
    for (let times = 1; ; times++) {
      await manager.getTmux(world.handle).sendKeyNames(pane, [key]);
      const taken = waitForEvent(world.managed.status.onDidChangeStatus, ({ status }) => status.state !== 'waiting', { timeoutMs: 4_000, what: `${key} to be taken` });
      if (await taken.then(() => true, () => false)) return;
      assert.ok(times < 5, `${key} is not taken`);
    }
  }

  it('approve', async () => {
    await asks('TOOL touch one;;');
    assert.equal(await answer({ type: 'approve' }), 'hook');
    await world.until('idle');
    assert.ok(world.has('one'));
  });

  it('deny, with a note that reaches the model', async () => {
    const before = world.stub.requests.length;
    await asks('TOOL touch two;;');
    assert.equal(await answer({ type: 'deny', note: 'not "this" way: ü 👋' }), 'hook');
    const { body } = await world.asked(({ afterTool }) => afterTool, before);
    assert.match(JSON.stringify(body), /not \\\\?"this\\\\?" way: ü 👋/);
    await world.until('idle');
    assert.ok(!world.has('two'));
  });

  it('allow always, for this session and this command', async () => {
    await asks('TOOL touch three;;');
    assert.equal(await answer({ type: 'always' }), 'hook');
    await world.until('idle');
    const asked = waitForEvent(world.managed.status.onDidChangeStatus, ({ status }) => status.state === 'waiting', { timeoutMs: 60_000, what: 'nothing' });
    asked.catch(() => undefined);
    const before = world.stub.requests.length;
    await world.prompt('TOOL touch three;;');
    await world.asked(({ afterTool }) => afterTool, before);
    await world.until('idle');
    assert.equal(world.managed.status.statusOf(world.handle)?.state, 'idle');
    // Another command is asked about as before.
    await asks('TOOL touch four;;');
    assert.equal(await answer({ type: 'approve' }), 'hook');
    await world.until('idle');
  });

  it('is released when the person approves at the terminal, and when they deny', async () => {
    for (const [key, name] of [['1', 'five'], ['Escape', 'six']] as const) {
      await asks(`TOOL touch ${name};;`);
      // The dialog is drawn some 50 ms after its hook was run.
      await shows('Esc to cancel');
      await press(key);
      await world.until('idle');
      await processes(() => reporters(world.handle.agentId) === 0, `no reporter is left after ${key}`);
    }
    assert.ok(world.has('five') && !world.has('six'));
  });
});

/** What processes do they tell nobody: looked at until it is so. */
async function processes(accept: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!accept()) {
    assert.ok(performance.now() < deadline, what);
    await setImmediate();
  }
}

/** How many reporters of this agent run. */
function reporters(agentId: string): number {
  const { stdout } = spawnSync('ps', ['-ax', '-o', 'args='], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes(`${agentId}/report PermissionRequest`) && !line.includes('--settings')).length;
}
