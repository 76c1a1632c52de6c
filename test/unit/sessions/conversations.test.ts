// What is kept of conversations, and why an agent can or cannot be resumed: with a runtime without a place.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { Emitter } from '../../../src/base/event.ts';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';
import type { ConversationChange } from '../../../src/providers/status/statusPort.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import type { AgentConfig, AgentInfo } from '../../../src/runtimes/types.ts';
import { Conversations } from '../../../src/sessions/conversations/conversations.ts';
import { ConversationStore } from '../../../src/sessions/conversations/conversationStore.ts';
import { resumeAgent } from '../../../src/sessions/conversations/resumeAgent.ts';
import { lastConversation } from '../../../src/sessions/conversations/toldInFolder.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';

const ID = '0f0e0d0c-1111-4222-8333-444455556666';
const NEXT = 'aaaaaaaa-1111-4222-8333-444455556666';

describe('conversations', () => {
  let folder: string;
  let store: ConversationStore;
  let manager: RuntimeManager;
  let runtime: FakeRuntime;
  let conversations: Conversations;
  let told: Emitter<ConversationChange>;
  const providers = createProviderRegistry();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ta-conversations-'));
    store = new ConversationStore(join(folder, 'conversations'));
    manager = new RuntimeManager();
    runtime = new FakeRuntime('local');
    manager.register('local', runtime);
    told = new Emitter();
    conversations = new Conversations({ manager, providers, status: { onDidTellConversation: told.event }, store });
  });

  afterEach(() => {
    conversations.dispose();
    manager.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As a spawn leaves it; the fake makes every agent a `custom` one in `/`, so the listing is put right here. */
  async function spawned(more: Partial<AgentConfig> = {}): Promise<AgentInfo> {
    const config: AgentConfig = { agentId: 'a1', aiProvider: 'claude', workingDirectory: folder, argv: ['claude'], task: 'mend it', env: { SECRET: 'hunter2' }, ...more };
    runtime.beforeSpawn = () => Promise.resolve();
    const spawn = runtime.spawnAgent.bind(runtime);
    runtime.spawnAgent = async (wish) => {
      const handle = await spawn(wish);
      const made = runtime.agents.get(wish.agentId);
      assert.ok(made);
      runtime.agents.set(wish.agentId, { ...made, aiProvider: wish.aiProvider, workingDirectory: wish.workingDirectory, name: wish.name ?? wish.agentId, task: wish.task ?? '', ...(wish.conversation === undefined ? {} : { conversation: wish.conversation }) });
      return handle;
    };
    await manager.spawnAgent('local', config);
    const agent = manager.find(config.agentId);
    assert.ok(agent);
    return agent;
  }

  function ended(agent: AgentInfo): void {
    const { status: _, ...rest } = agent;
    runtime.agents.set(agent.agentId, { ...rest, status: 'exited', exitCode: 0 });
  }

  function resume(agentId = 'a1', env = { HOME: folder }): Promise<unknown> {
    return resumeAgent({ manager, providers, conversations }, agentId, { env });
  }

  /** A conversation where Claude Code would keep it. */
  function keepConversation(id = ID): void {
    mkdirSync(join(folder, '.claude', 'projects', '-x'), { recursive: true });
    writeFileSync(join(folder, '.claude', 'projects', '-x', `${id}.jsonl`), '{}\n');
  }

  async function refused(promise: Promise<unknown>, reason: string, sentence: RegExp): Promise<void> {
    await assert.rejects(promise, (error: unknown) => {
      assert.ok(isAgentsError(error), String(error));
      assert.equal(error.reason, reason);
      assert.match(error.message, sentence);
      return true;
    });
  }

  it('are written down at the spawn, for their owner alone, without the environment', async () => {
    await spawned({ conversation: ID, model: 'opus', autoPilot: false });
    const entry = conversations.get('a1');
    assert.deepEqual(
      { provider: entry?.aiProvider, model: entry?.model, autoPilot: entry?.autoPilot, task: entry?.taskTitle, runtime: entry?.runtimeId, ids: entry?.conversations.map(({ id }) => id) },
      { provider: 'claude', model: 'opus', autoPilot: false, task: 'mend it', runtime: 'local', ids: [ID] },
    );
    assert.doesNotMatch(JSON.stringify(entry), /hunter2/);
    const [file = ''] = readdirSync(join(folder, 'conversations'));
    assert.equal(file, 'a1.json');
    assert.equal(statSync(join(folder, 'conversations', file)).mode & 0o777, 0o600);
  });

  it('change as the CLI tells, in order, each only when it is another one', async () => {
    const agent = await spawned({ conversation: ID });
    for (const [at, conversation] of [ID, NEXT, NEXT, ID].entries()) told.fire({ agent, conversation, at });
    assert.deepEqual(conversations.get('a1')?.conversations.map(({ id }) => id), [ID, NEXT, ID]);
  });

  it('take no id that the CLI could read as an option, or that is none', async () => {
    const agent = await spawned();
    for (const conversation of ['--dangerous', '', 'two words', 'a\nb', 'x'.repeat(200)]) told.fire({ agent, conversation, at: 1 });
    assert.deepEqual(conversations.get('a1')?.conversations, []);
  });

  it('are kept of providers alone that can resume', async () => {
    await spawned({ agentId: 'd1', aiProvider: 'custom' });
    assert.equal(conversations.get('d1'), undefined);
  });

  it('survive a broken file of another agent, which stays as it is', async () => {
    await spawned({ conversation: ID });
    writeFileSync(join(folder, 'conversations', 'b2.json'), '{"v":1');
    assert.deepEqual(conversations.list().map(({ agentId }) => agentId), ['a1']);
    assert.deepEqual(readdirSync(join(folder, 'conversations')).sort(), ['a1.json', 'b2.json']);
    assert.equal(store.read('../a1'), undefined, 'an id is no path');
  });

  it('resume exactly the last one, under the same id and name, and take away what was left', async () => {
    const agent = await spawned({ conversation: ID, name: 'Mender', model: 'opus', extraArgs: ['--verbose'] });
    told.fire({ agent, conversation: NEXT, at: 2 });
    keepConversation(NEXT);
    ended(agent);
    await manager.listAllAgents();
    await resume();
    const config = runtime.spawned.at(-1);
    assert.deepEqual([config?.agentId, config?.name, config?.resume, config?.model, config?.workingDirectory, config?.extraArgs], ['a1', 'Mender', NEXT, 'opus', folder, ['--verbose']]);
    assert.deepEqual(conversations.get('a1')?.conversations.map(({ id }) => id), [ID, NEXT]);
    assert.equal(runtime.agents.size, 1);
  });

  it('resume after the agent is gone altogether', async () => {
    const agent = await spawned({ conversation: ID });
    keepConversation();
    await manager.killAgent(agent.handle);
    await resume();
    assert.equal(runtime.spawned.at(-1)?.resume, ID);
  });

  it('forget what they are told to', async () => {
    await spawned({ conversation: ID });
    await conversations.forget('a1');
    assert.equal(conversations.get('a1'), undefined);
    runtime.agents.clear();
    await manager.listAllAgents();
    await refused(resume(), 'not-found', /Nothing is written down of an agent "a1"/);
  });

  describe('cannot be resumed', () => {
    it('while the agent runs', async () => {
      await spawned({ conversation: ID });
      await refused(resume(), 'bad-input', /still running/);
    });

    it('where the CLI never told an id', async () => {
      const agent = await spawned();
      ended(agent);
      await manager.listAllAgents();
      await refused(resume(), 'not-found', /Claude Code never told the id of its conversation/);
    });

    it('by a provider that cannot do it by id', async () => {
      const agent = await spawned({ aiProvider: 'custom' });
      ended(agent);
      await manager.listAllAgents();
      await refused(resume(), 'unsupported', /cannot resume a conversation by its id/);
    });

    it('when the folder is gone', async () => {
      const work = join(folder, 'work');
      mkdirSync(work);
      const agent = await spawned({ conversation: ID, workingDirectory: work });
      keepConversation();
      await manager.killAgent(agent.handle);
      rmSync(work, { recursive: true });
      await refused(resume(), 'folder-missing', /work/);
    });

    it("when the CLI's own file of it is gone", async () => {
      const agent = await spawned({ conversation: ID });
      keepConversation(NEXT);
      await manager.killAgent(agent.handle);
      await refused(resume(), 'not-found', new RegExp(`has no conversation ${ID} in .*projects`));
      assert.equal(runtime.spawned.length, 1, 'nothing was started');
    });

    it('when nothing of its container was kept', async () => {
      const agent = await spawned({ conversation: ID });
      await manager.killAgent(agent.handle);
      Object.assign(runtime, { hasKeptHome: () => Promise.resolve(false) });
      await refused(resume(), 'not-found', /in its container, of which nothing was kept/);
    });

    it('when it was started by hand', async () => {
      const agent = runtime.add('h1');
      runtime.agents.set('h1', { ...agent, adopted: true });
      await manager.listAllAgents();
      await refused(resume('h1'), 'unsupported', /started by hand/);
    });

    it('when its runtime is not in the settings any more', async () => {
      const agent = await spawned({ conversation: ID });
      await manager.killAgent(agent.handle);
      const entry = store.read('a1');
      assert.ok(entry);
      store.write({ ...entry, runtimeId: 'elsewhere' });
      await refused(resume(), 'not-found', /its runtime "elsewhere" is not in the settings/);
    });
  });
});

describe('what hooks wrote down', () => {
  const report = (payload: unknown): string => `\u001b]7502;tmux-agents;1;k;i;SessionStart;;${Buffer.from(JSON.stringify(payload)).toString('base64')}\u001b\\`;

  it('tells the last conversation', () => {
    assert.equal(lastConversation(report({ session_id: ID }) + report({ session_id: NEXT })), NEXT);
    assert.equal(lastConversation(report({ sessionId: ID })), ID);
  });

  it('tells nothing of subagents, broken payloads, and ids that are none', () => {
    assert.equal(lastConversation(report({ session_id: ID }) + report({ session_id: NEXT, agent_id: 'sub' })), ID);
    assert.equal(lastConversation(report({ session_id: ID }) + report({ session_id: '--resume' })), ID);
    assert.equal(lastConversation(`${report({ session_id: ID })}\u001b]7502;tmux-agents;1;k;i;Stop;;bm90anNvbg==\u001b\\`), ID);
    assert.equal(lastConversation(''), undefined);
  });

  it('reads base64 that is broken into lines', () => {
    const payload = (Buffer.from(JSON.stringify({ session_id: ID, more: 'x'.repeat(200) })).toString('base64').match(/.{1,76}/g) ?? []).join('\n');
    assert.equal(lastConversation(`\u001b]7502;tmux-agents;1;k;i;Stop;;${payload}\n\u001b\\`), ID);
  });
});
