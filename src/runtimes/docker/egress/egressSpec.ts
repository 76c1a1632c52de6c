// What the engine is asked for so that an agent gets out by its proxy alone: pure functions to a network, a container, an environment.
import { randomInt } from 'node:crypto';
import type { ContainerCreateOptions, NetworkCreateOptions } from 'dockerode';
import type { HostRule } from '../../../protocol/network.ts';
import type { ContainerUser } from '../containerSpec.ts';
import type { ProxySettings } from './proxyProgram.ts';

/** On a proxy's container and on a restricted agent's network: the agent's id. */
export const EGRESS_LABEL = 'tmux-agents.egress';

const PORT = 3128;

/** Bytes; the program needs a third of it. */
const MEMORY = 128 * 1024 * 1024;

/** The proxy's name. No agent's container can have it: those begin with `tmux-agents-`. */
export function proxyName(agentId: string): string {
  return `tmux-agents.egress.${agentId}`;
}

/** The network's name. It sorts after the outer network's: by that Docker before 28 decides which of the two has the proxy's way out. */
export function egressNetworkName(outer: string, agentId: string): string {
  return `${outer}-egress-${agentId}`;
}

/**
 * A network of one agent and its proxy: no way out, no IPv6, and no address for the host, which would otherwise be reached there with all
 * that listens on it. Eight addresses of 198.18.0.0/15, a range that is used by nobody: Docker's own pools hold thirty networks.
 */
export function egressNetwork(labels: Record<string, string>): Omit<NetworkCreateOptions, 'Name'> {
  const subnet = randomInt(2 ** 14) * 8;
  return {
    Driver: 'bridge',
    Internal: true,
    EnableIPv6: false,
    CheckDuplicate: true,
    Labels: labels,
    IPAM: { Driver: 'default', Config: [{ Subnet: `198.${18 + (subnet >> 16)}.${(subnet >> 8) & 255}.${subnet & 255}/29` }] },
    // An engine that does not know it gives the host an address all the same: the proxy looks for that before it serves.
    Options: { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
  };
}

export interface EgressAddresses {
  /** What the engine would give the host. */
  readonly gateway: string;
  readonly proxy: string;
}

/** Of a subnet such as `198.18.4.8/29`; undefined for one that is no IPv4 network. The proxy has the last address: the engine deals out the first ones. */
export function addressesIn(subnet: string): EgressAddresses | undefined {
  const { start, last } = /^(?<start>\d+\.\d+\.\d+)\.(?<last>\d+)\/\d+$/.exec(subnet)?.groups ?? {};
  if (start === undefined) return undefined;
  return { gateway: `${start}.${Number(last) + 1}`, proxy: `${start}.${Number(last) + 6}` };
}

export interface ProxyRequest {
  readonly agentId: string;
  readonly image: string;
  readonly labels: Record<string, string>;
  readonly user: ContainerUser;
  readonly command: readonly string[];
  readonly addresses: EgressAddresses;
  readonly rules: readonly HostRule[];
  /** Its way out. */
  readonly outerNetworkId: string;
}

export function proxySpec({ agentId, image, labels, user, command, addresses, rules, outerNetworkId }: ProxyRequest): ContainerCreateOptions {
  const settings: ProxySettings = { agentId, address: addresses.proxy, port: PORT, gateway: addresses.gateway, rules };
  return {
    name: proxyName(agentId),
    Image: image,
    Entrypoint: [],
    Cmd: [...command, JSON.stringify(settings)],
    User: `${user.uid}:${user.gid}`,
    WorkingDir: '/',
    Env: ['HOME=/', 'NODE_OPTIONS=--max-old-space-size=48'],
    Labels: labels,
    HostConfig: {
      Init: true,
      NetworkMode: outerNetworkId,
      Memory: MEMORY,
      NanoCpus: 1e9,
      PidsLimit: 32,
      Privileged: false,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      // It stands in two networks: nothing is to pass between them but through the program.
      Sysctls: { 'net.ipv4.ip_forward': '0' },
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 5 },
      // Its output is the audit log: kept by the engine, bounded, and readable whatever the engine's own choice is.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    },
  };
}

/** What makes programs use the proxy, each in the words that it understands. */
export function proxyEnvironment({ proxy }: EgressAddresses): Record<string, string> {
  const url = `http://${proxy}:${PORT}`;
  const here = 'localhost,127.0.0.1,::1';
  return {
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    ALL_PROXY: url,
    NO_PROXY: here,
    http_proxy: url,
    https_proxy: url,
    all_proxy: url,
    no_proxy: here,
    // Node's own fetch and http, from Node 24 on.
    NODE_USE_ENV_PROXY: '1',
  };
}
