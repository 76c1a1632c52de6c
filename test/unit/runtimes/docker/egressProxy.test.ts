// What the proxy lets through: verdicts on hosts, and on the addresses that names lead to.
import assert from 'node:assert/strict';
import { parseHostRule, type HostRule } from '../../../../src/protocol/network.ts';
import { isPublic, judge, parseTarget, reachable } from '../../../../src/runtimes/docker/egress/proxyProgram.ts';

function rules(...texts: readonly string[]): HostRule[] {
  return texts.map((text) => {
    const rule = parseHostRule(text);
    assert.ok(rule, text);
    return rule;
  });
}

/** The entry that lets it through, or why it is denied. */
function verdict(allow: readonly string[], host: string, port = 443): string {
  const given = judge(rules(...allow), host, port);
  return given.allowed ? given.rule.text : given.reason;
}

describe("the proxy's verdict", () => {
  it('lets a name through by itself, and nothing that merely looks like it', () => {
    const allow = ['npmjs.org'];
    assert.equal(verdict(allow, 'npmjs.org'), 'npmjs.org');
    for (const other of ['registry.npmjs.org', 'npmjs.org.evil.example', 'evilnpmjs.org', 'npmjs.or']) assert.equal(verdict(allow, other), 'not-listed', other);
  });

  it('lets all names below a domain through, the domain itself not', () => {
    const allow = ['*.npmjs.org'];
    for (const name of ['registry.npmjs.org', 'a.b.npmjs.org']) assert.equal(verdict(allow, name), '*.npmjs.org');
    for (const other of ['npmjs.org', 'xnpmjs.org', 'registry.npmjs.org.evil.example']) assert.equal(verdict(allow, other), 'not-listed', other);
  });

  it('allows 443 and 80 where no port is named, and the named one alone else', () => {
    assert.equal(verdict(['a.example'], 'a.example', 80), 'a.example');
    assert.equal(verdict(['a.example'], 'a.example', 22), 'port-not-listed');
    assert.equal(verdict(['a.example:22'], 'a.example', 22), 'a.example:22');
    assert.equal(verdict(['a.example:22'], 'a.example', 443), 'port-not-listed');
    assert.equal(verdict(['a.example:22', 'a.example'], 'a.example', 443), 'a.example');
  });

  it('takes an address only as an address, private ones never by "*"', () => {
    assert.equal(verdict(['10.0.0.5:5432'], '10.0.0.5', 5432), '10.0.0.5:5432');
    assert.equal(verdict(['*'], 'anything.example'), '*');
    assert.equal(verdict(['*'], '203.0.113.9'), '*');
    for (const address of ['10.0.0.5', '127.0.0.1', '169.254.169.254', '::1', 'fd00::1', 'fe80::1', '::ffff:10.0.0.5']) assert.equal(verdict(['*'], address), 'not-listed', address);
  });

  it('denies everything with an empty list', () => assert.equal(verdict([], 'api.anthropic.com'), 'not-listed'));
});

describe('an address that a name leads to', () => {
  it('counts as public only in the public internet', () => {
    for (const address of ['8.8.8.8', '172.15.0.1', '172.32.0.1', '100.63.0.1', '2606:4700::1111']) assert.ok(isPublic(address), address);
    const others = ['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.53', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', 'fd00:ec2::254', '::ffff:8.8.8.8', '64:ff9b::a00:1', '2002:a00:1::', '2001:0:1::', 'ff02::1', 'no address'];
    for (const address of others) assert.ok(!isPublic(address), address);
  });

  it('is left out where it is private and not listed with that port', () => {
    const found = ['8.8.8.8', '10.0.0.5', '127.0.0.1'];
    assert.deepEqual(reachable(rules('*'), found, 443), ['8.8.8.8']);
    assert.deepEqual(reachable(rules('a.example', '10.0.0.5'), found, 443), ['8.8.8.8', '10.0.0.5']);
    assert.deepEqual(reachable(rules('a.example', '10.0.0.5:22'), found, 443), ['8.8.8.8']);
  });
});

describe('the target of a tunnel', () => {
  it('is a host and a port', () => {
    assert.deepEqual(parseTarget('API.Example.org.:443'), { host: 'api.example.org', port: 443 });
    assert.deepEqual(parseTarget('[2606:4700:0::1111]:443'), { host: '2606:4700::1111', port: 443 });
    for (const text of ['example.org', 'example.org:0', 'example.org:99999', ':443', '[::1', '[1.2.3.4]:80', 'a b:80', 'http://a:80', 'user@a:80', 'a:80:80', '']) assert.equal(parseTarget(text), undefined, text);
  });
});
