// `npm run bench`: measures every figure of docs/benchmarks.md in one run, under the pinned Node. Options: see `npm run bench -- --help`.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { pinnedNode, root, toolEnvironment } from './lib/paths.mjs';

const child = spawn(pinnedNode(), [join(root, 'test', 'bench', 'bench.ts'), ...process.argv.slice(2)], { cwd: root, env: toolEnvironment(), stdio: 'inherit' });
// A Ctrl-C reaches the child by itself; this process stays until it has cleaned up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal === 'SIGINT' || child.kill(signal));
child.once('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
child.once('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
});
