// `tmux-agents record`: makes an entry of the corpus of a live agent: what it writes, its screen, its title, and the state it is in.
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import { WaitingKind, type AgentStatus } from '../../protocol/agentStatus.ts';
import { sizeSequence } from '../../providers/status/recordedSize.ts';
import { scrubRecording, type Maker } from '../../providers/status/scrubRecording.ts';
import { agentPane } from '../../runtimes/agentPane.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { TmuxService } from '../../tmux/tmuxService.ts';
import type { TmuxPane } from '../../tmux/types.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions } from '../face.ts';

export interface RecordCommandOptions extends CommonOptions {
  readonly out?: string;
  readonly state?: string;
  readonly kind?: string;
  readonly seconds?: string;
}

const STATES = ['starting', 'working', 'waiting', 'idle', 'error'] as const;
const MAX_BYTES = 64 * 1024 * 1024;
const SECRET_NAME = /key|token|secret|password|passwd|credential/i;

export const record: Command<RecordCommandOptions> = (face, options, [wanted = '']) => {
  const expected = expectation(options);
  const seconds = options.seconds === undefined ? undefined : duration(options.seconds);
  return withManager(
    face,
    options.runtime,
    async ({ manager, status }) => {
      const agent = findAgent(await manager.listByRuntime(), wanted);
      const { tmux, pane } = await agentPane(manager, agent.handle);
      const folder = resolve(face.around.cwd, options.out ?? `recording-${agent.aiProvider}-${new Date().toISOString().replace(/[^0-9]/g, '').slice(0, 14)}`);
      await makeFolder(folder);
      face.output.progress(`Recording ${agent.agentId}${seconds === undefined ? ' until Ctrl-C' : ` for ${seconds} s`} ...`);
      const { raw, isCut } = await listen(tmux, pane, seconds, face.around.signal);
      const expect = expected ?? claimed((await status.look([agent])).get(agent));
      const after = await agentPane(manager, agent.handle);
      const maker = makerOf(agent, face.around.env);
      const screen = (await tmux.command(['capture-pane', '-p', '-t', pane.id])).join('\n');
      const drawn = (await tmux.command(['capture-pane', '-p', '-e', '-t', pane.id])).join('\n');
      const meta = { provider: agent.aiProvider, width: after.pane.width, height: after.pane.height, title: scrubRecording(after.pane.title, maker), expect };
      await writeFile(join(folder, 'raw'), Buffer.from(scrubRecording(raw.toString('latin1'), maker), 'latin1'));
      await writeFile(join(folder, 'screen.txt'), `${scrubRecording(screen, maker)}\n`);
      await writeFile(join(folder, 'screen.ansi'), `${scrubRecording(drawn, maker)}\n`);
      await writeFile(join(folder, 'meta.json'), `${JSON.stringify(meta, undefined, 2)}\n`);
      face.output.answer({ agentId: agent.agentId, folder, bytes: raw.length, complete: !isCut, expect }, () =>
        [
          `Recorded ${raw.length} bytes and the screen into ${folder}.`,
          ...(isCut ? [`The recording was cut at ${MAX_BYTES / 1024 / 1024} MB.`] : []),
          `It says that this agent is ${expect.kind === undefined ? expect.state : `${expect.state} (${expect.kind})`}${expected === undefined ? ', as now understood: correct meta.json if that is wrong' : ''}.`,
          'Paths, names and keys were replaced where they were recognised: read the files before you share them.',
        ].join('\n'),
      );
      return ExitCode.OK;
    },
    { tidiesUp: true },
  );
};

interface Expectation {
  readonly state: string;
  readonly kind?: string;
}

/** Throws `bad-input`. */
function expectation({ state, kind }: RecordCommandOptions): Expectation | undefined {
  if (state === undefined && kind === undefined) return undefined;
  if (!STATES.some((one) => one === state)) throw new AgentsError('bad-input', `--state: "${state ?? ''}" is no state.`, { hint: `One of: ${STATES.join(', ')}.` });
  if (state !== 'waiting' && kind !== undefined) throw new AgentsError('bad-input', 'Only --state waiting has a --kind.');
  if (kind !== undefined && !WaitingKind.safeParse(kind).success) throw new AgentsError('bad-input', `--kind: "${kind}" is no kind of waiting.`, { hint: `One of: ${WaitingKind.options.join(', ')}.` });
  return state === undefined ? undefined : { state, ...(kind === undefined ? {} : { kind }) };
}

function claimed(status: AgentStatus | undefined): Expectation {
  return status === undefined ? { state: 'unknown' } : { state: status.state, ...(status.state === 'waiting' ? { kind: status.kind } : {}) };
}

/** Throws `bad-input`. */
function duration(text: string): number {
  const seconds = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && seconds > 0 && seconds <= 86_400) return seconds;
  throw new AgentsError('bad-input', `--seconds: "${text}" is no number of seconds.`, { hint: 'More than 0, at most 86400.' });
}

/** The screen as it is, drawn anew, and what is written to it from then on, until the time is over or the signal fires. */
async function listen(tmux: TmuxService, pane: TmuxPane, seconds: number | undefined, signal: AbortSignal): Promise<{ readonly raw: Buffer; readonly isCut: boolean }> {
  const pieces: Buffer[] = [];
  let size = 0;
  let full: (() => void) | undefined;
  const isFull = new Promise<void>((resolve) => (full = resolve));
  const subscription = tmux.onPaneOutput(pane.id, (bytes) => {
    if (size + bytes.length > MAX_BYTES) full?.();
    else {
      pieces.push(Buffer.from(bytes));
      size += bytes.length;
    }
  });
  try {
    const lines = await tmux.command(['capture-pane', '-p', '-e', '-t', pane.id]);
    const [row, column] = (await tmux.command(['display-message', '-p', '-t', pane.id, '#{cursor_y} #{cursor_x}']))[0]?.split(' ').map(Number) ?? [];
    const size = sizeSequence({ columns: pane.width, rows: pane.height });
    pieces.unshift(Buffer.from(`${size}\u001b]2;${pane.title}\u001b\\\u001b[H\u001b[2J${lines.join('\u001b[m\r\n')}\u001b[m\u001b[${(row ?? 0) + 1};${(column ?? 0) + 1}H`));
    await waitFor(isFull, { signal, what: 'the recording', ...(seconds === undefined ? {} : { timeoutMs: seconds * 1000 }) });
    return { raw: Buffer.concat(pieces), isCut: true };
  } catch (error) {
    if (isAgentsError(error, 'timeout') || isAgentsError(error, 'cancelled')) return { raw: Buffer.concat(pieces), isCut: false };
    throw error;
  } finally {
    subscription.dispose();
  }
}

/** Throws `name-taken` where there is something already. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(resolve(folder, '..'), { recursive: true });
    await mkdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw new AgentsError('name-taken', `There is already something at ${folder}.`, { hint: 'Name another folder with --out.', cause: error });
    throw new AgentsError('bad-input', `The folder ${folder} cannot be made: ${messageOf(error)}.`, { cause: error });
  }
}

function makerOf(agent: AgentInfo, env: Readonly<Record<string, string | undefined>>): Maker {
  const secrets = Object.entries(env).flatMap(([name, value]) => (value !== undefined && SECRET_NAME.test(name) ? [value] : []));
  return { paths: [homedir(), env['HOME'] ?? '', agent.workingDirectory, process.cwd()].filter((path) => path.startsWith('/') && path !== '/'), names: [userInfo().username, hostname()], secrets };
}
