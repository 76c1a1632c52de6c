// Makes a timeline of a journal's events: a request and its answer are one entry, files that are touched in a row are one, commands too, and what only machines care for is left out.
import { forwardedOf, type ForwardedEvent } from '../forwardedEvent.ts';
import type { RunnerEvent } from '../runnerEvent.ts';
import type { TimelineEntry } from '../timelineEntry.ts';
import { commandsTitle, durationText, endTitle, filesTitle, firstLine, riskWord, usageText } from './timelineWords.ts';

type Draft = Omit<TimelineEntry, 'sessionId' | 'ts' | 'id'> & { readonly id?: string; readonly ts?: number };

/** Milliseconds between two touched files, or two commands, that still go into one entry. */
const ROW_MS = 60_000;

/** Milliseconds between the beginning of a turn and the word that its prompt was given. */
const GIVEN_MS = 10_000;

const WORKS = 'Works';

const ROW_EVENTS: ReadonlySet<RunnerEvent['type']> = new Set(['FILE_TOUCHED', 'USAGE_TICK', 'TERMINAL_CHUNK']);

/** Takes the events of one agent's sessions, in order. */
export class Timeline {
  readonly #entries = new Map<string, TimelineEntry>();
  /** What is asked and open, by its id in the journal. */
  readonly #asked = new Map<string, TimelineEntry>();
  #files: { id: string; paths: Set<string>; last: number } | undefined;
  #commands: { id: string; lines: string[]; last: number } | undefined;
  #task: string | undefined;
  #last: TimelineEntry | undefined;
  #head: string | undefined;

  /** The commit at which the latest session's folder was when it began; undefined where nobody noted it. */
  get head(): string | undefined {
    return this.#head;
  }

  /** In the order in which they began. */
  get entries(): readonly TimelineEntry[] {
    return [...this.#entries.values()];
  }

  /** The entries that are new or have changed by this event. */
  take(event: RunnerEvent): readonly TimelineEntry[] {
    // Commands and the files that they write take turns: neither ends the other's row.
    if (!ROW_EVENTS.has(event.type) && !(event.type === 'PROVIDER_EVENT_FORWARDED' && event.providerEvent['kind'] === 'command')) this.#files = this.#commands = undefined;
    return this.#drafts(event).map((draft) => {
      const entry: TimelineEntry = { ts: event.ts, ...draft, id: draft.id ?? `${event.sessionId}/${event.seq}`, sessionId: event.sessionId };
      this.#entries.set(entry.id, entry);
      this.#last = entry;
      return entry;
    });
  }

  #drafts(event: RunnerEvent): readonly Draft[] {
    switch (event.type) {
      case 'SESSION_STARTED':
        return [{ kind: 'other', title: 'Recording began', detail: `${event.providerId}${event.providerVersion === 'unknown' ? '' : ` ${event.providerVersion}`} in ${event.workspacePath}` }];
      case 'SESSION_STATE_CHANGED':
        if (event.newState === 'STOPPING') return [{ kind: 'status', title: event.reason === undefined ? 'Stopping' : `Stopping: ${event.reason}` }];
        return event.newState === 'PAUSED_BY_HUMAN' ? [{ kind: 'status', title: 'Paused by a person' }] : [];
      case 'SESSION_ENDED':
        return [{ kind: 'other', title: endTitle(event), detail: `After ${durationText(event.totalDurationMs)}. ${usageText(event.totalUsage)}`, tone: event.finalState === 'COMPLETED' ? 'good' : 'bad', target: { type: 'moment' } }, ...this.#neverAnswered()];
      case 'FILE_TOUCHED':
        return event.reason === 'read' ? [] : [this.#file(event)];
      case 'DIFF_SUMMARY':
        if (event.filesChanged === 0) return [{ kind: 'file', title: 'No files changed' }];
        return [{ kind: 'file', title: `${event.filesChanged} ${event.filesChanged === 1 ? 'file' : 'files'} changed, +${event.linesAdded} −${event.linesRemoved}`, detail: event.files.slice(0, 30).map(({ path, additions, deletions }) => `${path}  +${additions} −${deletions}`).join('\n'), target: { type: 'changes' } }];
      case 'TEST_RUN_STARTED':
        return [{ kind: 'other', title: `Tests began: ${firstLine(event.command)}` }];
      case 'TEST_RUN_FINISHED':
        return [{ kind: 'other', title: event.exitCode === 0 ? 'Tests passed' : `Tests failed with exit code ${event.exitCode}`, detail: `${event.passed} passed, ${event.failed} failed, ${event.skipped} skipped, in ${durationText(event.duration)}`, tone: event.exitCode === 0 ? 'good' : 'bad' }];
      case 'APPROVAL_REQUESTED': {
        const { approvalId, summary, risk, requestedAt, context } = event.approval;
        const command = typeof context?.['command'] === 'string' ? context['command'] : undefined;
        const reasons = Array.isArray(context?.['reasons']) ? context['reasons'].filter((reason) => typeof reason === 'string').join('; ') : '';
        const detail = [command !== undefined && !summary.includes(command) ? command : '', reasons === '' ? '' : `${riskWord(risk)}: ${reasons}`].filter((line) => line !== '').join('\n');
        return [this.#ask(event, approvalId, { kind: 'approval', ts: Math.min(requestedAt, event.ts), title: `Asks: ${firstLine(summary)}`, ...(detail === '' ? {} : { detail }) })];
      }
      case 'APPROVAL_RESOLVED':
        return this.#answer(event.approvalId, event.decision === 'allow' ? 'Allowed' : 'Denied', event.decision === 'allow' ? 'good' : 'bad', event.resolvedBy, event.note);
      case 'ALERT_RAISED':
        return [{ kind: 'other', title: event.title, detail: event.description, tone: event.severity === 'info' ? 'wait' : 'bad' }];
      case 'PROVIDER_EVENT_FORWARDED':
        return this.#forwarded(event, forwardedOf(event.providerEvent));
      case 'TERMINAL_CHUNK':
      case 'USAGE_TICK':
        return [];
    }
  }

  #forwarded(event: RunnerEvent, forwarded: ForwardedEvent | undefined): readonly Draft[] {
    switch (forwarded?.kind) {
      case 'prompt': {
        if (forwarded.text === '') return [];
        // The title that stood for the task gives way to the task.
        const id = forwarded.from === 'task' ? (this.#task ??= `${event.sessionId}/task`) : undefined;
        const before = id === undefined ? undefined : this.#entries.get(id);
        const title = firstLine(forwarded.text);
        const prompt: Draft = { kind: 'prompt', title: `${forwarded.from === 'task' ? 'Task' : 'Prompt'}: ${title}`, ...(forwarded.text.trim() === title ? {} : { detail: forwarded.text }), ...(id === undefined ? {} : { id }), ...(before === undefined ? {} : { ts: before.ts }), target: { type: 'moment' } };
        return id === undefined ? this.#beforeWork(prompt, event.ts) : [prompt];
      }
      case 'command':
        return [this.#command(event, forwarded.command)];
      case 'commit':
        return [{ kind: 'commit', title: `${forwarded.action.startsWith('commit') ? 'Commit' : firstLine(forwarded.action)} ${forwarded.sha.slice(0, 8)}: ${firstLine(forwarded.subject)}`, target: { type: 'commit', sha: forwarded.sha } }];
      case 'status':
        return this.#status(forwarded.status);
      case 'asked':
        return [this.#ask(event, forwarded.id, { kind: 'approval', title: `${forwarded.about === 'question' ? 'Question' : forwarded.about === 'login' ? 'Needs a login' : 'Waits'}: ${firstLine(forwarded.text)}`, ...(forwarded.text.includes('\n') ? { detail: forwarded.text } : {}) })];
      case 'answered':
        return this.#answer(forwarded.id, forwarded.by === undefined ? 'Answered in the terminal' : 'Answered', undefined, forwarded.by, forwarded.words);
      case 'agent':
        this.#task = undefined;
        this.#head = forwarded.head;
        return [];
      case undefined:
        return [];
    }
  }

  /** A prompt counts as given when the agent is seen to work: for people it comes before that. */
  #beforeWork(prompt: Draft, ts: number): readonly Draft[] {
    const last = this.#last;
    if (last?.title !== WORKS || last.kind !== 'status' || ts - last.ts > GIVEN_MS) return [prompt];
    return [{ ...prompt, id: last.id, ts: last.ts }, { kind: 'status', title: WORKS, ts: last.ts }];
  }

  #status(status: Extract<ForwardedEvent, { readonly kind: 'status' }>['status']): readonly Draft[] {
    switch (status.state) {
      case 'working':
        return [{ kind: 'status', title: WORKS }];
      case 'idle':
        return [{ kind: 'status', title: 'At rest', target: { type: 'moment' } }];
      case 'error':
        return [{ kind: 'status', title: `The turn failed: ${firstLine(status.message)}`, detail: status.message, tone: 'bad', target: { type: 'moment' } }];
      case 'unknown':
        return [{ kind: 'status', title: `Out of reach: ${firstLine(status.reason)}` }];
      case 'starting':
      case 'waiting':
      case 'exited':
        return [];
    }
  }

  #file({ path, ts, seq, sessionId, reason }: Extract<RunnerEvent, { readonly type: 'FILE_TOUCHED' }>): Draft {
    const files = this.#files !== undefined && ts - this.#files.last < ROW_MS ? this.#files : { id: `${sessionId}/${seq}`, paths: new Set<string>(), last: ts };
    files.paths.add(reason === 'delete' ? `${path} (deleted)` : path);
    files.last = ts;
    this.#files = files;
    const paths = [...files.paths];
    const before = this.#entries.get(files.id);
    return { id: files.id, kind: 'file', title: filesTitle(paths), ...(before === undefined ? {} : { ts: before.ts }), ...(paths.length < 2 ? {} : { detail: paths.slice(0, 50).join('\n') }), ...(paths.length === 1 && reason !== 'delete' ? { target: { type: 'file', path } as const } : {}) };
  }

  #command({ ts, seq, sessionId }: RunnerEvent, command: string): Draft {
    const row = this.#commands !== undefined && ts - this.#commands.last < ROW_MS ? this.#commands : { id: `${sessionId}/${seq}`, lines: [], last: ts };
    row.lines.push(command);
    row.last = ts;
    this.#commands = row;
    const before = this.#entries.get(row.id);
    const title = commandsTitle(row.lines);
    const detail = row.lines.slice(-50).join('\n');
    return { id: row.id, kind: 'command', title, ...(before === undefined ? {} : { ts: before.ts }), ...(row.lines.length > 1 || detail.trim() !== firstLine(command) ? { detail } : {}), target: { type: 'moment' } };
  }

  #ask({ sessionId, seq, ts }: RunnerEvent, id: string, draft: Draft): Draft {
    const whole: Draft = { ...draft, id: `${sessionId}/${seq}`, tone: 'wait', target: { type: 'waiting' } };
    this.#asked.set(id, { ts, sessionId, ...whole, id: `${sessionId}/${seq}` });
    return whole;
  }

  /** The request's entry once more, with what became of it. */
  #answer(id: string, word: string, tone: 'good' | 'bad' | undefined, by: string | undefined, note: string | undefined): readonly Draft[] {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (asked === undefined) return [];
    const { tone: _tone, ...rest } = asked;
    const how = [`${word}${by === undefined ? '' : ` by ${by}`}`, ...(note === undefined || note === '' ? [] : [`“${note}”`])].join(': ');
    return [{ ...rest, title: `${asked.title} — ${word.toLowerCase()}`, detail: [asked.detail ?? '', how].filter((line) => line !== '').join('\n'), ...(tone === undefined ? {} : { tone }), target: { type: 'moment' } }];
  }

  #neverAnswered(): readonly Draft[] {
    return [...this.#asked.keys()].flatMap((id) => this.#answer(id, 'Never answered', 'bad', undefined, undefined));
  }
}
