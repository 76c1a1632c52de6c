// Fifty agents: listing them against one raw call to the engine, and what they cost while nothing happens, the status engine following them all.
import { setTimeout as pause } from 'node:timers/promises';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';
import { RuleBook } from '../../../src/providers/status/ruleBook.ts';
import { createStatusEngine } from '../../../src/runner/statusEngine.ts';
import { each, echoAgent } from '../agents.ts';
import type { FigureGroup } from '../figure.ts';
import { dockerPlace, localPlace, managerOn } from '../places.ts';
import { interleaved, median, timed } from '../statistics.ts';
import { countSubprocesses, subprocessesStarted } from '../subprocesses.ts';

const listRow = { id: 'list-50', figure: 'list 50 agents (25 local, 25 Docker)' } as const;
const processRow = { id: 'idle-subprocesses', figure: '50 idle agents: subprocesses and docker execs' } as const;
const cpuRow = { id: 'idle-cpu', figure: '50 idle agents: CPU of a core' } as const;

const OF_EACH = 25;

export const fleet: FigureGroup = {
  name: 'fleet',
  figures: [listRow, processRow, cpuRow],
  needs: ['tmux', 'docker', 'image'],
  atMostSeconds: 240,
  async measure(measuring) {
    countSubprocesses();
    const { folder } = localPlace(measuring);
    const place = dockerPlace(measuring);
    const manager = managerOn(measuring, place);
    const numbers = Array.from({ length: OF_EACH }, (_, index) => index + 1);
    await each(numbers, 4, (number) => manager.spawnAgent('local', echoAgent(`local-${number}`, folder)));
    await each(numbers, 4, (number) => manager.spawnAgent('docker', echoAgent(`bench-${place.id}-${number}`, place.folder)));
    const expectAll = async (): Promise<void> => {
      const running = new Set((await manager.listAllAgents()).filter(({ status }) => status === 'running').map(({ agentId }) => agentId));
      const missing = numbers.flatMap((number) => [`local-${number}`, `bench-${place.id}-${number}`]).filter((agentId) => !running.has(agentId));
      if (missing.length > 0) throw new Error(`These agents should be running, and are not: ${missing.join(', ')}.`);
    };
    await expectAll();

    const filters = { label: ['tmux-agents=true', `tmux-agents.owner=${place.owner}`] };
    const ours = (): Promise<number> => timed(() => manager.listAllAgents());
    const raw = (): Promise<number> => timed(() => place.docker.listContainers({ all: true, filters }));
    await interleaved(10, ours, raw);
    const lists = await interleaved(measuring.quick ? 20 : 100, ours, raw);

    const engine = createStatusEngine({ manager, providers: createProviderRegistry(), rules: new RuleBook() });
    const following = engine.follow();
    measuring.afterwards(() => engine.dispose());
    measuring.afterwards(() => following.dispose());
    // Each is followed, and was looked at, before the quiet begins.
    await engine.look(await manager.listAllAgents());

    await expectAll();
    globalThis.gc?.();
    await pause(1_000);
    const seconds = measuring.quick ? 10 : 60;
    const before = { started: subprocessesStarted(), cpu: process.cpuUsage(), at: performance.now() };
    await pause(seconds * 1_000);
    const { user, system } = process.cpuUsage(before.cpu);
    const cpuShare = (user + system) / 1_000 / (performance.now() - before.at);
    const started = subprocessesStarted() - before.started;
    await expectAll();
    return [
      { ...listRow, unit: 'ms', ours: median(lists.ours), raw: median(lists.raw), bar: { of: 'ratio', atMost: 2 }, samples: lists.ours.length },
      { ...processRow, unit: '', ours: started, bar: { of: 'value', atMost: 0 }, samples: 1, note: `over ${seconds} s` },
      { ...cpuRow, unit: '%', ours: 100 * cpuShare, bar: { of: 'value', atMost: 1 }, samples: 1, note: `over ${seconds} s` },
    ];
  },
};
