// Which agent a person means by what they typed.
import assert from 'node:assert/strict';
import { AgentsError, isAgentsError } from '../../../src/base/errors.ts';
import { findAgent } from '../../../src/cli/agentLookup.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';

const local = { runtimeId: 'local', type: 'local', agents: [exampleAgent({ agentId: 'agent-1', name: 'fix' }), exampleAgent({ agentId: 'agent-10', name: 'docs' }), exampleAgent({ agentId: 'x', name: 'agent-1' })] };
const docker = { runtimeId: 'docker', type: 'docker', agents: [exampleAgent({ agentId: 'agent-2', name: 'docs', runtimeId: 'docker' })] };
const down = { runtimeId: 'docker', type: 'docker', agents: [], error: new AgentsError('docker-unavailable', 'Docker is down.', { hint: 'Start it.' }) };

const reasonOf = (listings: Parameters<typeof findAgent>[0], wanted: string): AgentsError => {
  try {
    findAgent(listings, wanted);
  } catch (error) {
    assert.ok(isAgentsError(error));
    return error;
  }
  return assert.fail('an agent was found');
};

describe('an agent', () => {
  it('is found by its id, before any name', () => assert.equal(findAgent([local], 'agent-1').agentId, 'agent-1'));
  it('is found by a name that only it has', () => assert.equal(findAgent([local, docker], 'fix').agentId, 'agent-1'));
  it('is never found by a prefix', () => {
    assert.equal(reasonOf([local], 'agent').reason, 'not-found');
    assert.equal(reasonOf([local], 'agent-').reason, 'not-found');
    assert.equal(reasonOf([local], '').reason, 'not-found');
  });
  it('is not guessed when several have the name: all are named', () => {
    const { reason, message } = reasonOf([local, docker], 'docs');
    assert.equal(reason, 'bad-input');
    assert.match(message, /agent-10 \(local\), agent-2 \(docker\)/);
  });
  it('is not guessed when two runtimes have the id', () => assert.match(reasonOf([docker, { ...docker, runtimeId: 'docker-2' }], 'agent-2').hint ?? '', /--runtime/));
  it('that is not there may be in a runtime that did not answer, which is said', () => {
    const { reason, message } = reasonOf([local, down], 'gone');
    assert.equal(reason, 'not-found');
    assert.match(message, /docker: Docker is down\./);
  });
  it('is not called missing while a runtime is too slow to tell', () => {
    const slow = { ...down, error: new AgentsError('timeout', 'Timed out.') };
    assert.equal(reasonOf([local, slow], 'gone').reason, 'timeout');
    assert.equal(findAgent([local, slow], 'fix').agentId, 'agent-1');
  });
  it('cannot be looked for when no runtime answers', () => assert.equal(reasonOf([down], 'gone').reason, 'docker-unavailable'));
});
