// Which key is missing, which folders may be named, what a request may hold.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../../src/base/errors.ts';
import { allowedPath } from '../../../../src/hub/village/localPaths.ts';
import { missingKeys } from '../../../../src/hub/village/providerAuth.ts';
import { StartSession } from '../../../../src/protocol/hubWire/villageRest.ts';

describe("a provider's key", () => {
  it('is missing where neither the request nor the hub has it', () => {
    assert.deepEqual(missingKeys('codex', {}, {}), ['OPENAI_API_KEY']);
    assert.deepEqual(missingKeys('claude_code', {}, { ANTHROPIC_API_KEY: ' ' }), ['ANTHROPIC_API_KEY']);
  });
  it('may be in either, and under any of its names', () => {
    assert.deepEqual(missingKeys('codex', { OPENAI_API_KEY: 'k' }, {}), []);
    assert.deepEqual(missingKeys('codex', {}, { OPENAI_API_KEY: 'k' }), []);
    assert.deepEqual(missingKeys('claude_code', { CLAUDE_CODE_OAUTH_TOKEN: 'k' }, {}), []);
  });
  it('is not asked for where a provider may be signed in otherwise', () => {
    assert.deepEqual([missingKeys('demo', {}), missingKeys('constructor', {})], [[], []]);
  });
});

describe('folders of the hub\'s machine', () => {
  let base: string;
  before(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'tmux-agents-roots-')));
    for (const folder of ['allowed/repo', 'allowed-too/repo', 'secret']) mkdirSync(join(base, folder), { recursive: true });
    symlinkSync(join(base, 'secret'), join(base, 'allowed/way-out'));
    symlinkSync(join(base, 'allowed'), join(base, 'link'));
  });
  after(() => rmSync(base, { recursive: true, force: true }));
  const refused = (reason: 'policy-denied' | 'bad-input' | 'not-found') => (error: unknown) => isAgentsError(error, reason);

  it('may be named below a root, which may be a link', async () => {
    assert.equal(await allowedPath(join(base, 'allowed/repo'), [join(base, 'allowed')]), join(base, 'allowed/repo'));
    assert.equal(await allowedPath(join(base, 'link/repo'), [join(base, 'link')]), join(base, 'allowed/repo'));
  });
  it('may not where no root was given, nor beside one, nor by a way out of it', async () => {
    await assert.rejects(allowedPath(join(base, 'allowed/repo'), []), refused('policy-denied'));
    for (const path of ['secret', 'allowed-too/repo', 'allowed/../secret', 'allowed/way-out', 'allowed/../nothing', 'nothing']) await assert.rejects(allowedPath(`${base}/${path}`, [join(base, 'allowed')]), refused('policy-denied'), path);
  });
  it('are absolute, and there', async () => {
    await assert.rejects(allowedPath('allowed/repo', [join(base, 'allowed')]), refused('bad-input'));
    await assert.rejects(allowedPath(join(base, 'allowed/none'), [join(base, 'allowed')]), refused('not-found'));
  });
});

describe('a request for a session', () => {
  const least = { providerId: 'codex', repoRef: { provider: 'local', path: '/r' }, task: { title: 't', goal: 'g' } };
  it('is filled in as the village expects', () => {
    assert.deepEqual(StartSession.parse(least), {
      villageId: 'demo',
      providerId: 'codex',
      repoRef: { provider: 'local', path: '/r' },
      checkout: { type: 'branch', ref: 'main' },
      task: { title: 't', goal: 'g', constraints: [], acceptance: [] },
      policy: { shellAllowlist: [], shellDenylist: [], requiresApprovalFor: [], networkMode: 'open' },
    });
  });
  it('is refused over its bounds', () => {
    const wrong = [
      { villageId: 'v'.repeat(101) }, { villageId: 'a\u0000' }, { agentName: 'n'.repeat(201) }, { roomPath: 'r'.repeat(501) }, { task: { title: '', goal: 'g' } }, { task: { title: 't', goal: 'g'.repeat(4001) } },
      { env: { 'A-B': 'x' } }, { env: { A: 'x\u0000' } }, { repoRef: { provider: 'svn' } }, { checkout: { type: 'branch' } },
    ];
    for (const more of wrong) assert.equal(StartSession.safeParse({ ...least, ...more }).success, false, JSON.stringify(more).slice(0, 80));
  });
});
