// From a signal of an agent to the change that the tree hears of, by each kind of signal; and what fifty working agents cost.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { waitForEvent } from '../../../src/base/wait.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { hookFiles } from '../../../src/providers/hooks/hookFiles.ts';
import { createRuntimeManager } from '../../../src/runner/createRuntimeManager.ts';
import { CLEAR, ScriptedAgents, type ScriptedAgent } from '../../support/scriptedAgents.ts';
import { each } from '../agents.ts';
import type { FigureGroup, Measuring } from '../figure.ts';
import { localPlace } from '../places.ts';
import type { Measured } from '../row.ts';
import { percentile } from '../statistics.ts';

const signalRows = {
  hook: { id: 'status-hook', figure: 'hook to status, p95' },
  osc: { id: 'status-osc7501', figure: 'OSC 7501 to status, p95' },
  title: { id: 'status-title', figure: 'title to status, p95' },
  screen: { id: 'status-screen', figure: 'screen alone to status, p95' },
} as const;
const cpuRow = { id: 'status-cpu', figure: '50 working demo agents: CPU of a core, status engine' } as const;

const AGENTS = 50;

/** Milliseconds from `act` to the change to `state`, told by the engine. */
async function latency(world: ScriptedAgents, state: 'working' | 'idle', act: () => Promise<unknown> | void): Promise<number> {
  let ended = 0;
  const change = waitForEvent(world.status.onDidChangeStatus, ({ status }) => {
    if (status.state !== state) return false;
    ended = performance.now();
    return true;
  }, { timeoutMs: 10_000, what: state });
  const began = performance.now();
  const acting = act();
  await change;
  await acting;
  return ended - began;
}

async function latencies(world: ScriptedAgents, count: number, signal: (state: 'working' | 'idle') => Promise<unknown> | void): Promise<number[]> {
  await latency(world, 'working', () => signal('working'));
  const samples: number[] = [];
  for (let sample = 0; sample < count; sample++) samples.push(await latency(world, sample % 2 === 0 ? 'idle' : 'working', () => signal(sample % 2 === 0 ? 'idle' : 'working')));
  return samples;
}

const asRow = (row: { readonly id: string; readonly figure: string }, samples: readonly number[], atMost: number): Measured => ({
  ...row,
  unit: 'ms',
  ours: percentile(samples, 0.95),
  bar: { of: 'value', atMost },
  samples: samples.length,
  note: `median ${percentile(samples, 0.5).toFixed(1)} ms, slowest ${Math.max(...samples).toFixed(1)} ms`,
});

/** A fresh world with one agent whose provider has just this source. */
async function within<T>(source: 'hooks' | 'osc7501' | 'title' | undefined, work: (world: ScriptedAgents, agent: ScriptedAgent, folder: string) => Promise<T>): Promise<T> {
  const world = new ScriptedAgents({ sources: source === undefined ? [] : [source] });
  const following = world.status.follow();
  try {
    const { files, hookKey } = hookFiles();
    const agent = await world.spawn('', source === 'hooks' ? { files, hookKey } : {});
    await world.status.explain(agent.info);
    return await work(world, agent, world.manager.get('local')?.agentFolder?.(agent.info.agentId) ?? '');
  } finally {
    following.dispose();
    world.dispose();
  }
}

/** Runs the reporter as a CLI's hook does. */
async function report(folder: string, event: string): Promise<void> {
  const child = spawn('/bin/sh', [join(folder, 'report'), event], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end(JSON.stringify({ session_id: 'c0ffee00-0000-4000-8000-000000000000', hook_event_name: event, cwd: '/work', prompt: 'x'.repeat(2_000) }));
  await once(child, 'close');
}

async function workingAgents(measuring: Measuring): Promise<Measured> {
  const { folder } = localPlace(measuring);
  const { manager, status } = createRuntimeManager(parseConfig({ runtimes: { docker: false } }, 'the benchmark'));
  const watching = manager.watch();
  measuring.afterwards(() => manager.dispose());
  measuring.afterwards(() => watching.dispose());
  measuring.afterwards(() => status.dispose());
  const names = Array.from({ length: AGENTS }, (_, index) => `demo-${index + 1}`);
  await each(names, 4, async (agentId) => {
    const handle = await manager.spawnAgent('local', { agentId, aiProvider: 'demo', workingDirectory: folder, autoPilot: true, task: 'Work' });
    // Typed ahead: each turn's end finds the next prompt.
    const pane = await manager.getPane(handle);
    for (let prompt = 0; prompt < 40; prompt++) await manager.getTmux(handle).sendKeyNames(pane, ['g', 'o', 'Enter']);
  });
  const share = async (seconds: number): Promise<number> => {
    globalThis.gc?.();
    const before = { cpu: process.cpuUsage(), at: performance.now() };
    await delay(seconds * 1_000);
    const { user, system } = process.cpuUsage(before.cpu);
    return (100 * (user + system)) / 1_000 / (performance.now() - before.at);
  };
  const seconds = measuring.quick ? 6 : 20;
  const without = await share(seconds);
  let changes = 0;
  status.onDidChangeStatus(() => changes++);
  const following = status.follow();
  await delay(3_000);
  changes = 0;
  const total = await share(seconds);
  const busy = names.filter((agentId) => status.statusOf({ runtimeType: 'local', runtimeId: 'local', agentId, data: {} })?.state === 'working').length;
  following.dispose();
  if (busy < AGENTS / 2) throw new Error(`Only ${busy} of ${AGENTS} agents were at work at the end.`);
  return {
    ...cpuRow,
    unit: '%',
    ours: total - without,
    bar: { of: 'value', atMost: 5 },
    samples: 1,
    note: `the whole process ${total.toFixed(1)} %, ${without.toFixed(1)} % before the engine followed, over ${seconds} s each; ${changes} changes of status told, ${busy} agents at work at the end`,
  };
}

export const status: FigureGroup = {
  name: 'status',
  figures: [...Object.values(signalRows), cpuRow],
  needs: ['tmux'],
  atMostSeconds: 240,
  async measure(measuring) {
    const count = measuring.quick ? 20 : 200;
    const words = { working: 'busy', idle: 'ready' } as const;
    const hook = await within('hooks', (world, _agent, folder) => latencies(world, count, (state) => report(folder, state === 'working' ? 'UserPromptSubmit' : 'Stop')));
    const osc = await within('osc7501', (world, agent) => latencies(world, count, (state) => agent.print(`\u001b]7501;state=${state}:app=bench\u001b\\`)));
    const title = await within('title', (world, agent) => latencies(world, count, (state) => agent.print(`\u001b]2;${words[state]}\u0007`)));
    const screen = await within(undefined, (world, agent) => latencies(world, measuring.quick ? 10 : 60, (state) => agent.print(`${CLEAR}${state === 'working' ? '* working' : '>'}\r\n`)));
    return [
      asRow(signalRows.hook, hook, 100),
      asRow(signalRows.osc, osc, 50),
      asRow(signalRows.title, title, 50),
      asRow(signalRows.screen, screen, 500),
      await workingAgents(measuring),
    ];
  },
};
