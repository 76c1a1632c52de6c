// What is written next to a pane: nothing long, no secret, and no half of a command.
import assert from 'node:assert/strict';
import type { AgentStatus, ApprovalRequest } from '../../../../src/protocol/agentStatus.ts';
import { rememberable, rememberStatus } from '../../../../src/providers/status/remembered.ts';
import type { TmuxService } from '../../../../src/tmux/tmuxService.ts';
import type { PaneId } from '../../../../src/tmux/types.ts';

describe('the status that is remembered', () => {
  const waiting = (text: string, request: Omit<ApprovalRequest, 'id'>): AgentStatus => ({ state: 'waiting', kind: 'permission', text, since: 1, source: 'hooks', rule: 'PermissionRequest', evidence: `hook: ${text}`.slice(0, 200), request: { id: 'r1', ...request } });

  it('is the whole of a short one', () => {
    const status = waiting('Bash: ls', { tool: 'Bash', command: 'ls', path: 'src' });
    assert.deepEqual(rememberable(status), status);
  });

  it('has texts of 500 characters, and no request that would be another one when cut', () => {
    const command = `echo ${'x'.repeat(60_000)}`;
    const kept = rememberable(waiting(command, { tool: 'Bash', command, path: 'src' }));
    assert.ok(kept.state === 'waiting');
    assert.equal(kept.text.length, 500);
    assert.deepEqual(kept.request, { id: 'r1', tool: 'Bash' });
    const failed = rememberable({ state: 'error', message: 'é'.repeat(900), since: 1, source: 'hooks', evidence: 'x' });
    assert.equal(failed.state === 'error' && failed.message, `${'é'.repeat(499)}…`);
  });

  it('holds no key, neither in its words nor in the command', async () => {
    const key = 'sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWx';
    const command = `curl -H "x: ${key}" https://example.com`;
    const written: string[] = [];
    const tmux = {
      setOption: (_scope: string, _pane: PaneId, _name: string, value: string) => Promise.resolve(void written.push(value)),
      command: () => Promise.resolve([]),
    } as unknown as TmuxService;
    await rememberStatus(tmux, '%1', waiting(`Bash: ${command}`, { tool: 'Bash', command }));
    assert.equal(written.length, 1);
    assert.ok(!written.join('').includes('AbCdEf'), written.join(''));
    assert.match(written.join(''), /Bash: curl -H .*\[removed\]/);
  });
});
