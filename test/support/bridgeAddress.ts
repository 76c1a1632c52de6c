// The address under which containers reach this machine: the stand-in model listens there.
import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';

/** The IPv4 address of the default bridge's own interface. Its network names a gateway only once the engine was started a second time. */
export function bridgeAddress(): string {
  const name = execFileSync('docker', ['network', 'inspect', 'bridge', '--format', '{{index .Options "com.docker.network.bridge.name"}}'], { encoding: 'utf8', timeout: 10_000 }).trim();
  const found = networkInterfaces()[name]?.find(({ family }) => family === 'IPv4');
  if (found === undefined) throw new Error(`The bridge ${JSON.stringify(name)} of Docker has no IPv4 address on this machine.`);
  return found.address;
}
