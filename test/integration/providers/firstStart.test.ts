// The real CLIs in a home that has not seen the folder: what their providers prepare keeps every first-run, trust and update dialog away.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitForEvent } from '../../../src/base/wait.ts';
import { createRuntimeManager } from '../../../src/runner/createRuntimeManager.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import type { AgentConfig } from '../../../src/runtimes/types.ts';
import { cliHome, needsAgentClis, type AgentClis, type CliHome, type CliName } from '../../support/agentClis.ts';
import { agentGone, fileWhen, screenWith } from '../../support/agentWaits.ts';
import { startModelStub, type ModelStub } from '../../support/modelStub.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';

const TASK = 'Say hello to the first start';
const REPLY = 'STUB-REPLY';

describe('the first start of a CLI in a folder it does not know', function () {
  this.timeout(120_000);
  let clis: AgentClis;
  let place: TmuxHome;
  let stub: ModelStub;
  const homes: CliHome[] = [];
  let managed: ReturnType<typeof createRuntimeManager>;

  before(async function () {
    needs(this, 'tmux', 'git');
    clis = needsAgentClis(this);
    place = makeTmuxHome();
    stub = await startModelStub();
    managed = createRuntimeManager(parseConfig({ runtimes: { local: { socketName: 'first' }, docker: false } }, 'the test'));
  });

  after(async () => {
    managed?.manager.dispose();
    await stub?.dispose();
    place?.end();
    for (const home of homes) home.dispose();
  });

  /** A git repository: of those the CLIs ask whether they are trusted. */
  function start(cli: CliName, { seeded = false }: { readonly seeded?: boolean } = {}): { readonly config: AgentConfig; readonly home: CliHome; readonly workspace: string } {
    const workspace = join(place.directory, `repository of "${cli}"`);
    mkdirSync(workspace, { recursive: true });
    execFileSync('git', ['init', '-q', workspace]);
    const home = cliHome(cli, { stubUrl: stub.url, workspace, seeded });
    homes.push(home);
    const config: AgentConfig = { agentId: `first-${cli}-${homes.length}`, aiProvider: cli, task: TASK, workingDirectory: workspace, autoPilot: false, env: { ...home.env, PATH: clis.path } };
    return { config, home, workspace };
  }

  async function turn(config: AgentConfig): Promise<string> {
    const watching = managed.manager.watch();
    try {
      const asked = waitForEvent(stub.onRequest, ({ userText, tools }) => userText.trim() === TASK && tools.length > 0, { timeoutMs: 90_000, what: 'the task to reach the model' });
      const handle = await managed.manager.spawnAgent('local', config);
      const shown = screenWith(managed.manager, handle, REPLY, 90_000);
      return await Promise.all([asked, shown]).then(
        ([, screen]) => screen,
        async (error: unknown) => {
          throw new Error(`${String(error)}\n${await managed.manager.readOutput(handle, 60).catch(() => '')}`);
        },
      );
    } finally {
      watching.dispose();
    }
  }

  for (const cli of ['claude', 'codex', 'gemini', 'opencode', 'qwen', 'pi'] as const) {
    it(`${cli} takes its task at once`, async () => {
      const { config } = start(cli);
      await turn(config);
    });
  }

  for (const cli of ['claude', 'codex', 'qwen', 'copilot'] as const) {
    it(`${cli} reports through hooks that nobody had to review, kept in the agent's own folder`, async () => {
      // Copilot takes trust from its own home alone.
      const { config } = start(cli, { seeded: cli === 'copilot' });
      await turn(config);
      const folder = managed.manager.get('local')?.agentFolder?.(config.agentId) ?? '';
      await fileWhen(join(folder, 'last'), (bytes) => bytes.length > 0);
      assert.equal(statSync(folder).mode & 0o777, 0o700);
      for (const name of ['key', 'report']) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
      const agent = managed.manager.find(config.agentId);
      assert.ok(agent);
      assert.match(agent.hookKey ?? '', /^[0-9a-f]{64}$/);
      const watching = managed.manager.watch();
      const gone = agentGone(managed.manager, config.agentId);
      await managed.manager.killAgent(agent.handle, { graceMs: 500 });
      await gone;
      watching.dispose();
      assert.equal(existsSync(folder), false, 'the folder goes with the agent');
    });
  }

  for (const cli of ['claude', 'codex', 'opencode', 'qwen'] as const) {
    it(`${cli} starts the MCP servers that it is given, with their variables`, async () => {
      const { config, home } = start(cli);
      const told = join(home.home, 'told');
      const mcpConfig = join(home.home, 'mcp.json');
      const server = { command: '/bin/sh', args: ['-c', 'printf "%s" "$1 $MCP_TOKEN" > "$0"; exec cat > /dev/null', told, 'a "quoted" word'], env: { MCP_TOKEN: 'token-of-the-server' } };
      writeFileSync(mcpConfig, JSON.stringify({ mcpServers: { ours: server } }));
      const handle = await managed.manager.spawnAgent('local', { ...config, mcpConfig });
      const bytes = await fileWhen(told, (content) => content.length > 10, 30_000);
      assert.equal(bytes.toString(), 'a "quoted" word token-of-the-server');
      await managed.manager.killAgent(handle, { graceMs: 200 });
    });
  }

  it('leaves the home as it was: trust and hooks are of this run alone', async () => {
    const claude = start('claude');
    await turn(claude.config);
    const written = readFileSync(join(claude.home.home, '.claude.json'), 'utf8');
    assert.doesNotMatch(written, /"hasTrustDialogAccepted": ?true/);
    assert.equal(existsSync(join(claude.home.home, '.claude', 'settings.json')), false);
    const codex = start('codex');
    await turn(codex.config);
    assert.doesNotMatch(readFileSync(join(codex.home.home, '.codex', 'config.toml'), 'utf8'), /trust|hooks/);
  });

  it('codex takes a folder for trusted that is a part of a repository, or reached through a link', async () => {
    const { config, workspace } = start('codex');
    const [part, link] = [join(workspace, 'part'), join(place.directory, 'link')];
    mkdirSync(part);
    symlinkSync(part, link);
    for (const [index, workingDirectory] of [part, link].entries()) await turn({ ...config, agentId: `${config.agentId}-${index}`, workingDirectory });
  });

  for (const [cli, question] of [['claude', 'Yes, I trust this folder'], ['codex', 'Trust and continue'], ['gemini', 'Trust folder']] as const) {
    it(`${cli} still asks where the person's setting says that folders are not to be trusted`, async () => {
      const careful = createRuntimeManager(parseConfig({ trustFolders: false, runtimes: { local: { socketName: 'first' }, docker: false } }, 'the test'));
      try {
        const { config } = start(cli);
        const handle = await careful.manager.spawnAgent('local', config);
        await screenWith(careful.manager, handle, question, 30_000);
        await careful.manager.killAgent(handle, { graceMs: 200 });
      } finally {
        careful.manager.dispose();
      }
    });
  }

  it('starts a conversation under an id of our choice, and writes it where the agent runs', async () => {
    for (const cli of ['claude', 'gemini', 'qwen'] as const) {
      const { config } = start(cli);
      await turn(config);
      const agent = managed.manager.find(config.agentId);
      assert.ok(agent?.conversation, cli);
      const listed = (await managed.manager.listAllAgents()).find(({ agentId }) => agentId === config.agentId);
      assert.equal(listed?.conversation, agent.conversation);
      assert.equal(listed?.autoPilot, false);
      // Each tells its own id when it ends.
      await managed.manager.sendPrompt(agent.handle, cli === 'claude' ? '/exit' : '/quit');
      await screenWith(managed.manager, agent.handle, agent.conversation, 30_000);
      await managed.manager.killAgent(agent.handle, { graceMs: 200 });
    }
  });
});
