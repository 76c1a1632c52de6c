// A runner as a process of its own, to be killed: `node runnerProcess.ts CONFIG [wait]` where CONFIG is JSON; with `wait` it starts at the first line that it is given. Takes one JSON command a line, and prints each event as one line.
import { createInterface } from 'node:readline';
import { RunnerService } from '../../src/runner/runnerService.ts';
import type { RunnerConfig } from '../../src/runner/service/runnerConfig.ts';
import type { CreateSessionRequest } from '../../src/runner/service/sessionRequest.ts';

const runner = new RunnerService(JSON.parse(process.argv[2] ?? '{}') as RunnerConfig);
runner.onEvent(({ sessionId, seq, type }) => process.stdout.write(`${JSON.stringify({ sessionId, seq, type })}\n`));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
if (process.argv[3] === 'wait') await lines.next();
await runner.start();
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  const { create, command } = JSON.parse(line) as { readonly create?: CreateSessionRequest; readonly command?: { readonly id: string; readonly command: unknown } };
  if (create !== undefined) runner.createSession(create).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  if (command !== undefined) runner.handleCommand(command.id, command.command).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
}
