// Rows between the hub's processes: opened by their key alone.
import assert from 'node:assert/strict';
import { seal, unseal } from '../../../../src/hub/bus/sealed.ts';

describe('a sealed row', () => {
  it('opens with its key, and shows nothing without', () => {
    const text = `{"key":"${'a secret €'.repeat(100)}"}`;
    const { key, body } = seal(text);
    assert.equal(unseal(body, key), text);
    assert.equal(Buffer.from(body, 'base64').toString('utf8').includes('secret'), false);
    assert.notEqual(seal(text).body, body);
  });
  it('opens with no other key, and not when it was changed', () => {
    const { key, body } = seal('text');
    assert.deepEqual([unseal(body, seal('text').key), unseal(body, ''), unseal('', key), unseal(`A${body.slice(1)}`, key) === 'text' && body[0] !== 'A'], [undefined, undefined, undefined, false]);
  });
});
