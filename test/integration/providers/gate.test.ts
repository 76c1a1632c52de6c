// The gate's script by itself, with the real judge and without a terminal: whatever is broken, it denies.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PolicySpec } from '../../../src/protocol/sessionConfig.ts';
import { gateFiles, type GateDialect } from '../../../src/providers/hooks/gate.ts';
import { hookFiles } from '../../../src/providers/hooks/hookFiles.ts';
import { GATE_FILE, type GateFile } from '../../../src/sessions/policy/gate/gateFile.ts';
import { gateProgram } from '../../../src/sessions/policy/gate/gateProgram.ts';
import { SessionLog } from '../../../src/sessions/policy/sessionLog.ts';

describe('the gate', function () {
  this.timeout(120_000);
  let root: string;
  let folder: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ta-gate-'));
    folder = join(root, 'agent');
    mkdirSync(folder);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function install(judge: readonly string[] | undefined, { dialect = 'claude' }: { readonly dialect?: GateDialect } = {}): readonly string[] {
    const { files, command } = gateFiles({ agentFolder: folder, dialect, judge });
    const known: GateFile = { v: 1, agentId: 'a1', dialect, workspace: root, policy: PolicySpec.parse({ shellDenylist: ['rm'], requiresApprovalFor: ['merge'] }), controlsEgress: false, logFolder: join(root, 'log'), who: 'ada@here' };
    for (const { name, content } of [...files, ...hookFiles().files, { name: GATE_FILE, content: JSON.stringify(known) }]) writeFileSync(join(folder, name), content);
    return command;
  }

  function run([program = '', ...args]: readonly string[], command: string): Record<string, unknown> | undefined {
    const payload = JSON.stringify({ session_id: 's', hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_input: { command } });
    // As little as a CLI may leave of the environment.
    const { status, stdout } = spawnSync(program, args, { input: payload, encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } });
    assert.equal(status, 0);
    return stdout === '' ? undefined : (JSON.parse(stdout) as Record<string, unknown>);
  }

  const denial = (output: Record<string, unknown> | undefined): unknown => output?.['hookSpecificOutput'];

  it('says nothing of what passes, denies what is denied, and denies what nobody answers; each is in the log, and nothing is left behind', async () => {
    const gate = install(gateProgram());
    assert.equal(run(gate, 'ls'), undefined);
    assert.deepEqual(denial(run(gate, 'ls; rm x')), { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason: 'The policy denies "rm": rm x.' });
    assert.match(JSON.stringify(denial(run(gate, 'git merge x'))), /"deny".*Nobody answers for the policy.*it merges/);
    const log = await new SessionLog(join(root, 'log')).latest('a1');
    assert.deepEqual(log.map(({ decision, rule, category }) => [decision, rule, category]), [
      ['approve', 'nothing', 'shell'],
      ['deny', 'denylist rm', 'shell'],
      ['ask', 'approval merge', 'merge'],
      ['deny', 'approval merge', 'merge'],
    ]);
    assert.deepEqual(readdirSync(folder).filter((name) => /^(?:gate|report)\./.test(name)), []);
  });

  it('speaks as each CLI reads it', () => {
    assert.equal(run(install(gateProgram(), { dialect: 'gemini' }), 'rm x')?.['decision'], 'deny');
    assert.equal(run(install(gateProgram(), { dialect: 'opencode' }), 'rm x')?.['decision'], 'deny');
    assert.equal(run(install(gateProgram(), { dialect: 'copilot' }), 'rm x')?.['permissionDecision'], 'deny');
  });

  it('denies whatever happens to it', () => {
    const broken = join(root, 'broken');
    writeFileSync(broken, '#!/bin/sh\necho passing by; exit 0\n');
    chmodSync(broken, 0o755);
    const cases: readonly [string, () => readonly string[]][] = [
      ['no judge in this place', () => install(undefined)],
      ['a judge that is gone', () => install(['/no/such/node', 'x'])],
      ['a judge that fails', () => install(['/bin/false'])],
      ['a judge that kills itself', () => install(['/bin/sh', '-c', 'kill -9 $$'])],
      ['a judge that says something else', () => install([broken])],
      ['a policy that cannot be read', () => {
        const gate = install(gateProgram());
        writeFileSync(join(folder, GATE_FILE), '{"v":1,');
        return gate;
      }],
      ['a gate whose files are gone', () => {
        const gate = install(gateProgram());
        rmSync(folder, { recursive: true });
        return gate;
      }],
    ];
    for (const [what, gate] of cases) assert.match(JSON.stringify(denial(run(gate(), 'ls'))), /"permissionDecision":"deny"/, what);
  });
});
