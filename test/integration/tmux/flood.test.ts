// An agent that prints without end costs neither memory nor the others their speed; keys come back as output at once.
import assert from 'node:assert/strict';
import { Emitter } from '../../../src/base/event.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { TmuxService } from '../../../src/tmux/tmuxService.ts';
import type { PaneId } from '../../../src/tmux/types.ts';
import { freshServerForEach, hexEcho, PaneReader } from './freshServer.ts';

/** Milliseconds from a key sent to its echo seen, many times over. */
async function latencies(tmux: TmuxService, pane: PaneId, until: () => boolean, atLeast: number): Promise<number[]> {
  const times: number[] = [];
  const echoed = new Emitter<void>();
  const subscription = tmux.onPaneOutput(pane, () => echoed.fire());
  while (!until() || times.length < atLeast) {
    const started = performance.now();
    await Promise.all([tmux.sendLiteral(pane, 'k'), waitForEvent(echoed.event, () => true, { timeoutMs: 5_000, what: 'the echo' })]);
    times.push(performance.now() - started);
  }
  subscription.dispose();
  return times.sort((a, b) => a - b);
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

describe('speed', function () {
  this.timeout(90_000);
  // Times of a machine that does other things at the moment prove nothing.
  this.retries(2);
  let tmux: TmuxService;

  freshServerForEach((_server, service) => void (tmux = service));

  it('brings a key back as output within 2 ms (median)', async () => {
    const { paneId } = await tmux.newSession({ name: 'agent', argv: ['cat', '-'] });
    const times = await latencies(tmux, paneId, () => true, 300);
    process.stdout.write(`      key to output: p50 ${percentile(times, 0.5).toFixed(2)} ms, p99 ${percentile(times, 0.99).toFixed(2)} ms\n`);
    assert.ok(percentile(times, 0.5) <= 2, `p50 ${percentile(times, 0.5)} ms`);
  });

  it('stays small and quick while another agent prints 100 MB', async () => {
    const quiet = await tmux.newSession({ name: 'quiet', argv: hexEcho });
    const reader = new PaneReader(tmux, quiet.paneId);
    await reader.ready();
    reader.dispose();
    const loud = await tmux.newSession({ name: 'loud', argv: ['/bin/sh', '-c', `read go; yes "$(printf 'a line of some colour \\033[32mgreen\\033[0m %060d' 7)" | head -c 100000000; echo; echo DO''NE; exec cat`] });
    let bytes = 0;
    let tail = '';
    let done = false;
    tmux.onPaneOutput(loud.paneId, (chunk) => {
      bytes += chunk.length;
      tail = (tail + chunk.subarray(-64).toString('latin1')).slice(-200);
      if (tail.includes('DONE')) done = true;
    });
    let paused = 0;
    tmux.onDidLoseOutput(() => {
      paused++;
      void tmux.capture(loud.paneId, {}).then((screen) => (done ||= screen.includes('DONE')));
    });
    const before = process.memoryUsage().rss;
    let peak = before;
    await tmux.sendKeyNames(loud.paneId, ['Enter']);
    const started = performance.now();
    const times = await latencies(tmux, quiet.paneId, () => {
      peak = Math.max(peak, process.memoryUsage().rss);
      return done;
    }, 50);
    const grown = (peak - before) / 1e6;
    process.stdout.write(
      `      100 MB in ${((performance.now() - started) / 1000).toFixed(1)} s, ${(bytes / 1e6).toFixed(0)} MB seen, ${paused} pauses, ${grown.toFixed(0)} MB more memory; ` +
        `the other agent: p50 ${percentile(times, 0.5).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms of ${times.length}\n`,
    );
    assert.ok(grown <= 50, `${grown.toFixed(0)} MB more memory`);
    assert.ok(percentile(times, 0.99) <= 50, `p99 ${percentile(times, 0.99)} ms`);
    assert.ok(bytes > 1e6);
  });
});
