// What is kept of conversations, and why an agent can or cannot be resumed: with a runtime without a place.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { Emitter } from '../../../src/base/event.ts';
import { hookKeyHash } from '../../../src/providers/hooks/hookFiles.ts';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';
import type { ConversationChange } from '../../../src/providers/status/statusPort.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import type { AgentConfig, AgentInfo } from '../../../src/runtimes/types.ts';
import { Conversations } from '../../../src/sessions/conversations/conversations.ts';
import { ConversationStore } from '../../../src/sessions/conversations/conversationStore.ts';
import { farewellOf } from '../../../src/sessions/conversations/farewell.ts';
import { resumeAgent } from '../../../src/sessions/conversations/resumeAgent.ts';
import { lastConversation } from '../../../src/sessions/conversations/toldInFolder.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';
import { reportText } from '../../support/hookReports.ts';

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

  /** The pane of an agent that has ended, as it stays. */
  function pane(text: string): void {
    Object.assign(runtime, { getTmux: () => ({ capture: () => Promise.resolve(text) }) });
  }

  it('resume the one that the CLI named when it ended, where no source told of it', async () => {
    const agent = await spawned({ conversation: ID, aiProvider: 'gemini' });
    pane(`│  To resume this session: gemini --resume ${NEXT}   │\n╰────╯`);
    assert.deepEqual((await conversations.catchUp(agent))?.conversations.map(({ id }) => id), [ID], 'while it runs its screen is no farewell');
    ended(agent);
    await manager.listAllAgents();
    mkdirSync(join(folder, '.gemini', 'tmp', 'x', 'chats'), { recursive: true });
    writeFileSync(join(folder, '.gemini', 'tmp', 'x', 'chats', `session-${NEXT.slice(0, 8)}.json`), '{}');
    await resume();
    assert.equal(runtime.spawned.at(-1)?.resume, NEXT);
    assert.deepEqual(conversations.get('a1')?.conversations.map(({ id }) => id), [ID, NEXT]);
  });

  it('hear the farewell as soon as the agent has ended, but of one that failed, or was killed, nothing', async () => {
    const agent = await spawned({ conversation: ID });
    const { status: _, ...rest } = agent;
    pane(`claude --resume ${NEXT}`);
    for (const [exitCode, ids] of [[1, [ID]], [null, [ID]], [0, [ID, NEXT]]] as const) {
      const now: AgentInfo = { ...rest, status: 'exited', exitCode };
      runtime.agents.set('a1', now);
      runtime.changed.fire({ type: 'changed', agent: now });
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(conversations.get('a1')?.conversations.map(({ id }) => id), ids, String(exitCode));
    }
  });

  it("take from an agent's folder before it is killed what is its own", async () => {
    const key = '0123456789abcdef0123456789abcdef';
    Object.assign(runtime, { agentFolder: () => folder });
    const told = (conversation: string, source: string, by = key): void => writeFileSync(join(folder, 'session'), `\u001b]7502;${reportText({ key: by, event: 'SessionStart', payload: { session_id: conversation, source } })}\u001b\\`);
    const agent = { ...(await spawned({ conversation: ID })), hookKey: hookKeyHash(key) };
    runtime.agents.set('a1', agent);
    await manager.listAllAgents();
    for (const forge of [() => told(NEXT, 'clear', 'f'.repeat(32)), () => told(NEXT, 'startup')]) {
      forge();
      assert.deepEqual((await conversations.catchUp(agent))?.conversations.map(({ id }) => id), [ID]);
    }
    told(NEXT, 'clear');
    await manager.killAgent(agent.handle);
    assert.deepEqual(conversations.get('a1')?.conversations.map(({ id }) => id), [ID, NEXT]);
  });

  it('of long ago are forgotten with what was kept, but not those of an agent that lives or whose place is silent', async () => {
    const long = Date.now() - 91 * 86_400_000;
    const forgotten: string[] = [];
    Object.assign(runtime, { forgetHome: (agentId: string) => Promise.resolve(void forgotten.push(agentId)) });
    const silent = new FakeRuntime('docker');
    silent.listing = () => Promise.reject(new Error('no answer'));
    manager.register('docker', silent);
    runtime.add('lives');
    const entry = { v: 1 as const, name: 'x', aiProvider: 'claude', taskTitle: '', workingDirectory: '/', runtimeType: 'local', createdAt: '2020-01-01T00:00:00Z', conversations: [{ id: ID, at: long }] };
    for (const [agentId, runtimeId] of [['gone', 'local'], ['lives', 'local'], ['silent', 'docker'], ['elsewhere', 'nowhere']] as const) store.write({ ...entry, agentId, runtimeId });
    const removed = new Promise<void>((resolve) => {
      const remove = store.remove.bind(store);
      store.remove = (agentId) => (remove(agentId), resolve());
    });
    await spawned({ agentId: 'fresh', conversation: NEXT });
    await removed;
    // One that were forgotten wrongly would be so in the same turns.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(conversations.list().map(({ agentId }) => agentId).sort(), ['elsewhere', 'fresh', 'lives', 'silent']);
    assert.deepEqual(forgotten, ['gone']);
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
  const KEY = '0123456789abcdef0123456789abcdef';
  const hookKey = hookKeyHash(KEY);
  const wrapped = (text: string): Buffer => Buffer.from(`\u001b]7502;${text}\u001b\\`);
  const report = (payload: unknown, { event = 'SessionStart', key = KEY } = {}): Buffer => wrapped(reportText({ key, event, payload }));
  const told = (known: string | undefined, ...reports: Buffer[]): string | undefined => lastConversation(reports.map((bytes, at) => ({ at, bytes })), { hookKey, known });

  it('tells the last conversation', () => {
    assert.equal(told(ID, report({ session_id: ID, source: 'startup' }), report({ session_id: NEXT, source: 'clear' })), NEXT);
    assert.equal(told(ID, report({ session_id: NEXT, source: 'clear' }), report({ session_id: NEXT }, { event: 'Stop' })), NEXT);
    assert.equal(told(undefined, report({ sessionId: ID }, { event: 'sessionStart' })), ID);
    assert.equal(told(ID), undefined);
  });

  it('is believed of the agent alone that has the key', () => {
    assert.equal(told(ID, report({ session_id: NEXT, source: 'clear' }, { key: 'f'.repeat(32) })), undefined);
    assert.equal(told(undefined, report({ session_id: NEXT }, { key: 'f'.repeat(32) })), undefined);
    assert.equal(told(undefined, report({ session_id: ID }), report({ session_id: NEXT, source: 'clear' }, { key: 'f'.repeat(32) })), ID);
  });

  it('tells nothing of a CLI that the agent runs itself, with the same key', () => {
    const nested = report({ session_id: NEXT, source: 'startup' });
    assert.equal(told(ID, nested, report({ session_id: ID }, { event: 'PostToolUse' })), ID);
    assert.equal(told(ID, nested, report({ session_id: NEXT }, { event: 'Stop' })), undefined);
    assert.equal(told(ID, report({ session_id: ID, source: 'startup' }), report({ session_id: NEXT }, { event: 'UserPromptSubmit' })), ID);
    assert.equal(told(ID, report({ session_id: NEXT, source: 'new' }, { event: 'sessionStart' })), undefined);
  });

  it('tells nothing of subagents, broken payloads, events that nobody knows, and ids that are none', () => {
    for (const other of [report({ session_id: NEXT, source: 'clear', agent_id: 'sub' }), report({ session_id: '--resume', source: 'clear' }), report('no JSON'), report({ session_id: NEXT, source: 'clear' }, { event: 'Teleport' }), wrapped('tmux-agents;1')]) {
      assert.equal(told(undefined, report({ session_id: ID }), other), ID);
    }
  });

  it('reads base64 that is broken into lines', () => {
    const payload = (Buffer.from(JSON.stringify({ session_id: ID, more: 'x'.repeat(200) })).toString('base64').match(/.{1,76}/g) ?? []).join('\n');
    assert.equal(told(undefined, wrapped(`tmux-agents;1;${KEY};i;Stop;;${payload}\n`)), ID);
  });
});

describe('what a CLI says when it ends', () => {
  const registry = createProviderRegistry();
  const farewell = (aiProvider: string): RegExp => {
    const found = registry.get(aiProvider).farewell;
    assert.ok(found, aiProvider);
    return found;
  };

  for (const [aiProvider, id] of [
    ['claude', '0ff76adb-97aa-461f-93d4-660ae9680f79'],
    ['codex', '01a1fbc9-13f9-7b20-b8e9-1bc53de6d480'],
    ['copilot', '4e4b64e7-f2dd-4ed9-b4a1-1813c704628a'],
    ['gemini', '97247690-1e9c-4194-ae70-cf11621b5969'],
    ['opencode', 'ses_e0430ae33ffec6UcZyPuzO92gO'],
    ['qwen', 'b6033cb9-903d-4fd7-888b-daf0cc176447'],
  ] as const) {
    it(`names the conversation: ${aiProvider}, as it was recorded`, () => {
      assert.equal(farewellOf(readFileSync(new URL(`../../corpus/${aiProvider}/exited/screen.txt`, import.meta.url), 'utf8'), farewell(aiProvider)), id);
    });
  }

  it('is a line of its own, and one of the last', () => {
    const claude = farewell('claude');
    assert.equal(farewellOf(`claude --resume ${ID}\n\n`, claude), ID);
    assert.equal(farewellOf(`claude --resume ${ID}\nclaude --resume ${NEXT}`, claude), NEXT);
    for (const screen of [`● Run claude --resume ${ID}`, `claude --resume ${ID} now`, 'claude --resume last', `claude --resume ${ID}\n${'more\n'.repeat(6)}`]) assert.equal(farewellOf(screen, claude), undefined, screen);
  });
});
