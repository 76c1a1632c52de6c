// Which conversation goes on, with a real Claude Code: the one that it changed to, also when nobody listened, and by the command line.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { ConversationEntry } from '../../../src/protocol/conversationEntry.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { resumeAgent } from '../../../src/sessions/conversations/resumeAgent.ts';
import { fileWhen } from '../../support/agentWaits.ts';
import { cliHome, needsAgentClis, type AgentClis } from '../../support/agentClis.ts';
import { CliWorld } from '../../support/cliWorld.ts';
import { startModelStub } from '../../support/modelStub.ts';
import { needs } from '../../support/requirements.ts';
import { CommandWorld } from '../cli/commandWorld.ts';

const START_MS = 60_000;

describe('the conversation of a real agent', function () {
  this.timeout(120_000);
  let clis: AgentClis;
  let world: CliWorld | undefined;

  before(function () {
    needs(this, 'tmux');
    clis = needsAgentClis(this);
  });

  afterEach(async () => {
    await world?.dispose();
    world = undefined;
  });

  it('that it changed to is the one that is resumed, not the one it began with', async () => {
    world = await CliWorld.open('claude', 'local', clis);
    const { managed } = world;
    await world.spawn();
    await world.until('idle', undefined, START_MS);
    await world.prompt('the first conversation');
    await world.until('idle');
    const changed = waitForEvent(managed.status.onDidTellConversation, ({ agent }) => agent.agentId === world?.handle.agentId, { timeoutMs: 15_000, what: 'another conversation' });
    await managed.manager.sendPrompt(world.handle, '/clear');
    const { conversation } = await changed;
    const ids = managed.conversations.get(world.handle.agentId)?.conversations.map(({ id }) => id) ?? [];
    assert.equal(ids.length, 2);
    assert.equal(ids[1], conversation);
    await world.prompt('the second conversation');
    await world.until('idle');
    await managed.manager.killAgent(world.handle, { graceMs: 2_000 });
    const before = world.stub.requests.length;
    await world.resume();
    await world.until('idle', undefined, START_MS);
    await world.prompt('which one is this');
    const body = JSON.stringify((await world.asked(({ userText }) => userText.includes('which one'), before)).body);
    assert.match(body, /the second conversation/);
    assert.doesNotMatch(body, /the first conversation/);
  });

  it('that it changed to while nobody listened is known when it is killed', async () => {
    world = await CliWorld.open('claude', 'local', clis);
    const { managed, handle } = world;
    await world.spawn();
    await world.until('idle', undefined, START_MS);
    const [first] = managed.conversations.get(handle.agentId)?.conversations ?? [];
    world.stopListening();
    const folder = managed.manager.get('here')?.agentFolder?.(handle.agentId);
    assert.ok(folder !== undefined);
    const before = await fileWhen(join(folder, 'session'), (bytes) => bytes.length > 0);
    await managed.manager.sendPrompt(world.handle, '/clear');
    await fileWhen(join(folder, 'session'), (bytes) => !bytes.equals(before));
    assert.deepEqual(managed.conversations.get(handle.agentId)?.conversations, [first], 'nobody has told yet');
    await managed.manager.killAgent(world.handle, { graceMs: 2_000 });
    const now = managed.conversations.get(handle.agentId)?.conversations.map(({ id }) => id) ?? [];
    assert.equal(now.length, 2);
    assert.notEqual(now[1], first?.id);
  });

  it('that no hook tells of is known by what the CLI says when it ends', async () => {
    world = await CliWorld.open('gemini', 'local', clis);
    const { managed, handle } = world;
    await world.spawn();
    await world.until('idle', undefined, START_MS);
    await world.prompt('the first conversation');
    await world.until('idle');
    await managed.prompts.send(world.agent, '/clear', { kind: 'command', signal: AbortSignal.timeout(START_MS) });
    await world.until('idle');
    await world.prompt('the second conversation');
    await world.until('idle');
    assert.equal(managed.conversations.get(handle.agentId)?.conversations.length, 1, 'nobody has told yet');
    await managed.manager.sendPrompt(world.handle, '/quit');
    await world.until('exited');
    const before = world.stub.requests.length;
    await world.resume();
    assert.equal(managed.conversations.get(handle.agentId)?.conversations.length, 2);
    await world.until('idle', undefined, START_MS);
    await world.prompt('which one is this');
    const body = JSON.stringify((await world.asked(({ userText }) => userText.includes('which one'), before)).body);
    assert.match(body, /the second conversation/);
    assert.doesNotMatch(body, /the first conversation/);
  });

  it('that never had a message is refused with the reason, and what is left of the agent stays', async () => {
    world = await CliWorld.open('claude', 'local', clis);
    const { managed, env } = world;
    await world.spawn();
    await world.until('idle', undefined, START_MS);
    await world.killHard();
    await world.until('exited');
    await assert.rejects(resumeAgent(managed, world.handle.agentId, { env }), /Claude Code has no conversation [0-9a-f-]+ in /);
    assert.equal(world.agent.status, 'exited');
  });

  it('goes on by the command line, too', async () => {
    const command = new CommandWorld();
    const stub = await startModelStub();
    const home = cliHome('claude', { stubUrl: stub.url, workspace: command.work });
    try {
      writeFileSync(join(command.folder, 'env'), Object.entries({ ...home.env, PATH: clis.path }).map(([name, value]) => `${name}=${value}\n`).join(''));
      const answered = waitForEvent(stub.onRequest, ({ userText, tools }) => tools.length > 0 && userText.includes('remember the word quokka'), { timeoutMs: START_MS, what: 'the first prompt' });
      const agent = await command.spawn('--provider', 'claude', '--task', 'remember the word quokka', '--no-autopilot', '--name', 'Rememberer', '--env-file', join(command.folder, 'env'));
      await answered;
      assert.equal((await command.run(['kill', agent.agentId])).code, 0);
      const { value: entries } = await command.json<(ConversationEntry & { conversation: string })[]>(['resume', '--list']);
      assert.deepEqual(entries.map(({ agentId, name }) => [agentId, name]), [[agent.agentId, 'Rememberer']]);
      const { code, value: resumed } = await command.json<AgentInfo>(['resume', 'Rememberer', '--env-file', join(command.folder, 'env')]);
      assert.equal(code, 0);
      assert.deepEqual([resumed.agentId, resumed.name, resumed.status], [agent.agentId, 'Rememberer', 'running']);
      const asked = waitForEvent(stub.onRequest, ({ userText, tools }) => tools.length > 0 && userText.includes('which word'), { timeoutMs: START_MS, what: 'the question' });
      const sent = await command.run(['send', agent.agentId, 'which word was it']);
      assert.equal(sent.code, 0, sent.stderr);
      assert.match(JSON.stringify((await asked).body), /quokka/);
      const { value: refused } = await command.json<{ error: { reason: string; message: string } }>(['resume', agent.agentId]);
      assert.match(refused.error.message, /still running/);
      assert.equal((await command.run(['kill', agent.agentId, '--forget'])).code, 0);
      assert.deepEqual((await command.json<object[]>(['resume', '--list'])).value, []);
      const gone = await command.json<{ error: { reason: string } }>(['resume', agent.agentId]);
      assert.deepEqual([gone.code, gone.value.error.reason], [3, 'not-found']);
    } finally {
      await command.run(['kill', '--all', '--grace', '0']);
      command.dispose();
      home.dispose();
      await stub.dispose();
    }
  });
});
