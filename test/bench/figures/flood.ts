// One agent prints 100 MB into a subscriber while another one is typed to: what that costs in memory, and how long the other's echo takes.
import { agentWhen } from '../../support/agentWaits.ts';
import { dockerPlace, localPlace, managerOn, SOCKET } from '../places.ts';
import { echoAgent, firstByte, keyLatency, paneOf, rawKeyLatency } from '../agents.ts';
import type { FigureGroup } from '../figure.ts';
import { RawControl } from '../rawControl.ts';
import type { Measured } from '../row.ts';
import { percentile } from '../statistics.ts';
import type { AgentHandle, RuntimeManager } from '../../../src/public/runtimes.ts';

const MB = 1_000_000;
const BYTES = 100 * MB;

/** Waits for a key, prints as fast as it can, ends. */
const FLOOD = ['/bin/sh', '-c', `stty raw -echo; echo ready; head -c 1 >/dev/null; yes 'The quick brown fox jumps over the lazy dog, and prints 100 MB of it.' | head -c ${BYTES}`];

const figuresOf = (id: string, place: string) =>
  [
    { id: `${id}-memory`, figure: `${place} agent prints 100 MB: memory growth` },
    { id: `${id}-others-p99`, figure: `${place} agent prints 100 MB: another's key, p99` },
  ] as const;
const localRows = figuresOf('local-flood', 'local');
const dockerRows = figuresOf('docker-flood', 'Docker');

interface Flood {
  readonly flooding: AgentHandle;
  readonly typedTo: AgentHandle;
  /** A control client on the session of the agent that is typed to, and nothing else. */
  readonly raw: RawControl;
}

async function measureFlood(manager: RuntimeManager, { flooding, typedTo, raw }: Flood, figures: ReturnType<typeof figuresOf>): Promise<Measured[]> {
  await firstByte(manager, flooding);
  await firstByte(manager, typedTo);
  const [flood, other] = [await paneOf(manager, flooding), await paneOf(manager, typedTo)];
  let received = 0;
  let pauses = 0;
  const subscription = flood.tmux.onPaneOutput(flood.pane, (bytes) => (received += bytes.length));
  const losses = flood.tmux.onDidLoseOutput(() => pauses++);
  for (let key = 0; key < 100; key++) {
    await keyLatency(other);
    await rawKeyLatency(raw, other.pane);
  }

  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
  const began = performance.now();
  let over = false;
  const ended = agentWhen(manager, flooding.agentId, ({ status }) => status === 'exited', 100_000).finally(() => (over = true));
  await flood.tmux.sendLiteral(flood.pane, 'g');
  const ours: number[] = [];
  const bare: number[] = [];
  while (!over) {
    ours.push(await keyLatency(other));
    bare.push(await rawKeyLatency(raw, other.pane));
  }
  await ended;
  const seconds = (performance.now() - began) / 1_000;
  clearInterval(sampling);
  peak = Math.max(peak, process.memoryUsage.rss());
  subscription.dispose();
  losses.dispose();
  if (received === 0) throw new Error('The subscriber saw nothing of the flood.');
  const [memory, latency] = figures;
  return [
    {
      ...memory,
      unit: 'MB',
      ours: (peak - before) / MB,
      bar: { of: 'value', atMost: 50 },
      samples: 1,
      note: `in ${seconds.toFixed(1)} s; the subscriber got ${Math.round(received / MB)} MB, told of a gap ${pauses} times; RSS ${Math.round(before / MB)} MB before`,
    },
    { ...latency, unit: 'ms', ours: percentile(ours, 0.99), raw: percentile(bare, 0.99), bar: { of: 'value', atMost: 50 }, samples: ours.length, note: `median ${percentile(ours, 0.5).toFixed(1)} ms, slowest ${Math.max(...ours).toFixed(1)} ms` },
  ];
}

export const localFlood: FigureGroup = {
  name: 'local-flood',
  figures: localRows,
  needs: ['tmux'],
  atMostSeconds: 150,
  async measure(measuring) {
    const { folder } = localPlace(measuring);
    const manager = managerOn(measuring);
    const flooding = await manager.spawnAgent('local', { ...echoAgent('flood', folder), argv: FLOOD });
    const typedTo = await manager.spawnAgent('local', echoAgent('typed-to', folder));
    const raw = RawControl.local(SOCKET, ['attach', '-f', 'ignore-size', '-t', '=typed-to']);
    measuring.afterwards(() => raw.end());
    return measureFlood(manager, { flooding, typedTo, raw }, localRows);
  },
};

export const dockerFlood: FigureGroup = {
  name: 'docker-flood',
  figures: dockerRows,
  needs: ['docker', 'image'],
  atMostSeconds: 150,
  async measure(measuring) {
    const place = dockerPlace(measuring);
    const manager = managerOn(measuring, place);
    const flooding = await manager.spawnAgent('docker', { ...echoAgent(`flood-${place.id}`, place.folder), argv: FLOOD });
    const typedTo = await manager.spawnAgent('docker', echoAgent(`typed-to-${place.id}`, place.folder));
    const container = (await place.containers()).find(({ Names }) => Names.some((name) => name.includes('typed-to')));
    if (!container) throw new Error('The agent has no container.');
    const raw = await RawControl.docker(place.docker.getContainer(container.Id), ['attach', '-f', 'ignore-size', '-t', '=agent']);
    measuring.afterwards(() => raw.end());
    return measureFlood(manager, { flooding, typedTo, raw }, dockerRows);
  },
};
