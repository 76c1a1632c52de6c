// Docker spawn to first byte, and kill, against the same container made and removed by bare calls to the engine.
import type Docker from 'dockerode';
import type { ContainerCreateOptions } from 'dockerode';
import { echoAgent, ECHO, firstByte } from '../agents.ts';
import type { FigureGroup } from '../figure.ts';
import { dockerPlace, managerOn } from '../places.ts';
import { RawControl } from '../rawControl.ts';
import { median, timed } from '../statistics.ts';
import type { DockerPlace } from '../../integration/runtimes/docker/support/dockerPlace.ts';
import type { RuntimeManager } from '../../../src/public/runtimes.ts';

const spawnRow = { id: 'docker-spawn', figure: 'Docker spawn to first byte' } as const;
const killRow = { id: 'docker-kill', figure: 'Docker kill' } as const;

interface Times {
  readonly spawn: number;
  readonly kill: number;
}

export const dockerSpawn: FigureGroup = {
  name: 'docker-spawn',
  figures: [spawnRow, killRow],
  needs: ['docker', 'image'],
  atMostSeconds: 180,
  async measure(measuring) {
    const place = dockerPlace(measuring);
    const manager = managerOn(measuring, place);
    const spec = await specOf(manager, place);

    let number = 0;
    const ours = async (): Promise<Times> => {
      const agent = echoAgent(`bench-${place.id}-${++number}`, place.folder);
      let handle: Awaited<ReturnType<typeof manager.spawnAgent>> | undefined;
      const spawn = await timed(async () => {
        handle = await manager.spawnAgent('docker', agent);
        await firstByte(manager, handle);
      });
      const kill = await timed(async () => handle && manager.killAgent(handle));
      return { spawn, kill };
    };
    const raw = async (): Promise<Times> => {
      const name = `bench-raw-${place.id}-${++number}`;
      let container: Docker.Container | undefined;
      let client: RawControl | undefined;
      const spawn = await timed(async () => {
        container = await place.docker.createContainer({ ...spec, name });
        await container.start();
        client = await RawControl.docker(container, ['new-session', '-s', 'agent', '-x', '200', '-y', '50', ...ECHO]);
        await client.firstOutput();
      });
      const kill = await timed(async () => {
        await container?.stop();
        await container?.remove({ v: true });
      });
      await client?.end();
      return { spawn, kill };
    };

    const samples = { ours: [] as Times[], raw: [] as Times[] };
    await ours();
    await raw();
    for (let round = 0; round < (measuring.quick ? 3 : 20); round++) {
      if (round % 2 === 1) samples.raw.push(await raw());
      samples.ours.push(await ours());
      if (round % 2 === 0) samples.raw.push(await raw());
    }
    const medians = (of: keyof Times): { ours: number; raw: number; samples: number } => ({
      ours: median(samples.ours.map((times) => times[of])),
      raw: median(samples.raw.map((times) => times[of])),
      samples: samples.ours.length,
    });
    return [
      { ...spawnRow, unit: 'ms', ...medians('spawn'), bar: { of: 'ratio', atMost: 1.2 } },
      { ...killRow, unit: 'ms', ...medians('kill'), bar: { of: 'ratio', atMost: 1.2 } },
    ];
  },
};

/** What the engine says that a container of ours is, as a request for another one. Its owner label stays, so that it is cleaned up. */
async function specOf(manager: RuntimeManager, place: DockerPlace): Promise<ContainerCreateOptions> {
  const handle = await manager.spawnAgent('docker', echoAgent(`bench-${place.id}-first`, place.folder));
  const [container] = await place.containers();
  if (!container) throw new Error('The first agent has no container.');
  const { Config, HostConfig } = await place.docker.getContainer(container.Id).inspect();
  await manager.killAgent(handle);
  const { Image, Cmd, Entrypoint, User, WorkingDir, Env, Labels } = Config;
  // Without the mark of an agent, or our listing would take it for one.
  const { 'tmux-agents': _mark, ...labels } = Labels;
  return { Image, Cmd, Entrypoint: Entrypoint ?? [], User, WorkingDir, Env, Labels: labels, HostConfig };
}
