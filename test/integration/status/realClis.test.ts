// The engine on the real CLIs: idle, working, waiting, working, idle, error; and which source said so.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { AgentStatus } from '../../../src/protocol/agentStatus.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { LocalExecutor } from '../../../src/exec/localExecutor.ts';
import { OPENCODE_CHANNEL_FILE } from '../../../src/providers/opencode.ts';
import { readAgentFile } from '../../../src/providers/status/agentFolderFile.ts';
import { OpencodeAddress, OpencodeServer } from '../../../src/providers/status/opencodeServer.ts';
import { opencodeServerOf } from '../../../src/providers/status/opencodeDoor.ts';
import type { StatusChange } from '../../../src/providers/status/statusPort.ts';
import { createRuntimeManager, type Managed } from '../../../src/runner/createRuntimeManager.ts';
import type { AgentHandle, AgentInfo } from '../../../src/runtimes/types.ts';
import { cliHome, needsAgentClis, type AgentClis, type CliHome, type CliName } from '../../support/agentClis.ts';
import { screenWith } from '../../support/agentWaits.ts';
import { startModelStub, type ModelStub } from '../../support/modelStub.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';

/** Milliseconds that a CLI may take to start, or to get to its next state. */
const PATIENCE = 30_000;

describe('the status engine, on real CLIs', function () {
  this.timeout(120_000);
  let clis: AgentClis;
  let place: TmuxHome;
  let stub: ModelStub;
  let managed: Managed;
  let following: { dispose(): void } | undefined;
  const homes: CliHome[] = [];

  before(async function () {
    needs(this, 'tmux');
    clis = needsAgentClis(this);
    place = makeTmuxHome();
    stub = await startModelStub();
    managed = createRuntimeManager(parseConfig({ runtimes: { local: { socketName: 'status' }, docker: false } }, 'the test'));
    following = managed.status.follow();
  });

  after(async () => {
    following?.dispose();
    managed?.status.dispose();
    managed?.manager.dispose();
    await stub?.dispose();
    place?.end();
    for (const home of homes) home.dispose();
  });

  class Cli {
    readonly handle: AgentHandle;
    readonly seen: string[] = [];
    readonly conversations: string[] = [];

    constructor(handle: AgentHandle) {
      this.handle = handle;
      managed.status.onDidChangeStatus((change) => this.isOwn(change) && this.seen.push(`${change.status.state} by ${change.status.source}`));
      managed.status.onDidTellConversation(({ agent, conversation }) => agent.agentId === handle.agentId && this.conversations.push(conversation));
    }

    get info(): AgentInfo {
      return managed.manager.find(this.handle.agentId) ?? assert.fail('the agent is gone');
    }

    isOwn(change: StatusChange): boolean {
      return change.agent.agentId === this.handle.agentId;
    }

    /** Runs `act`, and resolves with the status once it is in this state. */
    async becomes(state: AgentStatus['state'], act: () => Promise<unknown> | void = () => undefined): Promise<AgentStatus> {
      const change = waitForEvent(managed.status.onDidChangeStatus, (one) => this.isOwn(one) && one.status.state === state, { timeoutMs: PATIENCE, what: state });
      await act();
      const now = managed.status.statusOf(this.handle);
      if (now?.state === state && act.length === 0 && this.seen.length === 0) {
        change.catch(() => undefined);
        return now;
      }
      try {
        return (await change).status;
      } catch (error) {
        const { status, observations, reasons } = await managed.status.explain(this.info);
        throw new Error(`${String(error)}\n${JSON.stringify(status)}\n${observations.map((one) => JSON.stringify(one)).join('\n')}\n${reasons.join('\n')}\n${this.seen.join(', ')}\n${await managed.status.screen(this.info)}`, { cause: error });
      }
    }

    /** Works until `release`. */
    async hold(): Promise<AgentStatus> {
      const asked = waitForEvent(stub.onRequest, ({ userText, tools }) => userText.includes('HOLD') && tools.length > 0, { timeoutMs: PATIENCE, what: 'the model to be asked' });
      const [status] = await Promise.all([this.becomes('working', () => this.prompt('please HOLD on')), asked]);
      return status;
    }

    /** Presses the keys once the dialog is on the screen, and again while it stays: Claude takes none in its first moments. */
    async answers(dialog: string, keys: readonly string[]): Promise<void> {
      await screenWith(managed.manager, this.handle, dialog, PATIENCE);
      for (let tries = 0; tries < 10; tries++) {
        const over = waitForEvent(managed.status.onDidChangeStatus, (one) => this.isOwn(one) && one.status.state !== 'waiting', { timeoutMs: 500, what: 'the end of the dialog' });
        await this.press(...keys);
        if (await over.then(() => true, () => false)) return;
        if (!(await managed.status.screen(this.info)).includes(dialog)) return;
      }
    }

    prompt(text: string): Promise<void> {
      return managed.manager.sendPrompt(this.handle, text);
    }

    press(...keys: string[]): Promise<void> {
      return managed.manager.getPane(this.handle).then((pane) => managed.manager.getTmux(this.handle).sendKeyNames(pane, keys));
    }
  }

  async function start(name: CliName): Promise<Cli> {
    const workspace = join(place.directory, `work-${name}`);
    mkdirSync(workspace);
    const home = cliHome(name, { stubUrl: stub.url, workspace });
    homes.push(home);
    const handle = await managed.manager.spawnAgent('local', { agentId: `real-${name}`, aiProvider: name, workingDirectory: workspace, autoPilot: false, env: { ...home.env, PATH: clis.path } });
    const cli = new Cli(handle);
    // What was decided before this test listened.
    const now = managed.status.statusOf(handle);
    if (now !== undefined) cli.seen.push(`${now.state} by ${now.source}`);
    if (now?.state !== 'idle') await cli.becomes('idle');
    return cli;
  }

  /** As in a container: by curl, which is told the password on its standard input. */
  async function assertCurlReads(cli: Cli): Promise<void> {
    const address = OpencodeAddress.parse(JSON.parse(await readAgentFile(managed.manager, cli.handle, OPENCODE_CHANNEL_FILE)));
    const server = new OpencodeServer(address, new LocalExecutor());
    assert.deepEqual(await server.snapshot(), { sessions: {}, permissions: [], questions: [] });
    const stop = new AbortController();
    let first = '';
    await server.follow((json) => {
      first = json;
      stop.abort();
    }, stop.signal);
    assert.match(first, /server\.connected/);
    const locked = new OpencodeServer({ ...address, password: 'wrong "password"' }, new LocalExecutor());
    await assert.rejects(locked.snapshot(), { reason: 'disconnected' });
  }

  it('opencode: its server tells', async () => {
    const cli = await start('opencode');
    await cli.hold();
    const idle = await cli.becomes('idle', () => stub.release());
    assert.equal(idle.source, 'channel');
    const waiting = await cli.becomes('waiting', () => cli.prompt('TOOL echo hi > made.txt;;'));
    assert.deepEqual([waiting.source, waiting.state === 'waiting' && waiting.kind, waiting.request?.command], ['channel', 'permission', 'echo hi > made.txt']);
    const server = await opencodeServerOf(managed.manager, cli.info);
    const { request } = waiting;
    assert.ok(request);
    await assert.rejects(server.replyPermission('per_nobody', 'once'), { reason: 'stale' });
    await cli.becomes('idle', () => server.replyPermission(request.id, 'once'));
    await assert.rejects(server.replyPermission(request.id, 'once'), { reason: 'stale' });
    const question = await cli.becomes('waiting', () => cli.prompt('ASKQ now'));
    assert.deepEqual([question.source, question.state === 'waiting' && question.kind], ['channel', 'question']);
    await cli.becomes('idle', () => server.replyQuestion(question.request?.id ?? '', [['Blue']]));
    const failed = await cli.becomes('error', () => cli.prompt('FAIL400 now'));
    assert.equal(failed.source, 'channel');
    await assertCurlReads(cli);
    await cli.hold();
    const stopped = await cli.becomes('idle', () => managed.manager.interrupt(cli.handle));
    assert.equal(stopped.source, 'channel');
    assert.equal(cli.conversations.length, 1, 'one conversation throughout');
    assert.match(cli.conversations[0] ?? '', /^ses_/);
    const over = await cli.becomes('exited', () => cli.press('C-c'));
    assert.equal(over.source, 'process');
  });

  /** One turn of each kind; resolves with what was seen, and who said so. */
  async function turns(cli: Cli, { tool, dialog, allow, deny }: { readonly tool: string; readonly dialog: string; readonly allow: readonly string[]; readonly deny: readonly string[] }): Promise<Record<string, AgentStatus>> {
    const working = await cli.hold();
    const done = await cli.becomes('idle', () => stub.release());
    const waiting = await cli.becomes('waiting', () => cli.prompt(`${tool} 1`));
    const allowed = await cli.becomes('idle', () => cli.answers(dialog, allow));
    const again = await cli.becomes('waiting', () => cli.prompt(`${tool} 2`));
    const denied = await cli.becomes('idle', () => cli.answers(dialog, deny));
    await cli.hold();
    const interrupted = await cli.becomes('idle', () => managed.manager.interrupt(cli.handle));
    const failed = await cli.becomes('error', () => cli.prompt('FAIL400 now'));
    return { working, done, waiting, allowed, again, denied, interrupted, failed };
  }

  /** Which of these sources may have told of each state first, where several see it. */
  function toldBy(seen: Record<string, AgentStatus>, expected: Record<string, readonly AgentStatus['source'][]>): void {
    for (const [name, sources] of Object.entries(expected)) assert.ok(sources.includes(seen[name]?.source ?? 'process'), `${name} was told by ${seen[name]?.source ?? 'nobody'}, not by ${sources.join(' or ')}`);
  }

  it('claude: its hooks tell; of what they are blind to, its status file or its screen', async () => {
    const cli = await start('claude');
    const seen = await turns(cli, { tool: 'TOOL touch made.txt;;', dialog: 'Do you want to proceed?', allow: ['1'], deny: ['Escape'] });
    const silent = ['statusFile', 'screen'] as const;
    toldBy(seen, { working: ['hooks', 'statusFile'], done: ['hooks'], waiting: ['hooks', 'statusFile'], allowed: ['hooks'], denied: silent, interrupted: silent, failed: ['hooks'] });
    const { waiting } = seen;
    assert.ok(waiting?.state === 'waiting' && waiting.kind === 'permission');
  });

  it('codex: OSC 7501 tells', async () => {
    const cli = await start('codex');
    const seen = await turns(cli, { tool: 'TOOL touch made.txt;; ESC', dialog: 'Press enter to confirm', allow: ['y'], deny: ['Escape'] });
    assert.deepEqual([...new Set(Object.values(seen).map(({ source }) => source))], ['osc7501']);
    const { waiting } = seen;
    assert.ok(waiting?.state === 'waiting' && waiting.kind === 'permission');
    assert.equal(cli.conversations.length, 1);
  });

  it('gemini: its title tells, of a failure its screen', async () => {
    const cli = await start('gemini');
    const { failed, ...others } = await turns(cli, { tool: 'TOOL touch made.txt;;', dialog: 'Allow once', allow: ['Enter'], deny: ['Escape'] });
    assert.equal(failed?.source, 'screen');
    assert.deepEqual([...new Set(Object.values(others).map(({ source }) => source))], ['title']);
  });
});
