// What is kept on disk: an agent's policy, a session's log; and what "always" adds to a policy.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { NO_POLICY } from '../../../src/protocol/approvalPolicy.ts';
import type { DecisionRecord } from '../../../src/protocol/decisionRecord.ts';
import { PolicyStore } from '../../../src/sessions/policy/policyStore.ts';
import { ruleFor } from '../../../src/sessions/policy/ruleFor.ts';
import { scrubSecrets } from '../../../src/base/scrub.ts';
import { SessionLog } from '../../../src/sessions/policy/sessionLog.ts';
import { readShell } from '../../../src/sessions/policy/shellReading.ts';

describe('what approvals keep on disk', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  describe('the policy of an agent', () => {
    const agent = { agentId: 'a1', createdAt: '2026-01-01T00:00:00.000Z' };
    const read = { ...NO_POLICY, categories: ['read' as const] };

    it('is the settings\' until one is chosen, and theirs again when it is put back', async () => {
      const store = new PolicyStore({ folder, fallback: read });
      assert.deepEqual([await store.of(agent), await store.chosen(agent)], [read, undefined]);
      await store.choose(agent, NO_POLICY);
      assert.deepEqual(await store.of(agent), NO_POLICY);
      await store.choose(agent, undefined);
      assert.deepEqual(await store.of(agent), read);
    });

    it('is seen by another face, belongs to its person alone, and leaves no drafts', async () => {
      await new PolicyStore({ folder }).choose(agent, read);
      assert.deepEqual(await new PolicyStore({ folder }).of(agent), read);
      assert.equal(statSync(join(folder, 'a1.json')).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(folder), ['a1.json']);
    });

    it('does not pass to a later agent of the same id', async () => {
      const store = new PolicyStore({ folder });
      await store.choose(agent, read);
      assert.deepEqual(await store.of({ ...agent, createdAt: '2026-02-02T00:00:00.000Z' }), NO_POLICY);
    });

    it('approves nothing by a damaged file', async () => {
      const store = new PolicyStore({ folder, fallback: read });
      for (const content of ['{', '{}', JSON.stringify({ v: 1, ...agent, policy: { categories: ['everything'] } })]) {
        writeFileSync(join(folder, 'a1.json'), content);
        await assert.rejects(store.of(agent), (error: unknown) => isAgentsError(error, 'bad-input'));
      }
    });

    it('grows by what is allowed always, each rule once', async () => {
      const store = new PolicyStore({ folder, fallback: read });
      await store.add(agent, { commands: ['npm test'] });
      await store.add(agent, { commands: ['npm test'], categories: ['edit'] });
      assert.deepEqual(await store.of(agent), { categories: ['read', 'edit'], commands: ['npm test'], paths: [] });
    });
  });

  it('"always" makes rules of exactly these commands, or none', () => {
    const rule = (command: string) => ruleFor({ id: 'r', tool: 'Bash', command }, readShell);
    assert.deepEqual(rule('npm test'), { commands: ['npm test'] });
    assert.deepEqual(rule('cd src && npm test && npm test'), { commands: ['cd src', 'npm test'] });
    for (const command of ['npm test > x', 'npm test $X', 'echo "a b"', 'A=1 npm test', 'npm test "', 'ls *', '']) assert.equal(rule(command), undefined, command);
    assert.deepEqual(ruleFor({ id: 'r', tool: 'Write', path: 'a' }, readShell), { categories: ['edit'] });
    assert.equal(ruleFor({ id: 'r', tool: 'Teleport' }, readShell), undefined);
  });

  describe("the session's log", () => {
    const record: DecisionRecord = { v: 1, at: '2026-01-01T00:00:00.000Z', agentId: 'a1', id: 'x', by: 'person', who: 'ada@host', face: 'command', kind: 'permission', decision: 'approve', text: 'Bash', risk: 'low', outcome: 'done' };

    it('keeps every decision, in order, for its person alone', async () => {
      const log = new SessionLog(folder);
      assert.deepEqual(await log.latest('a1'), []);
      await log.append(record);
      await log.append({ ...record, decision: 'deny', by: 'policy', rule: 'read' });
      assert.deepEqual((await log.latest('a1')).map(({ decision }) => decision), ['approve', 'deny']);
      assert.equal(statSync(log.pathOf('a1')).mode & 0o777, 0o600);
    });

    it('holds no secret', async () => {
      const log = new SessionLog(folder);
      await log.append({ ...record, text: 'curl -H "Authorization: Bearer abcdefghijkl" x', words: 'sk-ant-0123456789abcdef0123', request: { id: 'r', command: 'API_KEY=hunter2secret deploy --password swordfish' } });
      const text = readFileSync(log.pathOf('a1'), 'utf8');
      for (const secret of ['abcdefghijkl', 'sk-ant', 'hunter2secret', 'swordfish']) assert.ok(!text.includes(secret), secret);
      assert.match(text, /curl -H/);
    });

    it('is removed after three months in which nothing was added', async () => {
      const log = new SessionLog(folder);
      const then = Date.now() / 1_000 - 91 * 86_400;
      for (const name of ['old.jsonl', 'notes.txt', 'young.jsonl']) writeFileSync(join(folder, name), '{}\n');
      for (const name of ['old.jsonl', 'notes.txt']) utimesSync(join(folder, name), then, then);
      await log.append(record);
      await log.sweep();
      assert.deepEqual(readdirSync(folder).filter((name) => /\.(jsonl|txt)$/.test(name)).sort(), ['a1.jsonl', 'notes.txt', 'young.jsonl']);
    });

    it('is read past lines that are broken', async () => {
      const log = new SessionLog(folder);
      await log.append(record);
      writeFileSync(log.pathOf('a1'), `half a li\n${readFileSync(log.pathOf('a1'), 'utf8')}{"v":1}\n`);
      assert.equal((await log.latest('a1')).length, 1);
    });
  });

  it('takes secrets for what they look like, and leaves the rest', () => {
    for (const [text, expected] of [
      ['ghp_0123456789abcdefABCD', '[removed]'],
      ['use AIzaSyA0123456789abcdefghij now', 'use [removed] now'],
      ['https://ada:pass@example.com/x', 'https://ada:[removed]@example.com/x'],
      ['export GITHUB_TOKEN=abc && ls', 'export GITHUB_TOKEN=[removed] && ls'],
      ['{"apiKey": "abc"}', '{"apiKey": [removed]}'],
      ['curl -u ada:pass x', 'curl -u ada:[removed] x'],
      ['login --token abc', 'login --token [removed]'],
      ['npm test -- --grep "a token"', 'npm test -- --grep "a token"'],
      ['ls -la src', 'ls -la src'],
    ] as const) assert.equal(scrubSecrets(text), expected);
  });
});
