// Replays the bytes that a CLI wrote to its terminal, and tells each change of its status with the place where it came.
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { Observation, ProviderSignals } from './observation.ts';
import { osc7501Observation } from './osc7501.ts';
import { OutputScanner, type OutputEvent } from './outputScanner.ts';
import { readScreen } from './readScreen.ts';
import { recordedSignals, screenObservation } from './recordedScreen.ts';
import { advance, newStatusModel, observe, type StatusModel } from './reducer.ts';
import type { RuleSet } from './screenRules.ts';
import { titleObservation } from './titleSource.ts';

/** A terminal emulator, as far as a replay needs one. */
export interface ReplayTerminal {
  /** Resolves when the bytes are on the screen. */
  write(bytes: Uint8Array): Promise<void>;
  /** The visible lines, top to bottom. */
  lines(): readonly string[];
}

export interface ReplayOptions {
  readonly rules: RuleSet;
  readonly signals?: ProviderSignals | undefined;
  readonly version?: string | undefined;
  readonly terminal: ReplayTerminal;
}

export interface ReplayedChange {
  /** Bytes of the recording up to the change. */
  readonly offset: number;
  readonly status: AgentStatus;
}

/** A recording holds no times: so many milliseconds pass with each byte, about what spinners write. */
const MS_PER_BYTE = 0.25;
const STAYS_MS = 50_000;
/** Bytes between two looks where a program draws no frames; more in a long recording, so that there are not too many looks. */
const STEP_BYTES = 512;
const MOST_STEPS = 2_000;
const MOST_FRAMES = 8_000;
/** What begins or ends a frame that a program draws as a whole: there the screen is complete. */
const FRAME = /\u001b\[(?:H|2J|\?25[hl]|\?2026[hl])|(?<!\u001b\[1A)\u001b\[2K\u001b\[1A/g;

/** One entry for each change of state or of what is waited for. */
export async function replay(bytes: Buffer, { rules, signals, version, terminal }: ReplayOptions): Promise<ReplayedChange[]> {
  const scanner = new OutputScanner();
  const changes: ReplayedChange[] = [];
  let model = newStatusModel(recordedSignals(signals), { now: 0, tells: true });
  let written = 0;
  let title: string | undefined;
  let screen: string | undefined;
  let latest: Observation | undefined;
  let seen: { readonly observation: Observation; readonly offset: number } | undefined;

  const take = (next: StatusModel, offset: number): void => {
    model = next;
    const status = model.decided;
    const last = changes.at(-1);
    if (status === undefined) return;
    if (last !== undefined && (isSameWait(last.status, status) || (isNews(last.status, status) && isFlicker(changes, offset, status)))) changes[changes.length - 1] = { offset: last.offset, status };
    else if (isNews(last?.status, status)) changes.push({ offset: Math.max(offset, last?.offset ?? 0), status });
  };
  const hear = (event: OutputEvent, at: number): Observation | undefined => {
    if (event.type === 'osc7501') return osc7501Observation(event.text, at);
    if (event.type !== 'title') return undefined;
    title = event.text;
    const observation = titleObservation(rules, title, at, version);
    // Before anything was drawn a title that says "ready" only says that the program has begun.
    return observation?.claim?.state === 'idle' && model.decided === undefined ? undefined : observation;
  };
  /** What a half-drawn screen shows is no evidence: where no frame has ended, two looks must agree. */
  const look = (offset: number, whole: boolean): void => {
    const text = terminal.lines().join('\n');
    const at = offset * MS_PER_BYTE;
    const observation: Observation = text === screen && latest !== undefined ? { ...latest, at } : screenObservation(rules, readScreen(text, { title, version }), at);
    screen = text;
    latest = observation;
    const before = seen !== undefined && isSame(seen.observation, observation) ? seen : undefined;
    seen = before ?? { observation, offset };
    if (whole) take(observe(model, observation), offset);
    else if (before !== undefined) take(observe(model, observation), before.offset);
  };

  for (const piece of pieces(bytes)) {
    const at = piece.end * MS_PER_BYTE;
    const events = scanner.feed(piece.bytes);
    // The emulator answers only after a pause: it is not asked more often than somebody looks.
    if (piece.look !== 'none') {
      await terminal.write(bytes.subarray(written, piece.end));
      written = piece.end;
    }
    for (const event of events) {
      const observation = hear(event, at);
      if (observation !== undefined) take(observe(model, observation), piece.end);
    }
    if (piece.look !== 'none') look(piece.end, piece.look === 'whole');
    take(advance(model, at), piece.end);
  }
  await terminal.write(bytes.subarray(written));
  look(bytes.length, true);
  take(advance(model, bytes.length * MS_PER_BYTE + STAYS_MS), bytes.length);
  return changes;
}

interface Piece {
  readonly bytes: Buffer;
  readonly end: number;
  readonly look: 'none' | 'whole' | 'partial';
}

/** Cut where frames meet, before each OSC, and else after so many bytes. */
function* pieces(bytes: Buffer): Generator<Piece> {
  // Latin-1 keeps one character per byte: places in it are places in the bytes.
  const text = bytes.toString('latin1');
  const frames = [...text.matchAll(FRAME)].map((match) => ({ at: match.index + (/2026l|25h/.test(match[0]) ? match[0].length : 0), look: 'whole' as const }));
  const oscs = [...text.matchAll(/\u001b\](?:0|2|7501);/g)].map((match) => ({ at: match.index, look: 'none' as const }));
  const gap = bytes.length / MOST_FRAMES;
  let last = -Infinity;
  const seen = frames.filter(({ at }) => {
    if (at - last < gap) return false;
    last = at;
    return true;
  });
  const cuts = [...seen, ...oscs, { at: bytes.length, look: 'none' as const }].sort((one, other) => one.at - other.at);
  const step = Math.max(STEP_BYTES, Math.ceil(bytes.length / MOST_STEPS));
  let start = 0;
  for (const { at, look } of cuts) {
    while (at - start > 2 * step) {
      const end = start + step;
      yield { bytes: bytes.subarray(start, end), end, look: 'partial' };
      start = end;
    }
    if (at > start) yield { bytes: bytes.subarray(start, at), end: at, look };
    start = at;
  }
}

function isSame(one: Observation, other: Observation): boolean {
  return one.claim?.state === other.claim?.state && one.rule === other.rule && one.request?.id === other.request?.id;
}

/** A better word on the same wait: what is asked became known after that something is asked. */
function isSameWait(before: AgentStatus, status: AgentStatus): boolean {
  return before.state === 'waiting' && before.kind === 'other' && status.state === 'waiting' && status.kind !== 'other';
}

/** The prompt shows for a frame before the error that it belongs to. */
function isFlicker(changes: readonly ReplayedChange[], offset: number, status: AgentStatus): boolean {
  const last = changes.at(-1);
  return status.state === 'error' && last?.status.state === 'idle' && changes.at(-2)?.status.state === 'working' && offset - last.offset < STEP_BYTES;
}

function isNews(before: AgentStatus | undefined, status: AgentStatus): boolean {
  if (before?.state !== status.state) return true;
  return status.state === 'waiting' && before.state === 'waiting' && (before.kind !== status.kind || (before.request !== undefined && status.request !== undefined && before.request.id !== status.request.id && before.source === status.source));
}
