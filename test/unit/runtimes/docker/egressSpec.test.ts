// What the engine is asked for where the network is restricted.
import assert from 'node:assert/strict';
import { addressesIn, egressNetwork, egressNetworkName, proxyEnvironment, proxyName, proxySpec } from '../../../../src/runtimes/docker/egress/egressSpec.ts';
import { containerName } from '../../../../src/runtimes/docker/containerSpec.ts';

const addresses = { gateway: '198.18.4.9', proxy: '198.18.4.14' };

describe('a restricted network', () => {
  it('is internal, without IPv6 and without an address for the host, in eight addresses of its own', () => {
    const subnets = new Set<string>();
    for (let count = 0; count < 200; count++) {
      const { Internal, EnableIPv6, Options, IPAM } = egressNetwork({});
      assert.deepEqual([Internal, EnableIPv6, Options], [true, false, { 'com.docker.network.bridge.inhibit_ipv4': 'true' }]);
      const subnet = IPAM?.Config?.[0]?.['Subnet'] ?? '';
      assert.match(subnet, /^198\.1[89]\.\d+\.\d+\/29$/);
      assert.equal(Number(/\.(\d+)\/29$/.exec(subnet)?.[1]) % 8, 0);
      subnets.add(subnet);
    }
    assert.ok(subnets.size > 150, 'they differ');
  });

  it("gives the proxy the last address, out of the engine's way", () => {
    assert.deepEqual(addressesIn('198.18.4.8/29'), addresses);
    assert.equal(addressesIn('fd00::/64'), undefined);
  });

  it("is named so that the proxy's way out is the other network: Docker goes by the name", () => {
    const outer = 'tmux-agents';
    assert.ok(egressNetworkName(outer, 'a') > outer);
  });
});

describe('a proxy', () => {
  const spec = proxySpec({ agentId: 'egress-a', image: 'image:1', labels: { a: 'b' }, user: { uid: 7, gid: 8, home: '/home/agent' }, command: ['node', '-e', 'text', '--'], addresses, rules: [], outerNetworkId: 'outer' });

  it('runs confined, as the agents do and tighter', () => {
    const { HostConfig } = spec;
    assert.equal(spec.User, '7:8');
    assert.deepEqual([HostConfig?.ReadonlyRootfs, HostConfig?.CapDrop, HostConfig?.SecurityOpt, HostConfig?.Privileged], [true, ['ALL'], ['no-new-privileges'], false]);
    assert.ok((HostConfig?.Memory ?? 0) > 0 && (HostConfig?.PidsLimit ?? 0) > 0 && (HostConfig?.NanoCpus ?? 0) > 0);
    assert.equal(HostConfig?.Mounts ?? HostConfig?.Binds, undefined);
  });

  it('is told its settings as its last word', () => {
    assert.deepEqual(JSON.parse(spec.Cmd?.at(-1) ?? ''), { agentId: 'egress-a', address: '198.18.4.14', port: 3128, gateway: '198.18.4.9', rules: [] });
  });

  it('has a name that no agent can take', () => {
    assert.notEqual(proxyName('a'), containerName('egress-a'));
    assert.ok(!proxyName('a').startsWith(containerName('')));
  });

  it('is named to programs in upper and lower case, and to Node', () => {
    const env = proxyEnvironment(addresses);
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) {
      assert.equal(env[name], 'http://198.18.4.14:3128');
      assert.equal(env[name.toLowerCase()], env[name]);
    }
    assert.equal(env['no_proxy'], env['NO_PROXY']);
    assert.equal(env['NODE_USE_ENV_PROXY'], '1');
  });
});
