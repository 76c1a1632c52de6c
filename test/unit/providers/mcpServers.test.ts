// MCP configurations as people write them, and faults that point at their key.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../src/base/errors.ts';
import { parseMcpServers } from '../../../src/providers/mcpServers.ts';

function fault(text: string): string {
  try {
    parseMcpServers(text, '/home/me/mcp.json');
  } catch (error) {
    assert.ok(isAgentsError(error, 'bad-input'));
    return error.message;
  }
  return assert.fail('it was taken');
}

describe('an MCP configuration', () => {
  it('holds servers that are started, and servers that are reached', () => {
    assert.deepEqual(parseMcpServers('{"mcpServers":{"a":{"command":"x","args":["-y"],"env":{"K":"v"}},"b":{"url":"https://h/x","headers":{"A":"b"}},"c":{"type":"sse","url":"http://h"}},"other":1}', 'f'), {
      a: { command: 'x', args: ['-y'], env: { K: 'v' } },
      b: { type: 'http', url: 'https://h/x', headers: { A: 'b' } },
      c: { type: 'sse', url: 'http://h' },
    });
  });

  it('says what is wrong, and where', () => {
    assert.match(fault('{'), /^\/home\/me\/mcp\.json is not valid JSON: /);
    assert.match(fault('{}'), /mcpServers: /);
    assert.match(fault('{"mcpServers":{"a":{"cmd":"x"}}}'), /mcpServers\.a: needs a "command"/);
    assert.match(fault('{"mcpServers":{"a b":{"command":"x"}}}'), /mcpServers\.a b: a server's name has letters/);
  });
});
