// Local spawn to first byte, against bare tmux.
import { echoAgent, ECHO, firstByte } from '../agents.ts';
import type { FigureGroup } from '../figure.ts';
import { localPlace, managerOn } from '../places.ts';
import { RawControl } from '../rawControl.ts';
import { interleaved, median, timed } from '../statistics.ts';

const RAW_SOCKET = 'raw';
const row = { id: 'local-spawn', figure: 'local spawn to first byte' } as const;

export const localSpawn: FigureGroup = {
  name: 'local-spawn',
  figures: [row],
  needs: ['tmux'],
  atMostSeconds: 120,
  async measure(measuring) {
    const { home, folder } = localPlace(measuring);
    const manager = managerOn(measuring);
    // Both servers run before anything is measured, each with a session that keeps it.
    home.tmux(RAW_SOCKET, '-f', '/dev/null', 'new-session', '-d', '-s', 'warm', 'cat', '-');
    await manager.spawnAgent('local', echoAgent('warm', folder));

    let number = 0;
    const ours = async (): Promise<number> => {
      const agentId = `agent-${++number}`;
      let handle: Awaited<ReturnType<typeof manager.spawnAgent>> | undefined;
      const took = await timed(async () => {
        handle = await manager.spawnAgent('local', echoAgent(agentId, folder));
        await firstByte(manager, handle);
      });
      if (handle) await manager.killAgent(handle);
      return took;
    };
    const raw = async (): Promise<number> => {
      const name = `agent-${++number}`;
      let client: RawControl | undefined;
      const took = await timed(async () => {
        client = RawControl.local(RAW_SOCKET, ['new-session', '-s', name, '-x', '200', '-y', '50', '-c', folder, ...ECHO]);
        await client.firstOutput();
      });
      client?.write(`kill-session -t =${name}`);
      await client?.end();
      return took;
    };
    for (const warmUp of [ours, raw, ours, raw]) await warmUp();
    const samples = await interleaved(measuring.quick ? 10 : 60, ours, raw);
    return [{ ...row, unit: 'ms', ours: median(samples.ours), raw: median(samples.raw), bar: { of: 'ratio', atMost: 1.5 }, samples: samples.ours.length }];
  },
};
