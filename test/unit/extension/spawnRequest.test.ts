// What Spawn Agent takes from a caller, and the names it gives.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../src/base/errors.ts';
import { freeName, parseSpawnRequest } from '../../../src/extension/spawn/spawnRequest.ts';

describe('a spawn request', () => {
  it('may be empty, and takes sizes in words', () => {
    assert.deepEqual(parseSpawnRequest({}), {});
    assert.deepEqual(parseSpawnRequest({ provider: 'demo', memory: '1g' }), { provider: 'demo', memory: 1024 ** 3 });
  });

  it('is refused with the keys at fault', () => {
    assert.throws(() => parseSpawnRequest({ provider: 7, colour: 'red' }), (error) => isAgentsError(error, 'bad-input') && error.message.includes('provider') && error.message.includes('colour'));
    assert.throws(() => parseSpawnRequest('claude'), (error) => isAgentsError(error, 'bad-input'));
  });

  it('gets the first name that nobody has', () => {
    assert.equal(freeName('claude', []), 'claude-1');
    assert.equal(freeName('claude', ['claude-1', 'claude-3', 'demo-2']), 'claude-2');
  });
});
