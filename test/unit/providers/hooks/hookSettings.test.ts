// The hooks' settings as each CLI reads them: quoted for the shell they go through, with timeouts in its own unit.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as z from 'zod';
import { hookMeanings } from '../../../../src/providers/hooks/hookEvents.ts';
import { hookFiles } from '../../../../src/providers/hooks/hookFiles.ts';
import { claudeHooks, codexHooks, copilotHooks, geminiHooks, qwenHooks, type HookTable } from '../../../../src/providers/hooks/hookSettings.ts';
import { decisionOutput } from '../../../../src/providers/hooks/hookDecision.ts';

const report = ['printf', '%s|', "/home/it's me/$HOME `x`", '--'];

function commandOf(table: HookTable, event: string): { readonly command: string; readonly timeout: number } {
  const hook = table[event]?.[0]?.hooks[0];
  assert.ok(hook);
  return hook;
}

function wordsOf(command: string): string[] {
  return execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' }).split('|').slice(0, -1);
}

describe('hook settings', () => {
  it('hand every word to the reporter as it is', () => {
    for (const table of [claudeHooks(report), codexHooks(report), geminiHooks(report), qwenHooks(report)]) {
      const [event = ''] = Object.keys(table);
      assert.deepEqual(wordsOf(commandOf(table, event).command), ["/home/it's me/$HOME `x`", '--', event]);
    }
    const copilot = z.object({ version: z.literal(1), hooks: z.record(z.string(), z.array(z.object({ bash: z.string(), timeoutSec: z.number() }))) }).parse(copilotHooks(report));
    assert.deepEqual(wordsOf(copilot.hooks['agentStop']?.[0]?.bash ?? ''), ["/home/it's me/$HOME `x`", '--', 'agentStop']);
  });

  it('name only events whose meaning is known', () => {
    const tables = [claudeHooks(report), codexHooks(report), geminiHooks(report), qwenHooks(report), z.object({ hooks: z.record(z.string(), z.unknown()) }).parse(copilotHooks(report)).hooks];
    for (const table of tables) for (const event of Object.keys(table)) assert.ok(Object.hasOwn(hookMeanings, event), event);
  });

  it('wait for a decision only where the CLI shows its dialog meanwhile, and longer than the reporter waits', () => {
    const asks = (table: HookTable): boolean => commandOf(table, 'PermissionRequest').command.endsWith(' ask');
    assert.deepEqual([asks(claudeHooks(report)), asks(codexHooks(report)), asks(qwenHooks(report))], [true, false, false]);
    assert.ok(commandOf(claudeHooks(report), 'PermissionRequest').timeout > 3_600);
  });

  it('give timeouts in the unit that the CLI reads', () => {
    assert.equal(commandOf(claudeHooks(report), 'Stop').timeout, 10);
    assert.equal(commandOf(geminiHooks(report), 'AfterAgent').timeout, 10_000);
    assert.equal(commandOf(qwenHooks(report), 'Stop').timeout, 10);
  });

  it('hold no key: it is in a file that only the agent reads, and never twice the same', () => {
    const [one, other] = [hookFiles(), hookFiles()];
    const key = one.files.find(({ name }) => name === 'key')?.content.trim();
    assert.ok(key !== undefined && /^[0-9a-f]{48}$/.test(key));
    assert.notEqual(one.hookKey, other.hookKey);
    assert.ok(!JSON.stringify([claudeHooks(one.report('/f')), one.files.filter(({ name }) => name !== 'key')]).includes(key));
  });
});

describe('decisionOutput', () => {
  const payload = { tool_name: 'Bash', tool_input: { command: 'touch a' }, permission_suggestions: [{ type: 'addDirectories', directories: ['/w'], destination: 'session' }, { type: 'setMode', mode: 'acceptEdits', destination: 'session' }] };
  const decided = (...parameters: Parameters<typeof decisionOutput>): unknown => z.object({ hookSpecificOutput: z.object({ decision: z.unknown() }) }).parse(JSON.parse(decisionOutput(...parameters))).hookSpecificOutput.decision;

  it('allows and denies, in ASCII', () => {
    assert.deepEqual(decided({ behavior: 'allow', always: false }, payload), { behavior: 'allow' });
    assert.deepEqual(decided({ behavior: 'deny' }, payload), { behavior: 'deny' });
    assert.deepEqual(decided({ behavior: 'deny', message: 'nö 👋\n' }, payload), { behavior: 'deny', message: 'nö 👋\n' });
    assert.match(decisionOutput({ behavior: 'deny', message: 'nö 👋\n\u009b' }, payload), /^[ -~]+$/);
  });

  it('allows the like of it for this session, and no more than that', () => {
    const rule = (rules: unknown): unknown => ({ behavior: 'allow', updatedPermissions: [{ type: 'addRules', rules, behavior: 'allow', destination: 'session' }] });
    assert.deepEqual(decided({ behavior: 'allow', always: true }, payload), rule([{ toolName: 'Bash', ruleContent: 'touch a' }]));
    assert.deepEqual(decided({ behavior: 'allow', always: true }, { tool_name: 'Write', tool_input: { file_path: '/w/a' } }), rule([{ toolName: 'Write' }]));
    const suggested = { type: 'addRules', rules: [{ toolName: 'Bash', ruleContent: 'touch:*' }], behavior: 'allow', destination: 'localSettings' };
    assert.deepEqual(decided({ behavior: 'allow', always: true }, { ...payload, permission_suggestions: [suggested, { ...suggested, behavior: 'deny' }] }), rule(suggested.rules));
    assert.deepEqual(decided({ behavior: 'allow', always: true }, undefined), { behavior: 'allow', updatedPermissions: [] });
  });
});
