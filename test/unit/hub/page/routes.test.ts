// The page's addresses: each leads where it says, and back; none leads out of the page.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { agentTabs, parseRoute, pathOf, type Address, type Route } from '../../../../src/hub/page/routes.ts';

function address(path: string): Address {
  const { pathname, search, hash } = new URL(path, 'http://hub.example.net');
  return { pathname, search, hash };
}

describe('the addresses of the page', () => {
  const routes: readonly Route[] = [
    { view: 'fleet' },
    { view: 'tasks' },
    { view: 'new-task' },
    { view: 'runners' },
    { view: 'audit' },
    { view: 'settings' },
    { view: 'sign-in', next: '/' },
    { view: 'sign-in', next: '/agents/a?tab=usage' },
    ...agentTabs.map((tab): Route => ({ view: 'agent', id: 'fix-login~1a2b3c4d', tab })),
  ];
  for (const route of routes) it(`knows ${pathOf(route)}`, () => assert.deepEqual(parseRoute(address(pathOf(route))), route));

  it('keeps any id of an agent whole', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }), (id) => {
        if (id === '.' || id === '..') return;
        assert.deepEqual(parseRoute(address(pathOf({ view: 'agent', id, tab: 'terminal' }))), { view: 'agent', id, tab: 'terminal' });
      }),
    );
  });

  it('takes the token of the setup link from behind the #, which no server sees', () => {
    assert.deepEqual(parseRoute(address('/setup#token=abc-_1')), { view: 'setup', token: 'abc-_1' });
    assert.deepEqual(parseRoute(address('/setup')), { view: 'setup', token: '' });
    assert.equal(pathOf({ view: 'setup', token: 'abc' }), '/setup');
  });

  it('sends nobody who signs in to another site', () => {
    for (const next of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/sign-in', '/setup#token=x', '/api/me', '/a\u0000b']) assert.deepEqual(parseRoute(address(`/sign-in?next=${encodeURIComponent(next)}`)), { view: 'sign-in', next: '/' }, next);
    assert.deepEqual(parseRoute(address('/sign-in?next=%2Ftasks')), { view: 'sign-in', next: '/tasks' });
  });

  it('says that nothing is at any other address', () => {
    for (const path of ['/nowhere', '/agents', '/agents/a/b', '/agents/%E0%A4%A', '/constructor', '/__proto__']) assert.deepEqual(parseRoute({ pathname: path, search: '', hash: '' }), { view: 'nothing' }, path);
    assert.deepEqual(parseRoute(address('/tasks/')), { view: 'tasks' });
    assert.deepEqual(parseRoute(address('/agents/a?tab=nonsense')), { view: 'agent', id: 'a', tab: 'terminal' });
  });
});
