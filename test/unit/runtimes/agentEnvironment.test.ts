// What an agent gets of the environment that it is spawned from, where that is an allowlist.
import assert from 'node:assert/strict';
import { agentEnvironment } from '../../../src/runtimes/local/agentEnvironment.ts';

describe('an allowlisted environment', () => {
  const env = { PATH: '/bin', HOME: '/h', LC_TIME: 'C', CLAUDE_X: '1', CLAUD: 'no', MINE: '2', MINE_NOT: '3', AWS_SECRET_ACCESS_KEY: 'no', XDG_SESSION_ID: '5', HTTPS_PROXY: 'h', TERM: 'dumb', TMUX_PANE: '%3', EMPTY: '' };

  it('has what is on the list, by name or by its beginning, with the values as they are', () => {
    assert.deepEqual(agentEnvironment({ own: ['CLAUDE_*'], extra: ['MINE', 'EMPTY'] }, env), { PATH: '/bin', HOME: '/h', LC_TIME: 'C', CLAUDE_X: '1', MINE: '2', HTTPS_PROXY: 'h', EMPTY: '' });
  });

  it('has nothing of the terminal that it was spawned from, and no secret', () => {
    assert.deepEqual(agentEnvironment({}, env), { PATH: '/bin', HOME: '/h', LC_TIME: 'C', HTTPS_PROXY: 'h' });
  });
});
