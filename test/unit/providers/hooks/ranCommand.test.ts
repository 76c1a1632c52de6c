// Which hook reports say that a command was run.
import assert from 'node:assert/strict';
import { ranCommand } from '../../../../src/providers/hooks/ranCommand.ts';

describe('a command that hooks tell of', () => {
  const ran = (event: string, payload: object): string | undefined => ranCommand({ id: 'r', event, at: 1, payload: payload as never });

  it('has been run once its tool has ended, in the words of every CLI', () => {
    assert.equal(ran('PostToolUse', { tool_name: 'Bash', tool_input: { command: 'npm test' } }), 'npm test');
    assert.equal(ran('PostToolUseFailure', { tool_name: 'Bash', tool_input: { command: 'false' } }), 'false');
    assert.equal(ran('PostToolUse', { tool_name: 'shell', tool_input: { command: ['git', 'status'] } }), 'git status');
    assert.equal(ran('AfterTool', { tool_name: 'run_shell_command', tool_input: { command: 'ls', directory: 'src' } }), 'ls');
    assert.equal(ran('postToolUse', { toolName: 'bash', toolArgs: { command: 'ls' } }), 'ls');
  });

  it('has not while it is asked about, before it runs, and where a tool edits a file', () => {
    assert.equal(ran('PreToolUse', { tool_name: 'Bash', tool_input: { command: 'npm test' } }), undefined);
    assert.equal(ran('PermissionRequest', { tool_name: 'Bash', tool_input: { command: 'npm test' } }), undefined);
    assert.equal(ran('postToolUse', { toolName: 'str_replace_editor', toolArgs: { command: 'create', path: '/a.ts' } }), undefined);
    assert.equal(ran('PostToolUse', { tool_name: 'Read', tool_input: { file_path: '/a.ts' } }), undefined);
    assert.equal(ran('PostToolUse', { tool_name: 'Bash', tool_input: { command: ' ' } }), undefined);
    assert.equal(ran('constructor', {}), undefined);
  });
});
