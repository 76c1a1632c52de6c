// What a hook's payload asks for, in the words of each CLI: the command, the file, and the folder it runs in.
import assert from 'node:assert/strict';
import type { ApprovalRequest } from '../../../../src/protocol/agentStatus.ts';
import { readPayload, requestOf } from '../../../../src/providers/hooks/hookPayload.ts';

describe('the request of a hook', () => {
  const asked = (tool_name: string, tool_input: Record<string, string>): ApprovalRequest => requestOf('r1', readPayload({ tool_name, tool_input }));

  it('names the command, and the file', () => {
    assert.deepEqual(asked('Bash', { command: 'ls' }), { id: 'r1', tool: 'Bash', command: 'ls' });
    assert.deepEqual(asked('Write', { file_path: 'a', content: 'b' }), { id: 'r1', tool: 'Write', path: 'a' });
  });

  it('names the folder that the command is to run in, whatever the CLI calls it', () => {
    for (const [tool, name] of [['exec_command', 'workdir'], ['run_shell_command', 'directory'], ['run_shell_command', 'dir_path']] as const) {
      assert.deepEqual(asked(tool, { command: 'cat x', [name]: '/etc' }), { id: 'r1', tool, command: 'cat x', folder: '/etc' });
    }
    assert.equal(asked('run_shell_command', { command: 'ls', directory: '' }).folder, undefined);
  });
});
