// A CLI's version is asked for once, in the agent's place, and only where a rule holds for some versions only.
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { silentLog } from '../../../src/base/log.ts';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';
import { matchScreen } from '../../../src/providers/status/screenMatch.ts';
import { RuleBook } from '../../../src/providers/status/ruleBook.ts';
import { providerReader } from '../../../src/providers/status/providerReader.ts';
import type { RuleSet } from '../../../src/providers/status/screenRules.ts';
import { ProgramVersions } from '../../../src/runner/programVersions.ts';
import type { ProgramQuery } from '../../../src/runtimes/programs.ts';
import type { AgentRuntime } from '../../../src/runtimes/types.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';

describe('the versions of CLIs that run', () => {
  const builtIn = new RuleBook().rulesOf('claude');
  assert.ok(builtIn !== undefined);
  const ranged: RuleSet = { ...builtIn, rules: builtIn.rules.map(({ rule, regions }) => ({ rule: { ...rule, versions: (version: string) => version.startsWith('9.') }, regions })) };
  let asked: ProgramQuery[] = [];
  const runtime = {
    findPrograms: (queries: readonly ProgramQuery[]) => {
      asked.push(...queries);
      return Promise.resolve(new Map([['claude', { version: '2.1.329' }]]));
    },
  } as unknown as AgentRuntime;
  const providers = createProviderRegistry();
  const agent = exampleAgent({ aiProvider: 'claude' });
  let versions: ProgramVersions;

  beforeEach(() => {
    asked = [];
    versions = new ProgramVersions({ manager: { get: () => runtime }, providers, log: silentLog });
  });

  it('are asked by nobody where no rule needs them', async () => {
    assert.equal(versions.of(agent, builtIn), undefined);
    await turn();
    assert.deepEqual(asked, []);
  });

  it('are asked once, and decide which rules apply', async () => {
    const reader = providerReader({ provider: providers.get('claude'), rules: () => ranged, version: () => versions.of(agent, ranged) });
    const lines = ['─'.repeat(80), '❯ ', '─'.repeat(80), '  ? for shortcuts'];
    assert.equal(matchScreen(ranged, { lines })?.claim.state, 'idle');
    assert.equal(reader.match({ lines })?.claim.state, 'idle');
    await turn();
    assert.equal(reader.match({ lines }), undefined);
    assert.deepEqual(asked.map(({ program }) => program), ['claude']);
  });
});
