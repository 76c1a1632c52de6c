// The life of one agent of a real CLI, from start to resume: each step a test, each asserting the state and the source that decided it.
import assert from 'node:assert/strict';
import { agentWhen } from './agentWaits.ts';
import { needsAgentClis, type CliName } from './agentClis.ts';
import { CliWorld, type CliPlace } from './cliWorld.ts';
import { expectedSources, type CliStep } from './cliSources.ts';
import { needs } from './requirements.ts';
import { waitForEvent } from '../../src/base/wait.ts';
import type { AgentStatus, StatusState } from '../../src/protocol/agentStatus.ts';
import type { PendingApproval } from '../../src/sessions/approvals/pendingApproval.ts';

/** Milliseconds: CLIs start in up to ten seconds on a machine that is busy with others. */
const START_MS = 60_000;
const STEP_MS = 45_000;

/** Milliseconds that the source which shall decide may come after another one. */
const SOURCE_MS = 5_000;

/** What differs between the CLIs, beyond what the product hides. */
interface Ways {
  /** Added to the prompt that wants to run a command. */
  readonly outside?: string;
  /** It has a tool to ask the person something. */
  readonly asks: boolean;
  /** It tells the id of its conversation, or takes one of ours. */
  readonly resumes: boolean;
  /** It asks before it runs a command. */
  readonly permissions: boolean;
  /** After an interrupt it puts the prompt back into its input line, as a draft that nobody types over: this key takes it away. */
  readonly clears?: string;
}

const ways: Readonly<Record<CliName, Ways>> = {
  claude: { resumes: true, asks: true, permissions: true },
  codex: { resumes: true, asks: true, permissions: true, outside: ' ESC' },
  gemini: { resumes: true, asks: true, permissions: true },
  opencode: { resumes: true, asks: true, permissions: true },
  copilot: { resumes: true, asks: true, permissions: true },
  qwen: { resumes: true, asks: true, permissions: true, clears: 'C-u' },
  pi: { resumes: false, asks: false, permissions: false },
};

/** Defines the tests of one CLI in one place. One agent walks through them all; where a step fails, those after it do not run. */
export function describeLifecycle(provider: CliName, place: CliPlace): void {
  const { outside = '', asks, permissions, resumes, clears } = ways[provider];

  describe(`${provider}, ${place === 'local' ? 'on this machine' : 'in a container'}`, function () {
    this.timeout(120_000);
    let world: CliWorld;
    let failed = false;

    before(async function () {
      needs(this, 'tmux', ...(place === 'docker' ? (['docker', 'image'] as const) : []));
      world = await CliWorld.open(provider, place, needsAgentClis(this));
    });

    beforeEach(() => assert.ok(!failed, 'a step before this one failed'));

    afterEach(async function () {
      if (this.currentTest?.state !== 'failed') return;
      failed = true;
      process.stderr.write(`${await world.report()}\n`);
    });

    after(async () => world?.dispose());

    /** The status once it is `state`, and the source that this CLI has for the step has decided so: it may come a moment after a quicker one. */
    async function decided(step: CliStep, state: StatusState, accept: (status: AgentStatus) => boolean = () => true): Promise<AgentStatus> {
      const status = await world.until(state, accept, step === 'start' || step === 'idle' ? START_MS : STEP_MS);
      const sources = expectedSources(provider, place, step);
      if (sources.includes(status.source)) return status;
      return world.until(state, (now) => sources.includes(now.source) && accept(now), SOURCE_MS).catch((error: unknown) => {
        throw new Error(`${step}: decided by ${world.managed.status.statusOf(world.handle)?.source ?? 'nobody'}, not by ${sources.join(' or ')}. ${String(error)}`, { cause: error });
      });
    }

    it('start', async () => {
      const starting = decided('start', 'starting');
      await world.spawn();
      await starting;
    });

    it('idle', async () => {
      await decided('idle', 'idle');
    });

    it('working', async () => {
      const working = decided('working', 'working');
      await world.prompt('please HOLD on');
      await working;
    });

    it('done', async () => {
      await world.asked(({ userText }) => userText.includes('HOLD'));
      world.stub.release();
      await decided('done', 'idle');
    });

    if (permissions) {
      it('permission allowed', async () => {
        const wait = decided('permission', 'waiting', (status) => status.state === 'waiting' && status.kind === 'permission');
        await world.prompt(`TOOL touch allowed-file;;${outside}`);
        const status = await wait;
        assert.match(JSON.stringify([status.request, status.state === 'waiting' ? status.text : '']), /touch allowed-file/, 'it says what it wants to run');
        await answer('approve');
        await decided('permission allowed', 'idle');
        assert.ok(world.has('allowed-file'), 'the command ran');
      });

      it('permission denied', async () => {
        const wait = decided('permission', 'waiting', (status) => status.state === 'waiting' && status.kind === 'permission');
        await world.prompt(`TOOL touch denied-file;;${outside}`);
        await wait;
        await answer('deny');
        await decided('permission denied', 'idle');
        assert.ok(!world.has('denied-file'), 'the command did not run');
      });
    }

    if (asks) {
      it('question', async () => {
        const wait = decided('question', 'waiting', (status) => status.state === 'waiting' && status.kind === 'question');
        await world.prompt('ASKQ please');
        const status = await wait;
        assert.ok(status.state === 'waiting');
        const before = world.stub.requests.length;
        const approval = await pendingOf(({ answers }) => answers.options.some(({ label }) => label.includes('Red')));
        await world.managed.approvals.answer(approval, { type: 'option', option: 1 });
        const told = await world.asked(({ afterTool }) => afterTool, before);
        assert.match(JSON.stringify(told.body), /Red/, 'the answer reached the model');
        await decided('done', 'idle');
      });
    }

    it('interrupt', async () => {
      const working = decided('working', 'working');
      const before = world.stub.requests.length;
      await world.prompt('HOLD until interrupted');
      await working;
      await world.asked(({ userText }) => userText.includes('until interrupted'), before);
      await world.managed.manager.interrupt(world.handle);
      await decided('interrupt', 'idle');
      if (clears !== undefined) await world.press(clears);
    });

    it('API error', async () => {
      const error = decided('error', 'error', (status) => status.state === 'error' && status.message.includes('stub failure'));
      await world.prompt('FAIL400 now');
      await error;
    });

    it('exit', async () => {
      const working = world.asked(({ userText }) => userText.includes('all well again'));
      await world.prompt('all well again?');
      await working;
      await world.until('idle');
      await exit();
      const status = await decided('exit', 'exited');
      assert.ok(status.state === 'exited' && status.exitCode === 0, JSON.stringify(status));
    });

    if (!resumes) {
      it('resume is refused with the reason', async () => {
        await assert.rejects(world.resume(), /never told the id of its conversation/);
        await world.managed.manager.killAgent(world.handle);
        await world.spawn();
        await world.until('idle', undefined, START_MS);
      });
    }

    const whenItResumes = resumes ? it : (): void => undefined;
    whenItResumes('resume', async () => {
      const before = world.stub.requests.length;
      await world.resume();
      await world.until('idle', undefined, START_MS);
      await world.prompt('do you remember');
      const request = await world.asked(({ userText }) => userText.includes('do you remember'), before);
      assert.match(JSON.stringify(request.body), /all well again/, 'it is the same conversation');
      await decided('done', 'idle');
    });

    it('kill -9', async () => {
      await world.killHard();
      const status = await decided('kill -9', 'exited');
      assert.ok(status.state === 'exited' && (status.exitCode === 137 || status.signal !== undefined), JSON.stringify(status));
    });

    whenItResumes('resume after kill -9', async () => {
      const before = world.stub.requests.length;
      // Copilot's mark of the killed process may name one that lives, in a container above all: it asks, and the person says "Resume anyway".
      const asked = world.managed.status.onDidChangeStatus(({ agent, status }) => {
        if (agent.agentId === world.handle.agentId && status.state === 'waiting' && status.kind === 'other') void world.press('1');
      });
      await world.resume();
      await world.until('idle', undefined, START_MS).finally(() => asked.dispose());
      await world.prompt('and still');
      const request = await world.asked(({ userText }) => userText.includes('and still'), before);
      assert.match(JSON.stringify(request.body), /all well again/, 'it is the same conversation');
    });

    /** The agent's request in the inbox, once it is there. */
    async function pendingOf(accept: (approval: PendingApproval) => boolean): Promise<PendingApproval> {
      const { approvals } = world.managed;
      const fits = (approval: PendingApproval | undefined): approval is PendingApproval => approval !== undefined && accept(approval);
      const change = waitForEvent(approvals.onDidChange, () => fits(approvals.of(world.handle)), { timeoutMs: STEP_MS, what: 'the request in the inbox' });
      change.catch(() => undefined);
      if (!fits(approvals.of(world.handle))) await change.catch((error: unknown) => Promise.reject(new Error(`${String(error)} It holds ${JSON.stringify(approvals.of(world.handle))}`)));
      const found = approvals.of(world.handle);
      assert.ok(found);
      return found;
    }

    async function answer(type: 'approve' | 'deny'): Promise<void> {
      await world.managed.approvals.answer(await pendingOf(({ answers }) => answers[type]), { type });
    }

    async function exit(): Promise<void> {
      const { manager, providers } = world.managed;
      const way = providers.get(provider).exit;
      assert.ok(way, 'the provider says how it exits');
      const ended = agentWhen(manager, world.handle.agentId, ({ status }) => status === 'exited', 30_000);
      if ('prompt' in way) await manager.sendPrompt(world.handle, way.prompt);
      else await manager.getTmux(world.handle).sendKeyNames(await manager.getPane(world.handle), way.keys);
      await ended;
    }
  });
}
