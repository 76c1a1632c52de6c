// What a runner is asked: sessions in both forms, its configuration, its adapters.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../src/base/errors.ts';
import { UsageMetrics } from '../../../src/protocol/runnerEvent.ts';
import type { Session } from '../../../src/sessions/manager/managedSession.ts';
import { AdapterRegistry } from '../../../src/runner/adapters/adapterRegistry.ts';
import { agentIdOf, taskText } from '../../../src/runner/adapters/cliAdapter.ts';
import { adapterIds, createAdapter } from '../../../src/runner/adapters/createAdapter.ts';
import { ownVariables } from '../../../src/runner/adapters/providerNames.ts';
import { runnerSettings } from '../../../src/runner/service/runnerConfig.ts';
import { limitsOf, refuseOver } from '../../../src/runner/service/sessionLimits.ts';
import { repoRefOf, sessionSpec } from '../../../src/runner/service/sessionRequest.ts';

const refused = (reason: string, words?: RegExp) => (error: unknown) => isAgentsError(error, reason as 'bad-input') && (words === undefined || words.test(error.message));

describe("a runner's requests", () => {
  it('repositories by their addresses', () => {
    const github = { provider: 'github', owner: 'example', name: 'repo' };
    for (const url of ['https://github.com/example/repo', 'https://github.com/example/repo.git/', 'git@github.com:example/repo.git', 'ssh://git@github.com:22/example/repo', 'https://user:secret@github.com/example/repo']) assert.deepEqual(repoRefOf(url), github, url);
    assert.deepEqual(repoRefOf('https://gitlab.com/a/b/c'), { provider: 'gitlab', owner: 'a/b', name: 'c' });
    assert.deepEqual(repoRefOf('/work/project'), { provider: 'local', path: '/work/project' });
    assert.deepEqual(repoRefOf('file:///work/a%20b'), { provider: 'local', path: '/work/a b' });
    for (const url of ['https://example.org/a/b', 'relative/path', 'https://github.com/only', 'ext::sh -c id']) assert.throws(() => repoRefOf(url), refused('bad-input'), url);
    assert.throws(() => repoRefOf('https://me:secret@example.org/a/b'), (error: unknown) => error instanceof Error && !error.message.includes('secret'));
  });

  it('the short form becomes the wire form, and a fault names its key', () => {
    const short = { sessionId: 's', orgId: 'o', providerId: 'codex', repo: { url: '/work/x', branch: 'main', commit: 'abc123' }, task: 'Do it\nwell' };
    const { config, prompt, form } = sessionSpec(short);
    assert.deepEqual([config.checkout, config.task.title, prompt, form], [{ type: 'commit', sha: 'abc123' }, 'Do it', 'Do it\nwell', 'readme']);
    assert.equal(sessionSpec({ ...short, task: ' ' }).prompt, undefined);
    const { argv: _, ...wire } = { ...config, argv: undefined };
    assert.equal(sessionSpec(wire).form, 'wire');
    assert.equal(sessionSpec({ ...wire, argv: ['rm'] }).argv, undefined, 'no command line comes over the wire');
    assert.throws(() => sessionSpec({ ...short, repo: { url: '/x' } }), refused('bad-input', /repo\.branch/));
    assert.throws(() => sessionSpec({ ...short, tsk: 'x' }), refused('bad-input', /tsk/));
  });

  it('the configuration: its defaults, the environment, and its faults', () => {
    const none = runnerSettings({}, {});
    assert.deepEqual([none.maxConcurrentSessions, none.sessionTimeout, none.heartbeatInterval, none.workspacePath, none.providers], [10, 3_600_000, 30_000, '/tmp/workspaces', ['codex']]);
    const env = { RUNNER_MAX_SESSIONS: '3', RUNNER_WORKSPACE_DIR: '/w', RUNNER_CACHE_DIR: '/c' };
    assert.deepEqual([runnerSettings({}, env).maxConcurrentSessions, runnerSettings({}, env).workspacePath, runnerSettings({}, env).cachePath], [3, '/w', '/c']);
    assert.equal(runnerSettings({ workspacePath: '/mine' }, env).workspacePath, '/mine');
    assert.throws(() => runnerSettings({}, { RUNNER_MAX_SESSIONS: 'many' }), refused('bad-input', /maxConcurrentSessions/));
    assert.throws(() => runnerSettings({ sessionTimeout: -1, workspacePath: 'here' }, {}), refused('bad-input', /sessionTimeout.*workspacePath/));
  });

  it('limits: of all, of an organisation, of a day', () => {
    const { config } = sessionSpec({ sessionId: 's', orgId: 'o', providerId: 'codex', repo: { url: '/x', branch: 'main' } });
    const facts = { maxConcurrentSessions: 2, liveOrgs: [], sessions: [] };
    const settings = { sessionTimeout: 1_000, limits: { maxTokens: 5 } };
    assert.deepEqual(limitsOf(config, settings), { maxTokens: 5, maxDurationMs: 1_000, maxDailyMinutes: undefined });
    assert.equal(limitsOf(config, { ...settings, sessionTimeout: 0 }).maxDurationMs, undefined);
    assert.throws(() => refuseOver(config, { ...facts, liveOrgs: ['a', 'b'] }), refused('limit-reached', /Maximum sessions \(2\) reached/));
    const billed = { ...config, billing: { plan: 'p', orgId: 'o', limits: { maxConcurrency: 1, maxSessionDurationMs: 500, maxDailyMinutes: 10 } } };
    assert.equal(limitsOf(billed, settings).maxDurationMs, 500);
    assert.throws(() => refuseOver(billed, { ...facts, liveOrgs: ['o'] }), refused('limit-reached', /\(1\)/));
    const noon = Date.parse('2026-01-01T12:00:00Z');
    const lived = (minutes: number): Session[] => [{ sessionId: 'x', orgId: 'o', providerId: 'codex', state: 'completed', runnerState: 'COMPLETED', createdAt: noon - minutes * 60_000, endedAt: noon, usage: UsageMetrics.parse({}), lastEventSeq: 1 }];
    refuseOver(billed, { ...facts, sessions: lived(9) }, noon);
    assert.throws(() => refuseOver(billed, { ...facts, sessions: lived(10) }, noon), refused('limit-reached', /10 minutes of today/));
  });

  it('agents are named after their sessions, the same each time', () => {
    assert.equal(agentIdOf('unique-session-id'), 'unique-session-id');
    assert.match(agentIdOf('a/b:c../../x'), /^a-b-c-x-[0-9a-f]{12}$/);
    assert.equal(agentIdOf('ü'), agentIdOf('ü'));
    assert.notEqual(agentIdOf('a b'), agentIdOf('a/b'));
    assert.ok(agentIdOf('x'.repeat(200)).length <= 63);
  });

  it('a task as a prompt', () => {
    assert.equal(taskText({ title: 'Fix', goal: 'Fix the tests', constraints: ['no new files'], acceptance: ['all pass'] }), 'Fix the tests\n\nConstraints:\n- no new files\n\nIt is done when:\n- all pass');
  });

  it('adapters: every provider has one, an unknown one has not, and a key goes where its provider looks', () => {
    for (const id of adapterIds()) assert.equal(createAdapter(id).id, id);
    assert.throws(() => createAdapter('nobody'), refused('not-found', /"nobody"/));
    assert.throws(() => createAdapter('demo', { apiKey: 'k' }), refused('bad-input'));
    const registry = new AdapterRegistry();
    registry.register(createAdapter('claude_code', { apiKey: 'secret' }));
    assert.deepEqual(registry.ids(), ['claude_code']);
    assert.throws(() => registry.get('codex'), refused('not-found'));
    assert.deepEqual(ownVariables('claude', { ANTHROPIC_API_KEY: 'a', CLAUDE_CONFIG_DIR: 'b', OPENAI_API_KEY: 'c', PATH: 'd' }), { ANTHROPIC_API_KEY: 'a', CLAUDE_CONFIG_DIR: 'b' });
  });

  it('an adapter says of a CLI that is not there that it is not, and how to get it', async () => {
    const adapter = createAdapter('omnara');
    try {
      const { installed, details } = await adapter.detect();
      assert.equal(installed, false);
      assert.match(details ?? '', /omnara: not found/);
    } finally {
      adapter.dispose();
    }
  });
});
