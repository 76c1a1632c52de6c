// The real CLIs, against a stand-in model, answered through the product: allowed, denied, denied with a note, allowed always.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import { NO_POLICY } from '../../../src/protocol/approvalPolicy.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { createRuntimeManager, type Managed } from '../../../src/runner/createRuntimeManager.ts';
import type { AgentHandle } from '../../../src/runtimes/types.ts';
import type { AnswerWay, PendingApproval } from '../../../src/sessions/approvals/pendingApproval.ts';
import { cliHome, needsAgentClis, type CliHome, type CliName } from '../../support/agentClis.ts';
import { startModelStub, type ModelStub } from '../../support/modelStub.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';
import { fileWhen } from '../../support/agentWaits.ts';

interface Case {
  readonly cli: CliName;
  /** How an answer reaches it. */
  readonly way: AnswerWay;
  /** Makes the model ask for a command. */
  readonly wish: (command: string) => string;
  /** Who tells its requests whole, so that a policy may judge them; undefined where only its screen does. */
  readonly whole: boolean;
}

const wish = (command: string): string => `please TOOL ${command};; now`;
const cases: readonly Case[] = [
  { cli: 'claude', way: 'hook', wish, whole: true },
  { cli: 'codex', way: 'keys', wish: (command) => `please ESC TOOL ${command};; now`, whole: true },
  // Its hooks report from a home of its own alone.
  { cli: 'gemini', way: 'keys', wish, whole: false },
  { cli: 'opencode', way: 'channel', wish, whole: true },
];

for (const { cli, way, wish: wants, whole } of cases) {
  describe(`approvals of ${cli}`, function () {
    this.timeout(120_000);
    this.bail(true);
    let tmux: TmuxHome;
    let stub: ModelStub;
    let home: CliHome;
    let face: Managed;
    let following: { dispose(): void };
    let handle: AgentHandle;
    let workspace: string;
    const agentId = `real-${cli}`;

    before(async function () {
      needs(this, 'tmux');
      const clis = needsAgentClis(this);
      tmux = makeTmuxHome();
      workspace = join(realpathSync(tmux.directory), 'work');
      mkdirSync(workspace);
      stub = await startModelStub();
      home = cliHome(cli, { stubUrl: stub.url, workspace });
      face = createRuntimeManager(parseConfig({ runtimes: { docker: false, local: { socketName: `real-${cli}` } } }, 'the test'), { face: 'test' });
      following = face.approvals.follow();
      handle = await face.manager.spawnAgent('local', { agentId, aiProvider: cli, workingDirectory: workspace, autoPilot: false, env: { ...home.env, PATH: clis.path }, task: wants(`touch ${workspace}/first`) });
    });
    afterEach(async function () {
      if (this.currentTest?.state === 'failed' && handle !== undefined) process.stderr.write(`${await face.manager.readOutput(handle, 40)}\n${JSON.stringify(face.status.statusOf(handle))}\n`);
    });
    after(async () => {
      following?.dispose();
      if (handle !== undefined) await face.manager.killAgent(handle, { graceMs: 500 }).catch(() => undefined);
      face?.approvals.dispose();
      face?.prompts.dispose();
      face?.status.dispose();
      face?.manager.dispose();
      home?.dispose();
      await stub?.dispose();
      tmux?.end();
    });

    /** The request, once its entry is complete: the screen, or a title, may tell of it before the CLI's own way does. */
    async function asked(command: string): Promise<PendingApproval> {
      const fits = ({ agent, request, answers, told }: PendingApproval): boolean => agent.agentId === agentId && request.command?.includes(command) === true && answers.approve && (told !== undefined || !whole);
      const told = waitForEvent(face.approvals.onDidChange, ({ type, approval }) => type !== 'gone' && fits(approval), { timeoutMs: 60_000, what: `${cli} to ask for ${command}` });
      const known = face.approvals.pending.find(fits);
      if (known === undefined) return (await told).approval;
      told.catch(() => undefined);
      return known;
    }

    async function resting(): Promise<void> {
      const rests = (state: string | undefined): boolean => state === 'idle' || state === 'error';
      const told = waitForEvent(face.status.onDidChangeStatus, ({ agent, status }) => agent.agentId === agentId && rests(status.state), { timeoutMs: 60_000, what: `${cli} to rest` });
      if (!rests(face.status.statusOf(handle)?.state)) await told;
      else told.catch(() => undefined);
    }

    /** Asks the model for a command, once the CLI rests. */
    async function prompt(command: string): Promise<PendingApproval> {
      await resting();
      const waiting = asked(command);
      waiting.catch(() => undefined);
      await send(wants(command));
      return waiting;
    }

    async function send(text: string): Promise<void> {
      const agent = face.manager.find(agentId);
      assert.ok(agent);
      await face.prompts.send(agent, text);
    }

    it('allows once', async () => {
      const approval = await asked(`touch ${workspace}/first`);
      assert.deepEqual([approval.kind, approval.told !== undefined], ['permission', whole]);
      const answered = await face.approvals.answer(approval, { type: 'approve' });
      assert.equal(answered.way, way);
      await fileWhen(join(workspace, 'first'), () => true);
    });

    it('denies', async () => {
      const answered = await face.approvals.answer(await prompt(`touch ${workspace}/denied`), { type: 'deny' });
      assert.equal(answered.way, way);
      await resting();
      assert.equal(existsSync(join(workspace, 'denied')), false);
    });

    it('denies with a note, which the model reads', async () => {
      const approval = await prompt(`touch ${workspace}/noted`);
      const read = waitForEvent(stub.onRequest, ({ body }) => JSON.stringify(body).includes('use make instead'), { timeoutMs: 30_000, what: 'the model to read the note' });
      const answered = await face.approvals.answer(approval, { type: 'deny', note: 'use make instead' });
      assert.equal(answered.note, way === 'keys' ? 'after' : 'with');
      await read;
      await resting();
      assert.equal(existsSync(join(workspace, 'noted')), false);
    });

    it('allows always, and is not asked again', async () => {
      const file = join(workspace, 'always');
      await face.approvals.answer(await prompt(`touch ${file}`), { type: 'always' });
      await fileWhen(file, () => true);
      await resting();
      rmSync(file);
      let askedAgain = false;
      const listening = face.approvals.onDidChange(({ type, approval }) => (askedAgain ||= type === 'appeared' && approval.agent.agentId === agentId));
      const made = fileWhen(file, () => true, 30_000);
      await send(wants(`touch ${file}`));
      await made;
      listening.dispose();
      assert.equal(askedAgain, false);
    });

    // Codex asks for no file of its workspace.
    if (cli !== 'codex') {
      it('allows a file to be written', async () => {
        await resting();
        const file = join(workspace, 'written.txt');
        const fits = ({ agent, request, answers }: PendingApproval): boolean => agent.agentId === agentId && request.path?.includes('written.txt') === true && answers.approve;
        const told = waitForEvent(face.approvals.onDidChange, ({ type, approval }) => type !== 'gone' && fits(approval), { timeoutMs: 30_000, what: `${cli} to ask for the file` });
        told.catch(() => undefined);
        await send(`please WRITE ${file} now`);
        const { approval } = await told;
        assert.equal(approval.risk.level, 'medium', approval.risk.reasons.join('; '));
        await face.approvals.answer(approval, { type: 'approve' });
        await fileWhen(file, (bytes) => bytes.length > 0);
      });
    }

    async function question(): Promise<PendingApproval> {
      await resting();
      const fits = ({ agent, kind, answers }: PendingApproval): boolean => agent.agentId === agentId && kind === 'question' && answers.options.length > 0;
      const told = waitForEvent(face.approvals.onDidChange, ({ type, approval }) => type !== 'gone' && fits(approval), { timeoutMs: 30_000, what: `${cli} to ask a question` });
      told.catch(() => undefined);
      await send('please ASKQ now');
      return (await told).approval;
    }

    it('answers a question by one of its options', async () => {
      const asks = await question();
      const read = waitForEvent(stub.onRequest, ({ afterTool, body }) => afterTool && JSON.stringify(body).includes('Blue'), { timeoutMs: 20_000, what: 'the model to read the answer' });
      await face.approvals.answer(asks, { type: 'option', option: 'Blue' });
      await read;
    });

    it('answers a question in words, where it takes them', async () => {
      const asks = await question();
      if (!asks.answers.text) {
        await assert.rejects(face.approvals.answer(asks, { type: 'text', text: 'Green' }), (error: unknown) => isAgentsError(error, 'unsupported'));
        await face.approvals.answer(asks, { type: 'option', option: 1 });
        return;
      }
      const read = waitForEvent(stub.onRequest, ({ afterTool, body }) => afterTool && JSON.stringify(body).includes('Green, not too dark'), { timeoutMs: 20_000, what: 'the model to read the answer' });
      await face.approvals.answer(asks, { type: 'text', text: 'Green, not too dark' });
      await read;
    });

    if (!whole) {
      it('is not answered by a policy: only its screen tells what it asks', async () => {
        const agent = face.manager.find(agentId);
        assert.ok(agent);
        // Every `touch` is allowed by now.
        const command = `mkdir ${workspace}/policy`;
        await face.approvals.policies.choose(agent, { ...NO_POLICY, commands: [command] });
        const approval = await prompt(command);
        assert.equal(approval.told, undefined);
        await face.approvals.answer(approval, { type: 'deny' });
        assert.equal(existsSync(join(workspace, 'policy')), false);
      });
      return;
    }

    it('is answered by a policy, before anybody is told', async () => {
      const file = join(workspace, 'policy');
      const agent = face.manager.find(agentId);
      assert.ok(agent);
      await resting();
      await face.approvals.policies.choose(agent, { ...NO_POLICY, commands: [`touch ${file}`] });
      let told = false;
      const listening = face.approvals.onDidChange(({ type, approval }) => (told ||= type === 'appeared' && approval.agent.agentId === agentId));
      const made = fileWhen(file, () => true, 30_000);
      await send(wants(`touch ${file}`));
      await made;
      listening.dispose();
      assert.equal(told, false);
    });
  });
}
