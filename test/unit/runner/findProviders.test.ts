// Which agents a runtime has, from what it says of programs; and what the spawn picker makes of it.
import assert from 'node:assert/strict';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';
import { installedFirst, presenceText, presenceThere } from '../../../src/extension/spawn/providerPresence.ts';
import { findProviders } from '../../../src/runner/findProviders.ts';
import { versionIn, type ProgramFacts, type ProgramQuery } from '../../../src/runtimes/programs.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';

class RuntimeWithPrograms extends FakeRuntime {
  readonly asked: (readonly ProgramQuery[])[] = [];

  findPrograms(queries: readonly ProgramQuery[]): Promise<ProgramFacts> {
    this.asked.push(queries);
    return Promise.resolve(new Map([['claude', { path: '/bin/claude', version: '2.1.329' }], ['codex', { path: '/bin/codex' }]]));
  }
}

describe('which agents are installed where they would run', () => {
  const registry = createProviderRegistry({ mine: { argv: ['my-cli'], version: ['-V'] } });

  it('is asked of the runtime, once for all, with the arguments that each provider names', async () => {
    const runtime = new RuntimeWithPrograms();
    const presences = await findProviders(registry, runtime);
    assert.equal(runtime.asked.length, 1);
    assert.deepEqual(runtime.asked[0]?.find(({ program }) => program === 'my-cli'), { program: 'my-cli', version: ['-V'] });
    assert.deepEqual(presences.get('claude'), { state: 'installed', version: '2.1.329' });
    assert.deepEqual(presences.get('codex'), { state: 'installed' });
    assert.deepEqual(presences.get('mine'), { state: 'missing' });
    for (const id of ['demo', 'custom']) assert.deepEqual(presences.get(id), { state: 'installed' }, id);
  });

  it('can be asked without the versions, which take their time', async () => {
    const runtime = new RuntimeWithPrograms();
    await findProviders(registry, runtime, { versions: false });
    assert.deepEqual(runtime.asked[0]?.every(({ version }) => version === undefined), true);
  });

  it('is not known of a runtime that cannot tell', async () => {
    assert.deepEqual([...new Set([...(await findProviders(registry, new FakeRuntime())).values()].map(({ state }) => state))], ['unknown']);
  });

  it('shows in the picker: installed ones first with their version, the others with how to get them there', async () => {
    const presences = await findProviders(registry, new RuntimeWithPrograms());
    const order = installedFirst(registry.all, presences).map(({ id }) => id);
    assert.deepEqual(order.slice(0, 4), ['claude', 'codex', 'demo', 'custom']);
    assert.deepEqual(installedFirst(registry.all, undefined), registry.all);
    const [claude, gemini, aider] = [registry.get('claude'), registry.get('gemini'), registry.get('aider')];
    assert.deepEqual(presenceText(claude, presences.get('claude'), { isolated: false }), { description: "Anthropic's coding agent · 2.1.329" });
    assert.deepEqual(presenceText(gemini, presences.get('gemini'), { isolated: false }), { description: "Google's coding agent (not found on this machine)", detail: gemini.installHint });
    assert.match(presenceText(gemini, presences.get('gemini'), { isolated: true }).detail ?? '', /Build Docker Image/);
    assert.match(presenceText(aider, presences.get('aider'), { isolated: true }).detail ?? '', /docker\.image/);
    assert.deepEqual(presenceText(gemini, undefined, { isolated: true }), { description: gemini.description });
    assert.equal(presenceThere(gemini, presences.get('gemini')), 'Gemini CLI is not installed there');
    assert.equal(presenceThere(claude, presences.get('claude')), 'Claude Code 2.1.329');
    assert.equal(presenceThere(claude, undefined), '');
  });
});

describe('a version', () => {
  for (const [text, version] of [
    ['2.1.329 (Claude Code)', '2.1.329'],
    ['codex-cli 0.169.0', '0.169.0'],
    ['GitHub Copilot CLI 1.0.102.\nRun "copilot update"', '1.0.102'],
    ['aider v0.86.1', '0.86.1'],
    ['1.2.3-beta.4+build', '1.2.3-beta.4+build'],
    ['error: unknown option', undefined],
    ['', undefined],
  ] as const) {
    it(`in ${JSON.stringify(text)} is ${version}`, () => assert.equal(versionIn(text), version));
  }
});
