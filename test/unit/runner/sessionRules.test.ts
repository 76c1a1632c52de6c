// What a session's rules are told as: categories, alerts, and the place that keeps them.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { Emitter } from '../../../src/base/event.ts';
import { PolicySpec } from '../../../src/protocol/sessionConfig.ts';
import type { EgressEntry } from '../../../src/protocol/network.ts';
import { builtInProviders } from '../../../src/providers/builtIn.ts';
import { gateFault, holdsRules, ruledConfig, runtimeFor } from '../../../src/runner/adapters/sessionPolicy.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import { loadJudge } from '../../../src/sessions/policy/loadJudge.ts';
import { EgressAlerts } from '../../../src/sessions/policy/policyAlerts.ts';
import { RuledRequests } from '../../../src/sessions/policy/ruledRequests.ts';
import { SessionRules } from '../../../src/sessions/policy/sessionRules.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';

const refused = (reason: string) => (error: unknown) => isAgentsError(error) && error.reason === reason;

describe("what a session's rules are told as", () => {
  it('categories by one set of tables, wherever a command hides', async () => {
    const { categoryOf } = await loadJudge();
    const of = (command: string): string => categoryOf({ id: '1', tool: 'Bash', command }, '/work');
    assert.deepEqual(
      ['git push origin main', "sh -c 'npm install left-pad'", 'ls && cat .env', 'kubectl apply -f x', 'curl https://example.org', 'echo x > package.json', 'ls', 'git commit -m secrets'].map(of),
      ['merge', 'deps_add', 'secrets', 'deploy', 'network', 'deps_add', 'shell', 'shell'],
    );
    assert.equal(categoryOf({ id: '1', tool: 'Read', path: '/work/.env' }, '/work'), 'secrets');
    assert.equal(categoryOf({ id: '1', tool: 'WebFetch' }, '/work'), 'network');
  });

  it('one alert for each place that an agent may not reach', () => {
    const alerts = new EgressAlerts();
    const entry: EgressEntry = { v: 1, at: '2026-01-01T00:00:00.000Z', agentId: 'a', via: 'connect', host: 'example.org', port: 443, verdict: 'denied', reason: 'not-listed', sent: 0, received: 0, ms: 1 };
    assert.equal(alerts.take({ agentId: 'a', entry })?.category, 'security');
    assert.equal(alerts.take({ agentId: 'a', entry }), undefined);
    assert.match(alerts.take({ agentId: 'a', entry: { ...entry, port: 22 } })?.description ?? '', /example\.org:22 was denied/);
  });

  it('a restricted network goes where it can be kept, and nowhere else', () => {
    const manager = new RuntimeManager();
    manager.register('here', new FakeRuntime());
    const restricted = PolicySpec.parse({ networkMode: 'restricted' });
    assert.throws(() => runtimeFor(restricted, manager, 'here'), refused('unsupported'));
    assert.equal(runtimeFor(PolicySpec.parse({}), manager, 'here'), 'here');
    manager.register('boxes', Object.assign(new FakeRuntime(), { restrictsNetwork: true }));
    assert.equal(runtimeFor(restricted, manager, 'here'), 'boxes');
    assert.deepEqual(ruledConfig(restricted).network, { mode: 'restricted', allow: [] });
    assert.deepEqual(ruledConfig(PolicySpec.parse({})), {}, 'rules that say nothing cost nothing');
    assert.equal(holdsRules(PolicySpec.parse({ shellDenylist: ['rm'] })), true);
    manager.dispose();
  });

  it('where nothing judges before the fact that is said', () => {
    const rules = PolicySpec.parse({ shellDenylist: ['rm'] });
    const find = (id: string) => builtInProviders.find((provider) => provider.id === id) ?? assert.fail(id);
    assert.match(gateFault(rules, find('demo'), { ownArgv: false, isolated: false }) ?? '', /no gate/);
    assert.equal(gateFault(rules, find('claude'), { ownArgv: false, isolated: false }), undefined);
    assert.match(gateFault(rules, find('claude'), { ownArgv: true, isolated: false }) ?? '', /command line of its own/);
    assert.equal(gateFault(PolicySpec.parse({ networkMode: 'restricted' }), find('demo'), { ownArgv: false, isolated: true }), undefined, 'its runtime keeps it');
  });

  it('the judge knows where the runtime keeps the network out already', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ta-rules-'));
    const rules = new SessionRules(folder);
    const ruled = new RuledRequests({ manager: new RuntimeManager(), rules, onDidReport: new Emitter<never>().event });
    try {
      const request = { id: '1', tool: 'Bash', command: 'curl https://example.org' };
      const agents = [exampleAgent({ agentId: 'open' }), { ...exampleAgent({ agentId: 'kept' }), network: 'restricted' as const }];
      for (const agent of agents) await rules.keep(agent, PolicySpec.parse({ networkMode: 'restricted' }));
      assert.deepEqual((await Promise.all(agents.map((agent) => ruled.judge(agent, request, true)))).map((judgement) => judgement?.verdict), ['ask', 'allow']);
    } finally {
      ruled.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
