// The address under which containers reach this machine: the stand-in model listens there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as z from 'zod';

const Links = z.array(z.object({ addr_info: z.array(z.object({ family: z.string(), local: z.string() })) }));

/**
 * The IPv4 address of the default bridge's own interface, as `ip` knows it: the network names a gateway only once the engine was
 * started a second time, and Node leaves out interfaces that nobody uses at the moment.
 */
export function bridgeAddress(): string {
  const name = read('docker', 'network', 'inspect', 'bridge', '--format', '{{index .Options "com.docker.network.bridge.name"}}').trim();
  const links = Links.parse(JSON.parse(read('ip', '-json', '-4', 'address', 'show', 'dev', name)));
  const found = links.flatMap(({ addr_info }) => addr_info).find(({ family }) => family === 'inet');
  assert.ok(found, `the bridge ${name} of Docker has no IPv4 address on this machine`);
  return found.local;
}

function read(...[program, ...args]: readonly [string, ...string[]]): string {
  return execFileSync(program, args, { encoding: 'utf8', timeout: 10_000 });
}
