// Allowlists as people write them.
import assert from 'node:assert/strict';
import { AllowedHost, NetworkWish, parseHostRule } from '../../../src/protocol/network.ts';

describe('an entry of an allowlist', () => {
  const cases: readonly [string, object][] = [
    ['api.anthropic.com', { kind: 'name', host: 'api.anthropic.com' }],
    ['API.Anthropic.com.', { kind: 'name', host: 'api.anthropic.com' }],
    ['*.npmjs.org', { kind: 'below', host: 'npmjs.org' }],
    ['git.example.org:22', { kind: 'name', host: 'git.example.org', port: 22 }],
    ['*.example.org:8443', { kind: 'below', host: 'example.org', port: 8443 }],
    ['localhost:3000', { kind: 'name', host: 'localhost', port: 3000 }],
    ['münchen.example', { kind: 'name', host: 'xn--mnchen-3ya.example' }],
    ['10.0.0.5:5432', { kind: 'address', host: '10.0.0.5', port: 5432 }],
    ['[FD00:0::5]:443', { kind: 'address', host: 'fd00::5', port: 443 }],
    ['*', { kind: 'any', host: '' }],
    ['*:8080', { kind: 'any', host: '', port: 8080 }],
  ];
  for (const [text, rule] of cases) {
    it(`can be ${text}`, () => assert.deepEqual(parseHostRule(text), { text, ...rule }));
  }

  const faults = ['', 'https://example.org', 'example.org/path', 'a..b', '.example.org', 'ex*mple.org', 'a.*.org', '*.*.org', '-a.org', 'example.org:0', 'example.org:65536', 'example.org:', 'user@example.org', '127.1', '0x7f.0.0.1', '2130706433', '1.2.3.999', 'fd00::5', '[10.0.0.5]', '[fd00::zz]', 'a b.org', 'a\nb.org', '10.0.0.0/8'];
  for (const text of faults) {
    it(`cannot be ${JSON.stringify(text)}`, () => {
      assert.equal(parseHostRule(text), undefined);
      assert.match(AllowedHost.safeParse(text).error?.issues[0]?.message ?? '', /must be a host such as/);
    });
  }
});

describe('a wish for a network', () => {
  it('knows two modes and no other key', () => {
    assert.deepEqual(NetworkWish.parse({ mode: 'restricted', allow: ['*.npmjs.org'] }), { mode: 'restricted', allow: ['*.npmjs.org'] });
    assert.ok(!NetworkWish.safeParse({ mode: 'closed' }).success);
    assert.ok(!NetworkWish.safeParse({ mode: 'open', hosts: [] }).success);
    assert.ok(!NetworkWish.safeParse({ mode: 'restricted', allow: ['a/b'] }).success);
  });
});
