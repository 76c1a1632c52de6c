// What each CLI is prepared with, so that nothing asks at its start: arguments, environment and files, none of them the person's.
import assert from 'node:assert/strict';
import { builtInProviders } from '../../../src/providers/builtIn.ts';
import type { McpServer } from '../../../src/providers/mcpServers.ts';
import type { Preparation, PreparePlace } from '../../../src/providers/provider.ts';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';

const FOLDER = '/state/agents/a';
const SECRET = 'mcp-secret-value';
const servers: Readonly<Record<string, McpServer>> = {
  files: { command: 'mcp-files', args: ['--root', 'C:\\x "y"'], env: { FILES_TOKEN: SECRET } },
  web: { type: 'http', url: 'https://mcp.example/x', headers: { Authorization: `Bearer ${SECRET}` } },
};
const usual: PreparePlace = {
  agentFolder: FOLDER,
  workspace: '/work/a "b"',
  isolated: false,
  autoPilot: undefined,
  report: ['/bin/sh', `${FOLDER}/report`],
  trusted: true,
  trustedFolders: ['/work/a "b"', '/work'],
  mcpServers: {},
  environment: {},
  listen: { port: 4321, password: 'channel-password' },
};

function prepared(id: string, more: Partial<PreparePlace> = {}): Preparation {
  return createProviderRegistry().get(id).prepare?.({ ...usual, ...more }) ?? {};
}

function fileOf({ files = [] }: Preparation, name: string): unknown {
  const file = files.find((candidate) => candidate.name === name);
  assert.ok(file, name);
  return JSON.parse(file.content);
}

describe('what a CLI is prepared with', () => {
  for (const provider of builtInProviders) {
    it(`${provider.id}: names its own folder alone, and no secret in its arguments`, () => {
      const { argv = [], files = [], homeFiles = [] } = provider.prepare?.({ ...usual, isolated: true, mcpServers: provider.mcp === true ? servers : {}, environment: { ANTHROPIC_API_KEY: 'k', GEMINI_API_KEY: 'k' } }) ?? {};
      for (const word of argv) for (const secret of [SECRET, 'channel-password']) assert.equal(word.includes(secret), false, word);
      for (const { name } of [...files, ...homeFiles]) assert.match(name, /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/);
      assert.equal(provider.isolated === undefined || provider.id === 'codex', true);
      if (provider.port !== true) assert.deepEqual(provider.prepare?.(usual), provider.prepare?.({ ...usual, listen: { port: 1, password: 'x' } }));
    });

    it(`${provider.id}: reports through hooks exactly where its record says so`, () => {
      const text = JSON.stringify(provider.prepare?.({ ...usual, isolated: true }) ?? {});
      assert.equal(text.includes(`${FOLDER}/report`), provider.signals?.sources.includes('hooks') === true);
    });
  }

  it('claude: settings of its own, and trust for this run', () => {
    const plain = prepared('claude');
    assert.deepEqual(plain.argv, ['--settings', `${FOLDER}/claude.json`]);
    assert.equal(plain.env?.['CLAUDE_CODE_SANDBOXED'], '1');
    assert.equal(prepared('claude', { trusted: false }).env?.['CLAUDE_CODE_SANDBOXED'], undefined);
    assert.equal('skipDangerousModePermissionPrompt' in (fileOf(plain, 'claude.json') as object), false);
    assert.deepEqual((fileOf(prepared('claude', { autoPilot: true }), 'claude.json') as Record<string, unknown>)['skipDangerousModePermissionPrompt'], true);
  });

  it('claude: in a home of its own it is past its first questions, and takes the key that it is given', () => {
    assert.equal(prepared('claude').homeFiles, undefined);
    const [file] = prepared('claude', { isolated: true, environment: { ANTHROPIC_API_KEY: 'sk-0123456789abcdefghijklmnop' } }).homeFiles ?? [];
    assert.deepEqual(JSON.parse(file?.content ?? ''), { hasCompletedOnboarding: true, theme: 'dark', customApiKeyResponses: { approved: ['6789abcdefghijklmnop'] } });
  });

  it('codex: trust for the folder, in the one form that takes a path', () => {
    const argv = prepared('codex').argv ?? [];
    assert.ok(argv.includes('projects={"/work/a \\"b\\""={"trust_level"="trusted"},"/work"={"trust_level"="trusted"}}'));
    assert.ok(argv.includes('check_for_update_on_startup=false'));
    assert.equal(prepared('codex', { trusted: false }).argv?.some((word) => word.startsWith('projects=')), false);
  });

  it('codex: each of its hooks comes with the hash that says it was reviewed, and no other hook is waved through', () => {
    const argv = prepared('codex').argv ?? [];
    assert.equal(argv.includes('--dangerously-bypass-hook-trust'), false);
    const events = argv.flatMap((word) => /^hooks\.([A-Z][A-Za-z]+)=/.exec(word)?.[1] ?? []);
    const state = argv.find((word) => word.startsWith('hooks.state='));
    assert.ok(events.length >= 7);
    for (const event of events) {
      const key = event.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
      assert.match(state ?? '', new RegExp(`"/<session-flags>/config\\.toml:${key}:0:0"=\\{"trusted_hash"="sha256:[0-9a-f]{64}"\\}`));
    }
    // Codex makes 3 seconds of any more, and hashes those.
    assert.match(argv.find((word) => word.startsWith('hooks.Interrupt=')) ?? '', /"timeout"=3\}/);
  });

  it('codex: variables and headers of MCP servers go into the environment, by name', () => {
    const { argv = [], env = {} } = prepared('codex', { mcpServers: servers });
    assert.ok(argv.includes('mcp_servers.files={"command"="mcp-files","args"=["--root","C:\\\\x \\"y\\""],"env_vars"=["FILES_TOKEN"]}'), argv.join('\n'));
    assert.ok(argv.includes('mcp_servers.web={"url"="https://mcp.example/x","env_http_headers"={"Authorization"="TMUX_AGENTS_MCP_WEB_0"}}'));
    assert.deepEqual(env, { FILES_TOKEN: SECRET, TMUX_AGENTS_MCP_WEB_0: `Bearer ${SECRET}` });
  });

  it('gemini: trust as a flag; settings only for a home of its own', () => {
    assert.deepEqual(prepared('gemini'), { argv: ['--skip-trust'] });
    assert.deepEqual(prepared('gemini', { trusted: false }), { argv: [] });
    const [file] = prepared('gemini', { isolated: true, environment: { GEMINI_API_KEY: 'k' } }).homeFiles ?? [];
    assert.equal(file?.name, '.gemini/settings.json');
    assert.equal((JSON.parse(file.content) as { security: { auth: { selectedType: string } } }).security.auth.selectedType, 'gemini-api-key');
  });

  it('opencode: a port and a password, for whoever may read the agent\'s folder; it asks where it should', () => {
    const { argv, env = {}, files } = prepared('opencode', { autoPilot: false });
    assert.deepEqual(argv, ['--port=4321']);
    assert.equal(env['OPENCODE_SERVER_PASSWORD'], 'channel-password');
    assert.deepEqual(fileOf({ ...(files === undefined ? {} : { files }) }, 'opencode.json'), { port: 4321, password: 'channel-password' });
    assert.deepEqual(JSON.parse(env['OPENCODE_PERMISSION'] ?? ''), { bash: { '*': 'ask' }, edit: { '*': 'ask' } });
    assert.equal(prepared('opencode', { autoPilot: true }).env?.['OPENCODE_PERMISSION'], undefined);
    const mcp = JSON.parse(prepared('opencode', { mcpServers: servers }).env?.['OPENCODE_CONFIG_CONTENT'] ?? '') as { mcp: Record<string, unknown> };
    assert.deepEqual(mcp.mcp['files'], { type: 'local', command: ['mcp-files', '--root', 'C:\\x "y"'], environment: { FILES_TOKEN: SECRET } });
    assert.deepEqual(mcp.mcp['web'], { type: 'remote', url: 'https://mcp.example/x', headers: { Authorization: `Bearer ${SECRET}` } });
  });

  it('copilot: a plugin of this run, and trust in a home of its own', () => {
    const { argv = [] } = prepared('copilot', { mcpServers: servers });
    assert.deepEqual(argv, ['--no-auto-update', '--plugin-dir', `${FOLDER}/copilot-plugin`, `--additional-mcp-config=@${FOLDER}/copilot-mcp.json`]);
    assert.deepEqual(fileOf(prepared('copilot', { mcpServers: servers }), 'copilot-mcp.json'), { mcpServers: servers });
    const [file] = prepared('copilot', { isolated: true, workspace: '/workspace' }).homeFiles ?? [];
    assert.deepEqual(JSON.parse(file?.content ?? ''), { trustedFolders: ['/workspace'] });
  });

  it('qwen: the lowest layer of its settings', () => {
    const { argv, env } = prepared('qwen');
    assert.deepEqual([argv, env], [[], { QWEN_CODE_SYSTEM_DEFAULTS_PATH: `${FOLDER}/qwen.json` }]);
  });

  it('goose: how it may act, which it has no flags for', () => {
    assert.deepEqual([true, false, undefined].map((autoPilot) => prepared('goose', { autoPilot }).env), [{ GOOSE_MODE: 'auto' }, { GOOSE_MODE: 'approve' }, {}]);
  });
});
