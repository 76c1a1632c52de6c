// What the hooks of the real CLIs say, event by event; and what is not believed.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hookFiles, hookKeyHash } from '../../../../src/providers/hooks/hookFiles.ts';
import { HookSource } from '../../../../src/providers/status/hookSource.ts';
import { recordedHooks, reportText, type ReportParts } from '../../../support/hookReports.ts';

const KEY = 'a1'.repeat(24);
const HASH = hookKeyHash(KEY);

/** `event: what is claimed from then on`, for each event of a recorded session. */
function story(provider: string): string[] {
  const source = new HookSource(provider);
  let now = 'nothing';
  return recordedHooks(provider).map(({ event, channel, payload }, at) => {
    const reading = source.take(HASH, reportText({ key: KEY, event, payload: payload ?? '', ...(channel === undefined ? {} : { channel }) }), at);
    const claim = reading?.observation?.claim;
    if (claim === null) now = 'nothing';
    else if (claim?.state === 'waiting') now = `waiting for ${claim.kind}: ${claim.text}`;
    else if (claim?.state === 'error') now = `error: ${claim.message}`;
    else if (claim !== undefined) now = claim.state;
    return `${event}: ${now}`;
  });
}

function feed(source: HookSource, parts: Omit<ReportParts, 'key'>, at = 1): unknown {
  return source.take(HASH, reportText({ key: KEY, ...parts }), at)?.observation?.claim;
}

describe('HookSource', () => {
  it('follows Claude Code 2.1.329 through permission, denial, question, interrupt, error and /clear', () => {
    assert.deepEqual(story('claude'), [
      'SessionStart: idle',
      'UserPromptSubmit: working',
      'PreToolUse: working',
      'PermissionRequest: waiting for permission: Bash: touch y1',
      'PostToolUse: working',
      'Stop: idle',
      'UserPromptSubmit: working',
      'PreToolUse: working',
      'PermissionRequest: waiting for permission: Bash: touch y2',
      'tmux-agents-left: nothing',
      'UserPromptSubmit: working',
      'PreToolUse: working',
      'PermissionRequest: waiting for question: Which colour?',
      'PostToolUse: working',
      'Stop: idle',
      'UserPromptSubmit: working',
      'UserPromptSubmit: working',
      'StopFailure: error: API Error: 400 stub failure',
      'SessionEnd: nothing',
      'SessionStart: idle',
      'UserPromptSubmit: working',
      'Stop: idle',
      'tmux-agents-left: idle',
      'tmux-agents-left: idle',
      'SessionEnd: nothing',
    ]);
  });

  it('follows Codex 0.169.0, whose conversation begins with its first turn', () => {
    assert.deepEqual(story('codex'), [
      'SessionStart: nothing',
      'UserPromptSubmit: working',
      'PreToolUse: working',
      'PermissionRequest: waiting for permission: Bash: touch ../b1',
      'PostToolUse: working',
      'Stop: idle',
      'UserPromptSubmit: working',
      'Interrupt: idle',
      'UserPromptSubmit: working',
    ]);
  });

  it('follows Gemini CLI 0.61.0', () => {
    assert.deepEqual(story('gemini'), [
      'SessionStart: idle',
      'BeforeAgent: working',
      'BeforeTool: working',
      'Notification: waiting for permission: touch d1',
      'AfterTool: working',
      'AfterAgent: idle',
      'BeforeAgent: working',
      'AfterAgent: idle',
      'BeforeAgent: working',
      'AfterAgent: idle',
    ]);
  });

  it('follows Qwen Code 0.24.4, whose denial and interrupt are a notification', () => {
    assert.deepEqual(story('qwen'), [
      'SessionStart: idle',
      'UserPromptSubmit: working',
      'PermissionRequest: waiting for permission: run_shell_command: touch c1',
      'Notification: waiting for permission: run_shell_command: touch c1',
      'Notification: idle',
      'UserPromptSubmit: working',
      'Notification: idle',
      'UserPromptSubmit: working',
      'Notification: idle',
      'StopFailure: error: 400 stub failure',
    ]);
  });

  it('follows Copilot 1.0.102', () => {
    assert.deepEqual(story('copilot'), [
      'sessionStart: nothing',
      'userPromptSubmitted: working',
      'preToolUse: working',
      'permissionRequest: waiting for permission: bash: touch e1',
      'notification: waiting for permission: bash: touch e1',
      'postToolUse: working',
      'agentStop: idle',
      'userPromptSubmitted: working',
      'agentStop: idle',
      'userPromptSubmitted: working',
      'errorOccurred: error: stub failure',
    ]);
  });

  it('names the request, the conversation and the evidence', () => {
    const source = new HookSource('claude');
    const [start, , , asked] = recordedHooks('claude');
    assert.ok(start?.payload !== undefined && asked?.payload !== undefined);
    const first = source.take(HASH, reportText({ key: KEY, event: 'SessionStart', payload: start.payload }), 7)?.observation;
    assert.equal(first?.conversation, start.payload['session_id']);
    const reading = source.take(HASH, reportText({ key: KEY, event: 'PermissionRequest', id: 'Ab1', channel: 'tmux-agents-Ab1', payload: asked.payload }), 8);
    assert.equal(reading?.report.answerTo, 'tmux-agents-Ab1');
    assert.deepEqual(reading?.observation, {
      source: 'hooks',
      at: 8,
      claim: { state: 'waiting', kind: 'permission', text: 'Bash: touch y1' },
      evidence: 'hook PermissionRequest: Bash: touch y1',
      rule: 'PermissionRequest',
      request: { id: 'Ab1', tool: 'Bash', command: 'touch y1' },
      conversation: start.payload['session_id'],
    });
  });

  it('keeps waiting while other tools end and subagents work, until what was asked about goes on', () => {
    const source = new HookSource('claude');
    const bash = { session_id: 's', tool_name: 'Bash', tool_input: { command: 'rm x' } };
    feed(source, { event: 'UserPromptSubmit', payload: { session_id: 's' } });
    feed(source, { event: 'PreToolUse', payload: { ...bash, tool_use_id: 'u1' } });
    assert.deepEqual(feed(source, { event: 'PermissionRequest', payload: bash }), { state: 'waiting', kind: 'permission', text: 'Bash: rm x' });
    const others: readonly ReportParts[] = [
      { key: '', event: 'PostToolUse', payload: { session_id: 's', tool_name: 'Bash', tool_input: { command: 'ls' }, tool_use_id: 'u0' } },
      { key: '', event: 'PostToolUse', payload: { ...bash, agent_id: 'sub' } },
      { key: '', event: 'PreToolUse', payload: { ...bash, agent_id: 'sub' } },
      { key: '', event: 'Stop', payload: { session_id: 's', agent_id: 'sub' } },
      { key: '', event: 'Notification', payload: { session_id: 's', notification_type: 'permission_prompt', message: 'Claude needs your permission' } },
      { key: '', event: 'Notification', payload: { session_id: 's', notification_type: 'auth_success' } },
      { key: '', event: 'SomethingNew', payload: { session_id: 's' } },
      { key: '', event: 'tmux-agents-left', channel: 'tmux-agents-old', payload: '' },
    ];
    for (const { event, payload, channel = '' } of others) assert.equal(feed(source, { event, payload, channel }), undefined, event);
    assert.deepEqual(feed(source, { event: 'PostToolUse', payload: { ...bash, tool_input: { command: 'rm y' }, tool_use_id: 'u1' } }), { state: 'working' });
  });

  it('does not call a turn over because a subagent, a compaction or a late notification came', () => {
    const source = new HookSource('claude');
    feed(source, { event: 'UserPromptSubmit', payload: { session_id: 's' } });
    assert.equal(feed(source, { event: 'SessionStart', payload: { session_id: 's', source: 'compact' } }), undefined);
    assert.equal(feed(source, { event: 'Stop', payload: { session_id: 's', agent_id: 'a' } }), undefined);
    assert.deepEqual(feed(source, { event: 'StopFailure', payload: { session_id: 's', error: 'x' } }), { state: 'error', message: 'x' });
    assert.equal(feed(source, { event: 'Notification', payload: { session_id: 's', notification_type: 'idle_prompt' } }), undefined);
    feed(source, { event: 'UserPromptSubmit', payload: { session_id: 's' } });
    assert.deepEqual(feed(source, { event: 'Stop', payload: { session_id: 's' } }), { state: 'idle' });
    assert.equal(feed(source, { event: 'PostToolUse', payload: { session_id: 's', tool_name: 'Bash' } }), undefined, 'a background tool');
  });

  it('believes no CLI that the agent itself runs, but a conversation that the person moved to', () => {
    const source = new HookSource('gemini');
    feed(source, { event: 'SessionStart', payload: { session_id: 'mine', source: 'startup' } });
    feed(source, { event: 'BeforeAgent', payload: { session_id: 'mine' } });
    for (const event of ['SessionStart', 'BeforeAgent', 'AfterAgent', 'SessionEnd']) assert.equal(feed(source, { event, payload: { session_id: 'child', source: 'startup' } }), undefined, event);
    assert.equal(source.rejected.get('other-conversation'), 4);
    assert.deepEqual(feed(source, { event: 'SessionStart', payload: { session_id: 'cleared', source: 'clear' } }), { state: 'idle' });
    assert.equal(feed(source, { event: 'SessionEnd', payload: { session_id: 'mine' } }), undefined, 'the one that was left ends late');
  });

  it('comes back to a conversation whose beginning it missed', () => {
    const source = new HookSource('codex');
    feed(source, { event: 'UserPromptSubmit', payload: { session_id: 'a' } });
    assert.equal(feed(source, { event: 'UserPromptSubmit', payload: { session_id: 'b' } }), undefined);
    assert.deepEqual(feed(source, { event: 'UserPromptSubmit', payload: { session_id: 'b' } }), { state: 'working' });
    assert.deepEqual(feed(source, { event: 'Stop', payload: { session_id: 'b' } }), { state: 'idle' });
  });

  it('refuses, and counts, what is malformed, too large, replayed, or of another agent', () => {
    const source = new HookSource('claude');
    const stop = reportText({ key: KEY, event: 'Stop', payload: { session_id: 's' } });
    assert.equal(source.take(undefined, stop, 1), undefined);
    assert.ok(source.take(HASH, stop, 1));
    assert.equal(source.take(HASH, stop, 2), undefined);
    assert.equal(source.take(hookFiles().hookKey, stop, 2), undefined);
    assert.equal(source.take(HASH, reportText({ key: KEY, event: 'Stop', payload: 'x'.repeat(70_000) }), 2), undefined);
    const broken = ['', ';;;;;;', stop.replace('tmux-agents;1', 'tmux-agents;2'), `${stop};more`, stop.replace(';Stop;', ';St op;'), reportText({ key: 'zz', event: 'Stop' }), reportText({ key: KEY, event: 'Stop', channel: 'evil; kill-server' })];
    for (const text of broken) assert.equal(source.take(HASH, text, 2), undefined, text);
    assert.deepEqual([...source.rejected].sort(), [
      ['malformed', broken.length],
      ['no-key', 1],
      ['replayed', 1],
      ['too-large', 1],
      ['wrong-key', 1],
    ]);
  });

  it('takes an event for true though its payload was cut or is no JSON, and reads what stands before the cut', () => {
    const source = new HookSource('claude');
    assert.deepEqual(feed(source, { event: 'Stop', payload: 'no JSON \u0000' }), { state: 'idle' });
    assert.deepEqual(feed(source, { event: 'Stop', payload: '[' .repeat(40_000) }), { state: 'idle' });
    const whole = JSON.stringify({ session_id: 's', tool_name: 'Write', tool_input: { file_path: '/work/ü.ts', content: 'a"\\\n👋'.repeat(2_000) } });
    const from = whole.indexOf('"content":') + 11;
    for (let cut = from; cut < from + 60; cut++) {
      const text = Buffer.from(whole).subarray(0, cut).toString('utf8');
      assert.deepEqual(feed(source, { event: 'PermissionRequest', payload: text }), { state: 'waiting', kind: 'permission', text: 'Write: /work/ü.ts' }, text.slice(-20));
    }
  });

  it('never throws, and never claims anything for what it refuses', () => {
    const source = new HookSource('claude');
    const payload = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.object({ key: fc.constantFrom('session_id', 'tool_name', 'tool_input', 'agent_id', 'error', 'questions', 'command') }).map((value) => JSON.stringify(value)));
    const event = fc.constantFrom('SessionStart', 'PreToolUse', 'PermissionRequest', 'Notification', 'StopFailure', 'constructor', '__proto__', 'errorOccurred');
    fc.assert(fc.property(event, payload, (name, body) => void feed(source, { event: name, payload: body })));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => source.take(HASH, text, 1) === undefined));
  });
});
