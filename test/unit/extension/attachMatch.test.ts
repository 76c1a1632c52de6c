// A terminal that survived a reload is recognised by its process, and never taken for another agent's.
import assert from 'node:assert/strict';
import { clientsOf, parseCmdline, runsAttach } from '../../../src/extension/terminals/attachMatch.ts';

const local = ['tmux', '-L', 'tmux-agents', 'attach', '-t', '=agent-1'];
const docker = ['docker', 'exec', '-it', 'ab12', 'tmux', 'attach', '-t', '=agent'];

describe('recognising the terminal of an agent', () => {
  it('takes the same argv, whether the program was looked up on the PATH or not', () => {
    assert.ok(runsAttach({ argv: local }, local));
    assert.ok(runsAttach({ argv: ['/usr/bin/tmux', ...local.slice(1)] }, local));
    assert.ok(runsAttach({ argv: ['C:\\Program Files\\Docker\\docker.exe', ...docker.slice(1)] }, docker));
  });

  it('does not take agent-10 for agent-1, nor another container', () => {
    assert.equal(runsAttach({ argv: [...local.slice(0, -1), '=agent-10'] }, local), false);
    assert.equal(runsAttach({ argv: docker.map((word) => (word === 'ab12' ? 'cd34' : word)) }, docker), false);
  });

  it('does not take a longer or shorter command, another program or nothing', () => {
    assert.equal(runsAttach({ argv: [...local, '-r'] }, local), false);
    assert.equal(runsAttach({ argv: local.slice(0, -1) }, local), false);
    assert.equal(runsAttach({ argv: ['screen', ...local.slice(1)] }, local), false);
    assert.equal(runsAttach({ argv: [] }, []), false);
  });

  it('compares whole lines where the system gives no argv', () => {
    assert.ok(runsAttach({ line: '/opt/homebrew/bin/tmux -L tmux-agents attach -t =agent-1\n' }, local));
    assert.equal(runsAttach({ line: 'tmux -L tmux-agents attach -t =agent-10\n' }, local), false);
  });

  it('reads /proc/PID/cmdline, empty words and spaces included', () => {
    assert.deepEqual(parseCmdline('tmux\0attach\0-t\0=my agent\0\0'), ['tmux', 'attach', '-t', '=my agent', '']);
    assert.deepEqual(parseCmdline(''), []);
  });

  it('finds the clients of a session by its whole name', () => {
    const answer = ['17 agent-1', '18 agent-10', '19 my agent', 'junk', '20 agent-1'];
    assert.deepEqual(clientsOf(answer, 'agent-1'), [17, 20]);
    assert.deepEqual(clientsOf(answer, 'my agent'), [19]);
    assert.deepEqual(clientsOf([], 'agent-1'), []);
  });
});
