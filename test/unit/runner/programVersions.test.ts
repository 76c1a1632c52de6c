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
import type { StatusPort } from '../../../src/providers/status/statusPort.ts';
import type { ProgramQuery } from '../../../src/runtimes/programs.ts';
import type { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import type { AgentRuntime } from '../../../src/runtimes/types.ts';
import { paneScreen } from '../../../src/sessions/approvals/paneScreen.ts';
import { promptTarget } from '../../../src/sessions/prompts/promptTarget.ts';
import type { PaneId } from '../../../src/tmux/types.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';

describe('the versions of CLIs that run', () => {
  const builtIn = new RuleBook().rulesOf('claude');
  assert.ok(builtIn !== undefined);
  const ranged: RuleSet = { ...builtIn, rules: builtIn.rules.map(({ rule, regions }) => ({ rule: { ...rule, versions: (version: string) => version.startsWith('9.') }, regions })) };
  let asked: ProgramQuery[] = [];
  const runtime = {
    findPrograms: (queries: readonly ProgramQuery[]) => {
      asked.push(...queries);
      return answer === undefined ? Promise.reject(new Error('it is away')) : Promise.resolve(new Map([['claude', { version: answer }]]));
    },
  } as unknown as AgentRuntime;
  const providers = createProviderRegistry();
  const agent = exampleAgent({ aiProvider: 'claude' });
  let versions: ProgramVersions;
  let now = 0;
  let answer: string | undefined;

  beforeEach(() => {
    asked = [];
    now = 0;
    answer = '2.1.329';
    versions = new ProgramVersions({ manager: { get: () => runtime }, providers, log: silentLog, now: () => now });
  });

  it('are asked by nobody where no rule needs them', async () => {
    assert.equal(versions.of(agent, builtIn), undefined);
    await turn();
    assert.deepEqual(asked, []);
  });

  it('are told to whoever asks, rules or not, by one look of the place', async () => {
    assert.deepEqual(await Promise.all([versions.tell(agent), versions.tell(agent)]), ['2.1.329', '2.1.329']);
    assert.equal(versions.of(agent, ranged), '2.1.329');
    assert.equal(asked.length, 1);
    answer = undefined;
    versions = new ProgramVersions({ manager: { get: () => runtime }, providers, log: silentLog, now: () => now });
    assert.equal(await versions.tell(agent), undefined);
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

  it('are asked again a minute after a place could not tell', async () => {
    answer = undefined;
    const ask = async (at: number): Promise<string | undefined> => {
      now = at;
      versions.of(agent, ranged);
      await turn();
      return versions.of(agent, ranged);
    };
    assert.equal(await ask(0), undefined);
    answer = '9.1.0';
    assert.equal(await ask(59_999), undefined);
    assert.equal(asked.length, 1);
    assert.equal(await ask(60_000), '9.1.0');
    assert.equal(await ask(Number.MAX_SAFE_INTEGER), '9.1.0');
    assert.equal(asked.length, 2);
  });

  it('decide for an answer and for a prompt, as for the status', async () => {
    const pane = '%1' as PaneId;
    const tmux = { command: () => Promise.resolve(['─'.repeat(80), '❯ ', '─'.repeat(80), '  ? for shortcuts']) };
    const manager = { getPane: () => Promise.resolve(pane), getTmux: () => tmux, get: () => runtime } as unknown as RuntimeManager;
    const version = (): string | undefined => versions.of(agent, ranged);
    const screen = paneScreen({ manager, rulesOf: () => ranged, versionOf: version });
    const target = await promptTarget(agent, { manager, status: {} as StatusPort, rules: ranged, version });
    assert.equal((await screen.look(agent))?.claim.state, 'idle');
    await turn();
    assert.equal(await screen.look(agent), undefined);
    assert.equal((await target.look()).match, undefined);
    assert.equal(asked.length, 1);
  });
});
