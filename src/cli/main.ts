#!/usr/bin/env -S node --
// The `tmux-agents` command: the process around `run`, its signals and its end.
import { basename } from 'node:path';
import { run } from './run.ts';

const interrupt = new AbortController();
let atSecond: (() => void) | undefined;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // The first one cancels and cleans up; the second is final, unless a command has something to do first; the third is.
  process.on(name, () => {
    const act = atSecond;
    if (!interrupt.signal.aborted) return interrupt.abort();
    if (act === undefined) process.exit(130);
    atSecond = undefined;
    act();
  });
}
// A reader that went away (`tmux-agents list | head`) is no fault of ours.
process.stdout.on('error', () => process.exit(0));

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
  atSecondSignal: (act) => (atSecond = act),
  program: basename(process.argv[1] ?? ''),
});
// Nothing should be left to wait for; if something is, it does not hold the person up. What was cancelled may be under way still: it ends
// here, after a moment in which connections are closed in order.
setTimeout(() => process.exit(), interrupt.signal.aborted ? 100 : 1_000).unref();
