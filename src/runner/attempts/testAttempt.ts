// Runs the project's own tests in one attempt's workspace, when somebody asks for it, and keeps how they went.
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { Redactor } from '../../base/redact.ts';
import { LocalExecutor } from '../../exec/localExecutor.ts';
import type { AttemptGroup, TestRun } from '../../protocol/attemptGroup.ts';
import { agentEnvironment } from '../../runtimes/local/agentEnvironment.ts';
import { readProject } from '../../workspaces/readProject.ts';
import type { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import type { AttemptStore } from './attemptStore.ts';

/** Characters of the end of what they print that are kept. */
const TAIL = 2_000;
const MAX_BYTES = 64 * 1024 * 1024;
const CONTROLS = /\u001b\[[0-9;?]*[A-Za-z]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** How a project's tests are run. */
export interface TestCommand {
  readonly argv: readonly string[];
  readonly timeoutMs: number;
}

/** The test command of a project: from the user's own folder, not from an attempt's, where an agent may have written it. Undefined where none is set. Throws `bad-input` for a file that is not to be understood. */
export function testCommandOf(folder: string): TestCommand | undefined {
  const { test, timeouts } = readProject(folder);
  return test === undefined ? undefined : { argv: typeof test === 'string' ? ['/bin/sh', '-c', test] : test, timeoutMs: timeouts.test * 1000 };
}

/** The command in words, as a person wrote it. */
export function commandText({ argv }: TestCommand): string {
  return argv[0] === '/bin/sh' && argv[1] === '-c' ? (argv[2] ?? '') : argv.join(' ');
}

/** Runs them to their end; a failing test is a result, and no failure. Throws `not-found` where there is no workspace, `command-not-found`, `cancelled`. */
export async function testAttempt(group: AttemptGroup, agentId: string, command: TestCommand, { records, store, signal }: { readonly records: WorkspaceStore; readonly store: AttemptStore; readonly signal?: AbortSignal }): Promise<TestRun> {
  const attempt = group.attempts.find((one) => one.agentId === agentId);
  const record = attempt?.workspaceId === undefined ? undefined : records.read(attempt.workspaceId);
  if (record === undefined) throw new AgentsError('not-found', `The attempt "${agentId}" has no workspace to run tests in.`);
  const began = performance.now();
  const result = await runTests(command, record.path, signal);
  const run: TestRun = { at: new Date().toISOString(), seconds: Math.round((performance.now() - began) / 100) / 10, ...result };
  await store.update(group.id, agentId, (now) => ({ ...now, tests: run }));
  return run;
}

async function runTests({ argv, timeoutMs }: TestCommand, cwd: string, signal: AbortSignal | undefined): Promise<Pick<TestRun, 'exitCode' | 'tail'>> {
  const redactor = Redactor.fromEnvironment(process.env);
  try {
    const { code, stdout, stderr } = await new LocalExecutor().run(argv, { cwd, env: agentEnvironment(), timeoutMs, maxBytes: MAX_BYTES, ...(signal === undefined ? {} : { signal }) });
    const text = redactor.text(`${stdout.toString('utf8')}${stderr.toString('utf8')}`).replace(CONTROLS, '').trimEnd();
    return { exitCode: code, tail: text.slice(-TAIL) };
  } catch (error) {
    if (!isAgentsError(error, 'timeout')) throw error;
    return { exitCode: null, tail: messageOf(error) };
  }
}
