// `tmux-agents timeline`: what happened to an agent, in order; with --follow also what happens next, recorded by this command where no other face does.
import { DisposableStore } from '../../base/disposable.ts';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import type { TimelineEntry } from '../../protocol/timelineEntry.ts';
import type { Managed } from '../../runner/createRuntimeManager.ts';
import { recordSessions, type RecordOptions } from '../../runner/recordSessions.ts';
import { sessionsFolder, sessionsOf } from '../../sessions/recorder/sessionFolders.ts';
import { readSessions, SessionFollower } from '../../sessions/timeline/followSessions.ts';
import { Timeline } from '../../protocol/timeline/timeline.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions } from '../face.ts';
import type { Output } from '../output.ts';
import { plainText } from '../plainText.ts';

export interface TimelineCommandOptions extends CommonOptions {
  readonly follow?: boolean;
}

export const timeline: Command<TimelineCommandOptions> = (face, options, [wanted = '']) => {
  const { output, around } = face;
  const folder = sessionsFolder(around.env);
  return withManager(face, options.runtime, async (managed) => {
    const agentId = await recordedAgent(managed, folder, wanted);
    const events = await readSessions(folder, agentId);
    if (options.follow !== true) {
      const entries = entriesOf(events);
      output.answer({ agentId, entries }, () => (entries.length === 0 ? `Nothing was recorded of ${agentId} yet.` : entries.map((entry) => entryText(entry, output)).join('\n')));
      return ExitCode.OK;
    }
    const { record, maxMegabytes, keptDays } = face.config.sessions;
    await follow(managed, { folder, terminal: record, maxMegabytes, keptDays }, agentId, (entry) => around.stdout.write(`${output.json ? JSON.stringify(entry) : entryText(entry, output)}\n`), around.signal);
    return ExitCode.OK;
  }, { tidiesUp: true });
};

/** The id of an agent that is there, by id or name, or of one that only its journal tells of. Throws as `findAgent`. */
export async function recordedAgent({ manager }: Pick<Managed, 'manager'>, folder: string, wanted: string): Promise<string> {
  try {
    return findAgent(await manager.listByRuntime(), wanted).agentId;
  } catch (error) {
    if (isAgentsError(error, 'bad-input') || wanted.includes('/') || wanted === '' || wanted.startsWith('.') || sessionsOf(folder, wanted).length === 0) throw error;
    return wanted;
  }
}

/** Tells each entry as it is made or changed, until the signal fires. */
async function follow(managed: Managed, options: RecordOptions & { readonly folder: string }, agentId: string, tell: (entry: TimelineEntry) => void, signal: AbortSignal): Promise<void> {
  const owned = new DisposableStore();
  const { manager, status, approvals } = managed;
  const entries = new Timeline();
  try {
    for (const following of [manager.watch(), status.follow(), approvals.follow()]) owned.add(following);
    const recorder = owned.add(recordSessions(managed, options));
    owned.add(await SessionFollower.open({ folder: options.folder, agentId, onEvents: (events) => events.flatMap((event) => entries.take(event)).forEach(tell) }));
    await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
    await recorder.close();
  } finally {
    owned.dispose();
  }
}

function entriesOf(events: readonly RunnerEvent[]): readonly TimelineEntry[] {
  const entries = new Timeline();
  for (const event of events) entries.take(event);
  return entries.entries;
}

const tones = { good: 'green', bad: 'red', wait: 'yellow' } as const;

/** A line, and what belongs to it indented below. */
export function entryText({ ts, kind, title, detail, tone }: TimelineEntry, output: Output): string {
  const when = new Date(ts);
  const time = `${when.toISOString().slice(0, 10)} ${when.toTimeString().slice(0, 8)}`;
  const line = `${output.paint('dim', time)}  ${kind.padEnd(8)}  ${tone === undefined ? plainText(title) : output.paint(tones[tone], plainText(title))}`;
  return detail === undefined ? line : [line, ...detail.split('\n').map((one) => output.paint('dim', `${' '.repeat(31)}${plainText(one)}`))].join('\n');
}

/** Throws `bad-input` for what is no number from `least` on. */
export function numberOf(text: string, option: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= least) return value;
  throw new AgentsError('bad-input', `${option}: "${text}" is no number from ${least} on.`);
}
