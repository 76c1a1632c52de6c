// Agents as the figures need them: one that answers keys, and the moments that are measured of it.
import { waitFor } from '../../src/base/wait.ts';
import type { AgentConfig, AgentHandle, PaneId, RuntimeManager, TmuxService } from '../../src/public/runtimes.ts';
import type { RawControl } from './rawControl.ts';
import { interleaved } from './statistics.ts';

/** Shows a line, then writes back every byte it reads, at once. */
export const ECHO = ['/bin/sh', '-c', 'stty raw -echo; echo ready; exec cat'] as const;

export function echoAgent(agentId: string, workingDirectory: string): AgentConfig {
  return { agentId, aiProvider: 'custom', workingDirectory, argv: ECHO };
}

/** Resolves when the caller holds the agent's first byte: from its output, or off its screen where it was printed before anybody could listen. */
export async function firstByte(manager: RuntimeManager, handle: AgentHandle): Promise<void> {
  const { tmux, pane } = await paneOf(manager, handle);
  let subscription: { dispose(): void } | undefined;
  const seen = new Promise<void>((resolve, reject) => {
    subscription = tmux.onPaneOutput(pane, () => resolve());
    tmux.capture(pane).then((screen) => screen !== '' && resolve(), reject);
  });
  await waitFor(seen, { timeoutMs: 20_000, what: `the first byte of ${handle.agentId}` }).finally(() => subscription?.dispose());
}

export async function paneOf(manager: RuntimeManager, handle: AgentHandle): Promise<{ readonly tmux: TmuxService; readonly pane: PaneId }> {
  const pane = await manager.getPane(handle);
  if (typeof pane !== 'string') throw new Error(`${handle.agentId} has no pane id.`);
  return { tmux: manager.getTmux(handle), pane };
}

/** Milliseconds from a key sent to its echo, seen by a subscriber and by a raw control client in turn. */
export async function keyLatencies(
  target: { readonly tmux: TmuxService; readonly pane: PaneId },
  raw: RawControl,
  keys: number,
): Promise<{ readonly ours: number[]; readonly raw: number[] }> {
  return interleaved(keys, () => keyLatency(target), () => rawKeyLatency(raw, target.pane));
}

/** Milliseconds from one key to its echo as a subscriber sees it. */
export async function keyLatency({ tmux, pane }: { readonly tmux: TmuxService; readonly pane: PaneId }): Promise<number> {
  const key = nextKey();
  let subscription: { dispose(): void } | undefined;
  const seen = new Promise<number>((resolve) => {
    subscription = tmux.onPaneOutput(pane, (bytes) => bytes.includes(key) && resolve(performance.now()));
  });
  const began = performance.now();
  const sent = tmux.sendLiteral(pane, key);
  const ended = await waitFor(seen, { timeoutMs: 20_000, what: 'the echo of a key' }).finally(() => subscription?.dispose());
  await sent;
  return ended - began;
}

export async function rawKeyLatency(raw: RawControl, pane: PaneId): Promise<number> {
  const key = nextKey();
  const seen = raw.output(key).then(() => performance.now());
  const began = performance.now();
  raw.write(`send-keys -t ${pane} -l ${key}`);
  return (await seen) - began;
}

const KEYS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
let keys = 0;

/** Another one each time: the echo of the key before, that the other side waited for, is not taken for this one's. */
function nextKey(): string {
  return KEYS.charAt(keys++ % KEYS.length);
}

/** Works on all items, at most `at once` of them at a time. After a failure no other is begun; fails when all that were have ended. */
export async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = [...items];
  const worked = await Promise.allSettled(
    Array.from({ length: atOnce }, async () => {
      try {
        for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
      } finally {
        queue.length = 0;
      }
    }),
  );
  const failed = worked.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}
