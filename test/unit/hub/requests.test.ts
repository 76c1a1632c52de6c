// What the hub makes of a request's headers and address, before anything is looked up.
import assert from 'node:assert/strict';
import { isSameOrigin } from '../../../src/hub/identity/sameOrigin.ts';
import { sessionCookieOf } from '../../../src/hub/identity/sessionCookie.ts';
import { addressOf } from '../../../src/hub/server/rates.ts';

describe('the same origin', () => {
  const direct = { proxied: false };

  it('is what browsers say it is, and what is no browser passes', () => {
    assert.ok(isSameOrigin({ host: 'hub:3334' }, direct));
    assert.ok(isSameOrigin({ host: 'hub:3334', origin: 'http://hub:3334' }, direct));
    assert.ok(isSameOrigin({ host: 'HUB.example:443', origin: 'https://hub.example', 'sec-fetch-site': 'same-origin' }, direct), "the protocol's own port, and capitals");
    assert.ok(isSameOrigin({ host: '[::1]:3334', origin: 'http://[::1]:3334' }, direct));
    for (const origin of ['null', '', 'http://hub', 'http://hub:3335', 'http://hub:3334.evil.example', 'http://evil.example/hub:3334', 'file://', 'chrome-extension://hub:3334']) {
      assert.ok(!isSameOrigin({ host: 'hub:3334', origin }, direct), origin);
    }
    assert.ok(!isSameOrigin({ host: 'hub:3334', 'sec-fetch-site': 'cross-site' }, direct));
    assert.ok(!isSameOrigin({ origin: 'http://hub:3334' }, direct));
  });

  it('is the name that the proxy tells, where there is one', () => {
    const headers = { host: '127.0.0.1:3334', origin: 'https://hub.example', 'x-forwarded-host': 'hub.example' };
    assert.ok(isSameOrigin(headers, { proxied: true }));
    assert.ok(!isSameOrigin(headers, direct));
    assert.ok(isSameOrigin({ ...headers, 'x-forwarded-host': 'outer.example, hub.example' }, { proxied: true }));
    assert.ok(!isSameOrigin({ ...headers, 'x-forwarded-host': '' }, { proxied: true }));
  });
});

describe('the session of a Cookie header', () => {
  it('is found among others, by its whole name', () => {
    assert.equal(sessionCookieOf('a=1; access_token=abc.def; b=2'), 'abc.def');
    assert.equal(sessionCookieOf('access_token=first; access_token=second'), 'first');
    for (const header of [undefined, '', 'my_access_token=abc', 'access_token', 'access_token=', '; ;']) assert.equal(sessionCookieOf(header), undefined);
  });
});

describe('the address that limits count by', () => {
  it('is that of IPv4, and the network of IPv6', () => {
    const cases: Record<string, string> = {
      '198.51.100.7': '198.51.100.7',
      '::ffff:198.51.100.7': '198.51.100.7',
      '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
      '2001:0DB8:0001:0002::9': '2001:db8:1:2::/64',
      '2001:db8::1': '2001:db8:0:0::/64',
      'fe80::1%eth0': 'fe80:0:0:0::/64',
      '::1': '0:0:0:0::/64',
    };
    for (const [ip, expected] of Object.entries(cases)) assert.equal(addressOf({ ip }), expected, ip);
  });
});
