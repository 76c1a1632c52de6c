// From a key sent to its echo seen by a subscriber, local and in Docker.
import { echoAgent, firstByte, keyLatencies, paneOf } from '../agents.ts';
import type { FigureGroup, Measuring } from '../figure.ts';
import { dockerPlace, localPlace, managerOn, SOCKET } from '../places.ts';
import { RawControl } from '../rawControl.ts';
import type { Measured } from '../row.ts';
import { median, percentile } from '../statistics.ts';

const figuresOf = (id: string, place: string) =>
  [
    { id: `${id}-p50`, figure: `key to output, ${place}, p50` },
    { id: `${id}-p99`, figure: `key to output, ${place}, p99` },
  ] as const;
const localRows = figuresOf('local-key', 'local');
const dockerRows = figuresOf('docker-key', 'Docker');

/** The two rows of one place. */
function rows([p50, p99]: ReturnType<typeof figuresOf>, { ours, raw }: { readonly ours: number[]; readonly raw: number[] }): Measured[] {
  const samples = ours.length;
  return [
    { ...p50, unit: 'ms', ours: median(ours), raw: median(raw), bar: { of: 'value', atMost: 2 }, samples },
    { ...p99, unit: 'ms', ours: percentile(ours, 0.99), raw: percentile(raw, 0.99), bar: { of: 'value', atMost: 15 }, samples },
  ];
}

const keysOf = ({ quick }: Measuring): number => (quick ? 200 : 1_500);

export const localKeys: FigureGroup = {
  name: 'local-keys',
  figures: localRows,
  needs: ['tmux'],
  atMostSeconds: 120,
  async measure(measuring) {
    const { folder } = localPlace(measuring);
    const manager = managerOn(measuring);
    const handle = await manager.spawnAgent('local', echoAgent('keys', folder));
    await firstByte(manager, handle);
    const raw = RawControl.local(SOCKET, ['attach', '-f', 'ignore-size', '-t', '=keys']);
    measuring.afterwards(() => raw.end());
    const target = await paneOf(manager, handle);
    await keyLatencies(target, raw, 50);
    return rows(localRows, await keyLatencies(target, raw, keysOf(measuring)));
  },
};

export const dockerKeys: FigureGroup = {
  name: 'docker-keys',
  figures: dockerRows,
  needs: ['docker', 'image'],
  atMostSeconds: 120,
  async measure(measuring) {
    const place = dockerPlace(measuring);
    const manager = managerOn(measuring, place);
    const handle = await manager.spawnAgent('docker', echoAgent(`keys-${place.id}`, place.folder));
    await firstByte(manager, handle);
    const [container] = await place.containers();
    if (!container) throw new Error('The agent has no container.');
    const raw = await RawControl.docker(place.docker.getContainer(container.Id), ['attach', '-f', 'ignore-size', '-t', '=agent']);
    measuring.afterwards(() => raw.end());
    const target = await paneOf(manager, handle);
    await keyLatencies(target, raw, 50);
    return rows(dockerRows, await keyLatencies(target, raw, keysOf(measuring)));
  },
};
